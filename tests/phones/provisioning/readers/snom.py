"""Read the configuration of a Snom phone.

service.snom.com, "Desk Phone Configuration Files" and "Permission Flags":
<settings><phone-settings>; idx is the identity; with perm "!" a value that was changed at the phone
would stay; {mac} is the phone's own.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from .parts import (
    DeskRead,
    Line,
    Settings,
    Turn,
    read_host_and_port,
    read_label,
    require,
    require_blank,
    split_warning,
)

# service.snom.com, "timezone", as public provisioning servers list it: the offset from UTC in
# hours, and whether there is daylight saving time.
ZONES = {
    "USA-9": (-9, True),
    "USA-8": (-8, True),
    "USA-7": (-7, True),
    "USA2-7": (-7, False),
    "USA-6": (-6, True),
    "USA-5": (-5, True),
    "CAN-4": (-4, True),
    "CAN-3.5": (-3.5, True),
    "USA-10": (-10, False),
    "CAM-6": (-6, False),
    "COL-5": (-5, False),
    "TTB-4": (-4, False),
    "AUS2+10": (10, False),
}
US_RULES = {"saved": 60, "starts": Turn(3, 2, 0, 2), "ends": Turn(11, 1, 0, 2)}


def read_settings(text: str) -> Settings:
    """Return every setting of a file; those of identity 1 by their name and "1"."""
    root = ElementTree.fromstring(text.encode())
    require(root.tag == "settings", "no settings")
    found = root.findall("phone-settings/*")
    require(
        all(element.get("perm") in ("R", "RW") for element in found),
        "a setting that may stay as it was",
    )
    require(all(element.get("idx") in (None, "1") for element in found), "another identity than 1")
    names = [element.tag + (element.get("idx") or "") for element in found]
    require(len(names) == len(set(names)), "a setting is there twice")
    return dict(zip(names, (element.text or "" for element in found), strict=True))


def read_address(text: str) -> str:
    """Return the folder of the setting server's address, which must name the phone's own file."""
    folder, _separator, file = read_settings(text)["setting_server"].rpartition("/")
    require(file == "{mac}.xml" and "{" not in folder, f"it asks {folder!r} for {file!r}")
    return folder + "/"


def read_line(text: str) -> Line | None:
    """Return identity 1."""
    settings = read_settings(text)
    require(settings["challenge_checksync"] == "off", "it challenges check-sync")
    if settings["user_active1"] == "off":
        require_blank(
            settings, "user_realname1", "user_idle_text1", "user_name1", "user_pname1", "user_pass1"
        )
        require_blank(settings, "user_host1", "user_outbound1")
        return None
    require(settings["user_active1"] == "on", "neither on nor off")
    require(settings["user_name1"] == settings["user_pname1"], "two user names")
    proxy, transport = settings["user_outbound1"].split(";transport=")
    require(transport in ("udp", "tcp", "tls"), f"{transport!r} is no transport")
    return {
        "username": settings["user_name1"],
        "password": settings["user_pass1"],
        "domain": settings["user_host1"],
        "transport": transport,
        "name": settings["user_realname1"],
        "expires": int(settings["user_expiry1"]),
        "address": read_address(text),
        **read_host_and_port(proxy),
        **read_label(split_warning(settings["user_idle_text1"])[0]),
    }


def read_desk(text: str) -> DeskRead:
    """Return the rest; the tones of the United States are those of Canada."""
    settings = read_settings(text)
    label, warning = split_warning(settings["user_idle_text1"])
    passwords = {
        settings[name]
        for name in (
            "admin_mode_password",
            "admin_mode_password_confirm",
            "http_pass",
            "webserver_admin_password",
        )
    }
    require(len(passwords) == 1, "several passwords")
    require(settings["language"] == settings["web_language"], "two languages")
    require(settings["date_us_format"] == "on", "the day first")
    doors = {
        "provisioning order": settings["provisioning_order"] != "redirection:stop",
        "PnP": settings["pnp_config"] != "off",
        "SIP": settings["allow_sip_settings"] != "off",
        "Snom's cloud": settings["tr369_enable1"] != "false",
        "menu": settings["admin_mode"] != "off",
    }
    return DeskRead(
        label=label,
        warning=warning,
        language={"English": "en", "Español": "es", "Français": "fr"}[settings["language"]],
        tones={"USA": frozenset({"US", "CA"})}[settings["tone_scheme"]],
        hours={"off": 12, "on": 24}[settings["time_24_format"]],
        date=None,
        ntp_servers=(settings["ntp_server"],),
        admin_password=passwords.pop(),
        user_password=settings["webserver_user_password"],
        open_doors=frozenset(door for door, is_open in doors.items() if is_open),
        checks_certificates=settings["tls_server_authentication"] == "on",
        **_read_rules(settings),
    )


def _read_rules(settings: Settings) -> dict[str, Any]:
    """Return the rules that are spelled out; a named zone must have the same."""
    offset, rest = divmod(int(settings["utc_offset"]), 60)
    require(rest == 0, "seconds")
    rules: dict[str, Any] = {"saved": 0, "starts": None, "ends": None}
    if settings["dst"]:
        turn = r"([0-9]{2})\.(0[1-5])\.(0[1-7]) ([0-9]{2}):00:00"
        found = re.fullmatch(rf"([0-9]+) {turn} {turn}", settings["dst"])
        require(found, f"{settings['dst']!r} is no rule for summer time")
        saved, *numbers = map(int, found.groups())
        starts, ends = (Turn(m, w, d % 7, h) for m, w, d, h in (numbers[:4], numbers[4:]))
        rules = {"saved": saved // 60, "starts": starts, "ends": ends}
    if settings["timezone"]:
        hours, has_summer = ZONES[settings["timezone"]]
        expected = US_RULES if has_summer else {"saved": 0, "starts": None, "ends": None}
        require((hours * 60, expected) == (offset, rules), "two time zones")
    return {"offset": offset, **rules}

"""Read the configuration of a Yealink phone.

"Yealink IP Phones Auto Provisioning Guide": the first line must not change; a line that begins with
# is a comment; `parameter = value`, one per line, the value up to the end of the line; %NULL%
removes a value; UTF-8.
"""

from __future__ import annotations

import re
from typing import Any

from .parts import (
    DeskRead,
    Line,
    Settings,
    Turn,
    read_label,
    require,
    require_blank,
    split_warning,
)

PASSWORD = "static.security.user_password"  # once for each account of the web page


def read_settings(text: str) -> Settings:
    """Return every parameter of a MAC.cfg, with %NULL% as an empty value."""
    first, *lines = text.split("\n")
    require(first == "#!version:1.0.0.1", "the first line must not be changed")
    settings: Settings = {}
    for line in lines:
        if line == "" or line.startswith("#"):
            continue
        require(
            not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line),
            f"{line!r} could be read as two lines",
        )
        found = re.fullmatch(r"([a-z0-9_.]+) = (\S|\S.*\S)", line)
        require(found, f"{line!r} is no parameter with a value")
        if found[1] == PASSWORD and PASSWORD in settings:
            settings[PASSWORD] += " " + found[2]
            continue
        require(found[1] not in settings, f"{found[1]} is there twice")
        settings[found[1]] = "" if found[2].upper() == "%NULL%" else found[2]
    return settings


def read_address(text: str) -> str:
    """Return the provisioning server's URL, to which the phone appends the names of its files."""
    settings = read_settings(text)
    require(settings["static.auto_provision.power_on"] == "1", "it does not fetch when it starts")
    require(
        settings["static.auto_provision.dhcp_option.enable"] == "0", "DHCP goes before the address"
    )
    return settings["static.auto_provision.server.url"]


def read_line(text: str) -> Line | None:
    """Return account 1; the SIP server's transport also applies to the outbound proxy."""
    settings = read_settings(text)
    account = {
        name.removeprefix("account.1."): value
        for name, value in settings.items()
        if name.startswith("account")
    }
    if account["enable"] == "0":
        require_blank(
            account,
            "label",
            "display_name",
            "user_name",
            "auth_name",
            "password",
            "sip_server.1.address",
        )
        require_blank(
            account,
            "outbound_proxy.1.address",
            "outbound_proxy.1.port",
            *account.keys() - {"enable"},
        )
        return None
    require(
        account["enable"] == "1" and account["outbound_proxy_enable"] == "1", "neither on nor off"
    )
    require(account["user_name"] == account["auth_name"], "two user names")
    return {
        "username": account["user_name"],
        "password": account["password"],
        "domain": account["sip_server.1.address"],
        "host": account["outbound_proxy.1.address"],
        "port": int(account["outbound_proxy.1.port"]),
        "transport": ("udp", "tcp", "tls")[int(account["sip_server.1.transport_type"])],
        "name": account["display_name"],
        "expires": int(account["sip_server.1.expires"]),
        "address": read_address(text),
        **read_label(split_warning(account["label"])[0]),
    }


def read_desk(text: str) -> DeskRead:
    """Return the rest; menu and web page have the same password."""
    settings = read_settings(text)
    label, warning = split_warning(settings["account.1.label"])
    passwords = dict(account.split(":", 1) for account in settings[PASSWORD].split(" "))
    admin, user = (settings[f"static.security.user_name.{who}"] for who in ("admin", "user"))
    require(settings["static.security.var_enable"] == "0", "a third account")
    require(settings["lang.gui"] == settings["lang.wui"], "two languages")
    doors = {
        "DHCP": settings["static.auto_provision.dhcp_option.enable"],
        "PnP": settings["static.auto_provision.pnp_enable"],
        "zero touch": settings["static.zero_touch.enable"],
        "TR-069": settings["static.managementserver.enable"],
        "DHCP's time zone": settings["local_time.dhcp_time"],
        "DHCP's time servers": "0" if settings["local_time.manual_ntp_srv_prior"] == "1" else "1",
    }
    checks = {
        settings["static.security." + name] for name in ("trust_certificates", "cn_validation")
    }
    require(len(checks) == 1, "half a check of certificates")
    servers = (settings["local_time.ntp_server1"], settings["local_time.ntp_server2"])
    return DeskRead(
        label=label,
        warning=warning,
        language={"English": "en", "Spanish": "es", "French": "fr"}[settings["lang.gui"]],
        tones={"United States": frozenset({"US", "CA"})}[settings["voice.tone.country"]],
        hours={"0": 12, "1": 24}[settings["local_time.time_format"]],
        date={"2": "YMD", "4": "MDY"}[settings["local_time.date_format"]],
        ntp_servers=tuple(filter(None, servers)),
        admin_password=passwords[admin],
        user_password=passwords[user],
        open_doors=frozenset(door for door, setting in doors.items() if setting != "0"),
        checks_certificates=checks == {"1"},
        **_read_rules(settings),
    )


def _read_rules(settings: Settings) -> dict[str, Any]:
    zone = re.fullmatch(r"([+-])(1?[0-9])(?::([0-5][0-9]))?", settings["local_time.time_zone"])
    require(zone, f"{settings['local_time.time_zone']!r} is no time zone")
    offset = int(zone[1] + zone[2]) * 60 + int(zone[1] + (zone[3] or "0"))
    if settings["local_time.summer_time"] == "0":
        return {"offset": offset, "saved": 0, "starts": None, "ends": None}
    require(settings["local_time.summer_time"] == "1", "summer time by the phone's own list")
    require(settings["local_time.dst_time_type"] == "1", "summer time by date")
    turns = [settings[f"local_time.{end}_time"] for end in ("start", "end")]
    starts, ends = (Turn(m, w, d % 7, h) for m, w, d, h in (map(int, t.split("/")) for t in turns))
    saved = int(settings["local_time.offset_time"])
    return {"offset": offset, "saved": saved, "starts": starts, "ends": ends}

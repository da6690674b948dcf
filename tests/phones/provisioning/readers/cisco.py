"""Read the configuration of a Cisco phone.

"Cisco IP Phone 8800 Series Multiplatform Phones Administration Guide", provisioning formats: an
empty-element tag changes nothing; space around a value is dropped; names are unique; $NAME and
$(NAME) expand in profile rules, $$ is a $.
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


def read_settings(text: str) -> Settings:
    """Return every parameter of a flat profile."""
    require("/>" not in text, "an empty-element tag leaves what was there")
    root = ElementTree.fromstring(text.encode())
    require(root.tag == "flat-profile", "no flat profile")
    names = [element.tag for element in root]
    require(len(names) == len(set(names)), "a parameter is there twice")
    return {element.tag: (element.text or "").strip() for element in root}


def read_address(text: str) -> str:
    """Return the folder of the profile rule, which must name the phone's own file."""
    settings = read_settings(text)
    require(
        settings["Provision_Enable"] == settings["Resync_On_Reset"] == "Yes",
        "it does not fetch when it starts",
    )
    rule = settings["Profile_Rule"]
    require(not re.search(r"\s|[|\[\]()]", rule), f"{rule!r} is more than an address")
    folder, _separator, file = rule.rpartition("/")
    require(file == "$MA.xml", f"it asks for {file!r}")
    require(not re.search(r"\$(?!\$)", folder.replace("$$", "")), "a macro in the folder")
    return folder.replace("$$", "$") + "/"


def read_line(text: str) -> Line | None:
    """Return line 1; MPP phones ignore what only SPA phones know, and vice versa."""
    settings = read_settings(text)
    on = settings["Line_Enable_1_"]
    require(on in ("Yes", "No"), "neither on nor off")
    require(
        on
        == settings["Register_1_"]
        == settings["Use_Outbound_Proxy_1_"]
        == settings["Use_Auth_ID_1_"],
        "half on",
    )
    require(
        settings["Station_Name"] == settings["Station_Display_Name"],
        "SPA and MPP phones show different numbers",
    )
    if on == "No":
        require_blank(
            settings, "User_ID_1_", "Auth_ID_1_", "Password_1_", "Proxy_1_", "Outbound_Proxy_1_"
        )
        require_blank(settings, "Display_Name_1_", "Short_Name_1_", "Station_Name")
        return None
    require(settings["User_ID_1_"] == settings["Auth_ID_1_"], "two user names")
    shown = read_label(split_warning(settings["Station_Name"])[0])
    short = read_label(settings["Short_Name_1_"])
    require(shown["ext"] == short["ext"], "two extensions")
    return {
        "username": settings["User_ID_1_"],
        "password": settings["Password_1_"],
        "domain": settings["Proxy_1_"],
        "transport": {"UDP": "udp", "TCP": "tcp", "TLS": "tls"}[settings["SIP_Transport_1_"]],
        "name": settings["Display_Name_1_"],
        "expires": int(settings["Register_Expires_1_"]),
        "address": read_address(text),
        **read_host_and_port(settings["Outbound_Proxy_1_"]),
        **shown,
    }


def read_desk(text: str) -> DeskRead:
    """Return the rest.

    The phone has English only, unless dictionaries are installed. It always checks certificates,
    and its factory's tones are North American.
    """
    settings = read_settings(text)
    label, warning = split_warning(settings["Station_Name"])
    require(settings["Admin_Password"] == settings["Admin_Passwd"], "two passwords")
    doors = {
        "rule B": settings["Profile_Rule_B"] != "",
        "rule C": settings["Profile_Rule_C"] != "",
        "rule D": settings["Profile_Rule_D"] != "",
        "DHCP": settings["DHCP_Option_To_Use"] != "",
        "DHCPv6": settings["DHCPv6_Option_To_Use"] != "",
        "TR-069": settings["Enable_TR-069"] != "No",
        "menu": settings["Phone-UI-User-Mode"] != "Yes" or settings["Phone-UI-user-mode"] != "Yes",
        "DHCP's time zone": settings["Ignore_DHCP_Time_Offset"] != "Yes",
    }
    servers = (settings["Primary_NTP_Server"], settings["Secondary_NTP_Server"])
    require(settings["Date_Format"] == "month/day", "the day first")
    return DeskRead(
        label=label,
        warning=warning,
        language=None,
        tones=frozenset({"US", "CA"}),
        hours={"12hr": 12, "24hr": 24}[settings["Time_Format"]],
        date=None,
        ntp_servers=tuple(filter(None, servers)),
        admin_password=settings["Admin_Password"],
        user_password=settings["User_Password"],
        open_doors=frozenset(door for door, is_open in doors.items() if is_open),
        checks_certificates=None,
        **_read_rules(settings),
    )


def _read_rules(settings: Settings) -> dict[str, Any]:
    zone = re.fullmatch(r"GMT([+-])([0-9]{2}):([0-9]{2})", settings["Time_Zone"])
    require(zone and settings["Time_Offset__HH_mm_"] == "", "no time zone")
    offset = int(zone[1] + zone[2]) * 60 + int(zone[1] + zone[3])
    if settings["Daylight_Saving_Time_Enable"] == "No":
        return {"offset": offset, "saved": 0, "starts": None, "ends": None}
    turn = r"([0-9]+)/(-?[0-9]+)/([1-7])/([0-9]+):0:0"
    rule = re.fullmatch(
        rf"start={turn};end={turn};save=(?:([0-9]+)|0:([0-9]+):0)",
        settings["Daylight_Saving_Time_Rule"],
    )
    require(rule, "no rule for summer time")
    numbers = [int(number or 0) for number in rule.groups()]
    saved = numbers[8] * 60 + numbers[9]
    starts, ends = _turn(*numbers[:4]), _turn(*numbers[4:8])
    return {"offset": offset, "saved": saved, "starts": starts, "ends": ends}


def _turn(month: int, day: int, weekday: int, hour: int) -> Turn:
    """Return a change of clocks: on a weekday on or after the day, or with -1 on the last."""
    require(day in (-1, 1, 8, 15, 22), f"{day} is no week")
    return Turn(month, 5 if day == -1 else day // 7 + 1, weekday % 7, hour)

"""Read the configuration of a Fanvil phone.

As public provisioning servers write it: <VOIP_CONFIG_FILE>, modules, in them elements or lists of
entries with an ID; $mac is the phone's own. Fanvil's own list of parameters isn't public.
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
    read_label,
    require,
    require_blank,
    split_warning,
)

SIP = "SIP_CONFIG_MODULE/SIP1/"
AUTO = "AUTOUPDATE_CONFIG_MODULE/"
GLOBAL = "GLOBAL_CONFIG_MODULE/"
TITLE = "DSSKEY_CONFIG_MODULE/Fkey1/Title"
PARTS = ("Mon", "Week", "Wday", "Hour")


def read_settings(text: str) -> Settings:
    """Return every parameter as MODULE/NAME or, from a list, MODULE/ID/NAME."""
    root = ElementTree.fromstring(text.encode())
    require(root.tag == "VOIP_CONFIG_FILE", "no configuration file")
    settings: Settings = {}
    for module in root:
        if module.tag == "version":
            continue
        require(module.tag.endswith("_MODULE"), f"{module.tag} is no module")
        for name, value in _read_module(module):
            require(name not in settings, f"{name} is there twice")
            settings[name] = value
    return settings


def _read_module(module: ElementTree.Element) -> list[tuple[str, str]]:
    found = []
    for element in module:
        if len(element) == 0:
            found.append((f"{module.tag}/{element.tag}", element.text or ""))
        for entry in element:
            require(entry.tag == element.tag + "_Entry", f"{entry.tag} is no entry")
            values = {one.tag: one.text or "" for one in entry}
            place = f"{module.tag}/{values.pop('ID')}"
            found += [(f"{place}/{name}", value) for name, value in values.items()]
    return found


def read_address(text: str) -> str:
    """Return the server's folder, from which the phone fetches its own file at each start."""
    settings = read_settings(text)
    require(settings[AUTO + "DHCP_Option"] == "0", "DHCP goes before the address")
    require(settings[AUTO + "Download_Mode"] == "1", "it does not fetch when it starts")
    require(settings[AUTO + "Config_File_Name"] == "$mac.cfg", "it asks for another file")
    address = settings[AUTO + "Download_Server_IP"]
    scheme = {"4": "http", "5": "https"}[settings[AUTO + "Download_Protocol"]]
    require(address.startswith(scheme + "://"), "two schemes")
    return address + "/"


def read_line(text: str) -> Line | None:
    """Return line 1."""
    settings = read_settings(text)
    line = {
        name.removeprefix(SIP): value for name, value in settings.items() if name.startswith(SIP)
    }
    if line["Enable_Reg"] == "0":
        require_blank(line, "Phone_Number", "Display_Name", "Register_User", "Register_Pswd")
        require_blank(line, "Register_Addr", "Register_Port", "Proxy_Addr", "Proxy_Port")
        require_blank(line, "Proxy_User", "Proxy_Pswd")
        require_blank(settings, TITLE)
        return None
    require(line["Enable_Reg"] == "1", "neither on nor off")
    names = {line["Phone_Number"], line["Register_User"], line["Proxy_User"]}
    require(len(names) == 1, "two user names")
    require(line["Register_Pswd"] == line["Proxy_Pswd"], "two passwords")
    require(line["Register_Port"] == line["Proxy_Port"], "two ports")
    return {
        "username": line["Phone_Number"],
        "password": line["Register_Pswd"],
        "domain": line["Register_Addr"],
        "host": line["Proxy_Addr"],
        "port": int(line["Proxy_Port"]),
        "transport": {"0": "udp", "1": "tcp", "3": "tls"}[line["Transport"]],
        "name": line["Display_Name"],
        "expires": int(line["Register_TTL"]),
        "address": read_address(text),
        **read_label(split_warning(settings[TITLE])[0]),
    }


def read_desk(text: str) -> DeskRead:
    """Return the rest; the menu has a password of its own, which must be the web page's."""
    settings = read_settings(text)
    label, warning = split_warning(settings[TITLE])
    web = "MMI_CONFIG_MODULE/Account"
    require(settings[f"{web}1/Name"] == "admin", "the administrator has another name")
    require(
        settings[f"{web}1/Password"] == settings["PHONE_CONFIG_MODULE/Menu_Password"],
        "menu and web page have two passwords",
    )
    language = settings[GLOBAL + "Default_UI"]
    older = {"0": "en", "4": "fr", "10": "es"}[settings[GLOBAL + "Language"]]
    require(language == older, "two languages")
    doors = {
        "DHCP": settings[AUTO + "DHCP_Option"],
        "DHCP's SIP server": settings[AUTO + "DHCP_Option_120"],
        "PnP": settings[AUTO + "PNP_Enable"],
        "redirection": settings[AUTO + "FDPS_Enable"],
        "a file for all phones": settings[AUTO + "Download_CommonConf"],
        "TR-069": settings["TR069_CONFIG_MODULE/Enable_TR069"],
        "DHCP's time": settings[GLOBAL + "DHCP_Auto_Time"],
    }
    require(settings[GLOBAL + "Enable_SNTP"] == "1", "it asks no time server")
    require(len(settings["PHONE_CONFIG_MODULE/LCD_Title"]) <= 12, "the title is too long")
    servers = (settings[GLOBAL + "SNTP_Server"], settings[GLOBAL + "Second_SNTP_Server"])
    return DeskRead(
        label=label,
        warning=warning,
        language=language,
        tones=frozenset({{"11": "US", "18": "CA"}[settings["MM_CONFIG_MODULE/SelectYourTone"]]}),
        hours={"0": 24, "1": 12}[settings["PHONE_CONFIG_MODULE/TimeDisplayStyle"]],
        date={"9": "YMD", "10": "MDY"}[settings["PHONE_CONFIG_MODULE/DateDisplayStyle"]],
        ntp_servers=tuple(filter(None, servers)),
        admin_password=settings[f"{web}1/Password"],
        user_password=settings[f"{web}2/Password"],
        open_doors=frozenset(door for door, setting in doors.items() if setting != "0"),
        checks_certificates=settings[AUTO + "Trust_Certification"] == "1",
        **_read_rules(settings),
    )


def _read_rules(settings: Settings) -> dict[str, Any]:
    offset = int(settings[GLOBAL + "Time_Zone"]) * 15
    name = re.fullmatch(r"UTC([-+])([0-9]+)(?::([0-9]{2}))?", settings[GLOBAL + "Time_Zone_Name"])
    require(name, "no name of a time zone")
    said = int(name[1] + name[2]) * 60 + int(name[1] + (name[3] or "0"))
    require(said == offset, "two time zones")
    if settings[GLOBAL + "Enable_DST"] == "0":
        return {"offset": offset, "saved": 0, "starts": None, "ends": None}
    require(settings[GLOBAL + "Enable_DST"] == "2", "summer time by the phone's own list")
    require(settings[GLOBAL + "DST_Fixed_Type"] == "2", "summer time by date")
    starts, ends = (
        Turn(*(int(settings[f"{GLOBAL}DST_{end}_{part}"]) for part in PARTS))
        for end in ("Start", "End")
    )
    saved = int(settings[GLOBAL + "DST_Min_Offset"])
    return {"offset": offset, "saved": saved, "starts": starts, "ends": ends}

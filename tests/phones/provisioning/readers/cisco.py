"""Read the configuration of a Cisco phone.

"Cisco IP Phone 8800 Series Multiplatform Phones Administration Guide", provisioning formats: an
empty-element tag changes nothing; space around a value is dropped; names are unique; $NAME and
$(NAME) expand in profile rules, $$ is a $.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from .parts import Line, Settings, read_host_and_port, read_label, require, require_blank


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
    shown = read_label(settings["Station_Name"])
    require(shown["ext"] == settings["Short_Name_1_"], "two extensions")
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

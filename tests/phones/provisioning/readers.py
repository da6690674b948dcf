"""Read a configuration as a phone of each make does, from its vendor's documents alone.

`READERS[make](text)` returns line 1 as the phone would use it, or None when it is off, and raises
AssertionError where a phone could make something else of the file. `ADDRESSES[make](text)` returns
the folder from which the phone will fetch the next time, `SETTINGS[make](text)` everything that the
file sets, and `REQUESTS[make]` the files that the phone asks for, in order. Nothing here needs
Django, so that virtual phones can use it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

Settings = dict[str, str]
Line = dict[str, Any]


def require(condition: object, what: str) -> None:
    """Raise AssertionError unless the condition holds; also where assertions are turned off."""
    if not condition:
        raise AssertionError(what)


def blank(settings: Settings, *names: str) -> None:
    """Raise AssertionError unless all of these are set, to nothing."""
    left = [name for name in names if settings[name] != ""]
    require(not left, f"line 1 is off and leaves {left}")


def label(text: str) -> dict[str, str]:
    """Split the text beside the line, "101 · +14155550100", into extension and caller ID."""
    ext, _separator, caller_id = text.partition(" · ")
    require(re.fullmatch(r"[0-9]{1,10}", ext), f"{text!r} begins with no extension")
    require(
        re.fullmatch(r"(\+[1-9][0-9]{6,14})?", caller_id), f"{text!r} ends with no number in E.164"
    )
    return {"ext": ext, "caller_id": caller_id}


def host_and_port(text: str) -> dict[str, Any]:
    """Return both from "host:port"."""
    host, port = text.split(":")
    return {"host": host, "port": int(port)}


# --- Yealink --------------------------------------------------------------------------------------
# "Yealink IP Phones Auto Provisioning Guide": the first line stays as it is; a line that begins
# with # is a comment; `parameter = value`, one a line, the value up to the end of the line; %NULL%
# takes a value away; UTF-8.


def yealink_settings(text: str) -> Settings:
    """Return every parameter of a MAC.cfg; %NULL% as nothing."""
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
        require(found[1] not in settings, f"{found[1]} is there twice")
        settings[found[1]] = "" if found[2].upper() == "%NULL%" else found[2]
    return settings


def yealink_address(text: str) -> str:
    """Return the provisioning server's URL, to which the phone appends the names of its files."""
    settings = yealink_settings(text)
    require(settings["static.auto_provision.power_on"] == "1", "it does not fetch when it starts")
    require(
        settings["static.auto_provision.dhcp_option.enable"] == "0", "DHCP goes before the address"
    )
    return settings["static.auto_provision.server.url"]


def yealink(text: str) -> Line | None:
    """Return account 1. The transport is the SIP server's, for the outbound proxy as well."""
    settings = yealink_settings(text)
    account = {
        name.removeprefix("account.1."): value
        for name, value in settings.items()
        if name.startswith("account")
    }
    if account["enable"] == "0":
        blank(
            account,
            "label",
            "display_name",
            "user_name",
            "auth_name",
            "password",
            "sip_server.1.address",
        )
        blank(
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
        "address": yealink_address(text),
        **label(account["label"]),
    }


# --- Poly -----------------------------------------------------------------------------------------
# "Polycom UC Software Administrator Guide": parameters are attributes, of elements whose names do
# not matter.


def poly_files(master: str, mac: str) -> list[str]:
    """Return the files that a master file names, in order."""
    root = ElementTree.fromstring(master.encode())
    require(root.tag == "APPLICATION", "no master file")
    return [
        name.strip().replace("[PHONE_MAC_ADDRESS]", mac)
        for name in root.attrib["CONFIG_FILES"].split(",")
    ]


def poly_settings(text: str) -> Settings:
    """Return every parameter of a file that the master file names."""
    root = ElementTree.fromstring(text.encode())
    require(root.tag == "PHONE_CONFIG", "no configuration file")
    return {name: value for element in root.iter() for name, value in element.attrib.items()}


def poly_address(text: str) -> str:
    """Return the provisioning server; it changes only if `device.set` and its own `.set` are 1."""
    settings = poly_settings(text)
    for name in (
        "device",
        "device.prov.serverName",
        "device.prov.serverType",
        "device.dhcp.bootSrvUseOpt",
    ):
        require(settings[f"{name}.set"] == "1", f"{name} is not set")
    require(settings["device.dhcp.bootSrvUseOpt"] == "Static", "DHCP goes before the address")
    address = settings["device.prov.serverName"]
    require(
        address.lower().startswith(settings["device.prov.serverType"].lower() + "://"),
        "two schemes",
    )
    require(int(settings["prov.polling.period"]) > 3600, "the period must be more than an hour")
    return address


def poly(text: str) -> Line | None:
    """Return registration 1, which is none without an address."""
    settings = poly_settings(text)
    reg = {
        name.removeprefix("reg.1."): value
        for name, value in settings.items()
        if name.startswith("reg.1.")
    }
    if reg["address"] == "":
        require(reg["server.1.register"] == "0", "it still registers")
        blank(reg, "auth.userId", "auth.password", "displayName", "label")
        blank(
            reg, "server.1.address", "server.1.port", "outboundProxy.address", "outboundProxy.port"
        )
        return None
    require(reg["server.1.register"] == "1", "it does not register")
    require(reg["address"] == reg["auth.userId"], "two user names")
    require(reg["server.1.transport"] == reg["outboundProxy.transport"], "two transports")
    return {
        "username": reg["address"],
        "password": reg["auth.password"],
        "domain": reg["server.1.address"],
        "host": reg["outboundProxy.address"],
        "port": int(reg["outboundProxy.port"]),
        "transport": {"UDPOnly": "udp", "TCPOnly": "tcp", "TLS": "tls"}[
            reg["outboundProxy.transport"]
        ],
        "name": reg["displayName"],
        "expires": int(reg["server.1.expires"]),
        "address": poly_address(text),
        **label(reg["label"]),
    }


# --- Cisco ----------------------------------------------------------------------------------------
# "Cisco IP Phone 8800 Series Multiplatform Phones Administration Guide", provisioning formats: an
# empty-element tag changes nothing; space around a value goes; names are unique; $NAME and $(NAME)
# expand in profile rules, $$ is a $.


def cisco_settings(text: str) -> Settings:
    """Return every parameter of a flat profile."""
    require("/>" not in text, "an empty-element tag leaves what was there")
    root = ElementTree.fromstring(text.encode())
    require(root.tag == "flat-profile", "no flat profile")
    names = [element.tag for element in root]
    require(len(names) == len(set(names)), "a parameter is there twice")
    return {element.tag: (element.text or "").strip() for element in root}


def cisco_address(text: str) -> str:
    """Return the folder of the profile rule, which must name the phone's own file."""
    settings = cisco_settings(text)
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


def cisco(text: str) -> Line | None:
    """Return line 1. MPP phones ignore what only SPA phones know, and the other way round."""
    settings = cisco_settings(text)
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
        blank(settings, "User_ID_1_", "Auth_ID_1_", "Password_1_", "Proxy_1_", "Outbound_Proxy_1_")
        blank(settings, "Display_Name_1_", "Short_Name_1_", "Station_Name")
        return None
    require(settings["User_ID_1_"] == settings["Auth_ID_1_"], "two user names")
    shown = label(settings["Station_Name"])
    require(shown["ext"] == settings["Short_Name_1_"], "two extensions")
    return {
        "username": settings["User_ID_1_"],
        "password": settings["Password_1_"],
        "domain": settings["Proxy_1_"],
        "transport": {"UDP": "udp", "TCP": "tcp", "TLS": "tls"}[settings["SIP_Transport_1_"]],
        "name": settings["Display_Name_1_"],
        "expires": int(settings["Register_Expires_1_"]),
        "address": cisco_address(text),
        **host_and_port(settings["Outbound_Proxy_1_"]),
        **shown,
    }


# --- Grandstream ----------------------------------------------------------------------------------
# "SIP Device Provisioning Guide": <gs_provision><config>, one element a P-value. The config server
# path has no scheme.


def grandstream_settings(text: str) -> Settings:
    """Return every P-value of a cfgMAC.xml."""
    root = ElementTree.fromstring(text.encode())
    require((root.tag, root.get("version")) == ("gs_provision", "1"), "no provisioning file")
    config = root.find("config")
    require(config is not None and config.get("version") == "1", "no configuration in it")
    numbers = [element.tag for element in config]
    require(
        all(re.fullmatch(r"P[0-9]+", number) for number in numbers), "something else than P-values"
    )
    require(len(numbers) == len(set(numbers)), "a P-value is there twice")
    return {element.tag: element.text or "" for element in config}


def grandstream_address(text: str) -> str:
    """Return the config server path with its scheme; the phone appends / and the file's name."""
    settings = grandstream_settings(text)
    require(settings["P145"] == "0", "DHCP goes before the address")
    path = settings["P237"]
    require("://" not in path and not path.endswith("/"), f"{path!r} is no config server path")
    return {"1": "http", "2": "https"}[settings["P212"]] + "://" + path + "/"


def grandstream(text: str) -> Line | None:
    """Return account 1."""
    settings = grandstream_settings(text)
    require(settings["P271"] == settings["P31"] and settings["P271"] in ("0", "1"), "half on")
    if settings["P271"] == "0":
        blank(settings, "P270", "P3", "P35", "P36", "P34", "P47", "P48")
        return None
    require(settings["P35"] == settings["P36"], "two user names")
    require(settings["P2329"] == "0", "sips: addresses, which the registrar does not take")
    return {
        "username": settings["P35"],
        "password": settings["P34"],
        "domain": settings["P47"],
        "transport": ("udp", "tcp", "tls")[int(settings["P130"])],
        "name": settings["P3"],
        "expires": int(settings["P32"]) * 60,
        "address": grandstream_address(text),
        **host_and_port(settings["P48"]),
        **label(settings["P270"]),
    }


# --- Snom -----------------------------------------------------------------------------------------
# service.snom.com, "Desk Phone Configuration Files" and "Permission Flags":
# <settings><phone-settings>; idx is the identity; with perm "!" a value that somebody changed at
# the phone would stay; {mac} is the phone's own.


def snom_settings(text: str) -> Settings:
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


def snom_address(text: str) -> str:
    """Return the folder of the setting server's address, which must name the phone's own file."""
    folder, _separator, file = snom_settings(text)["setting_server"].rpartition("/")
    require(file == "{mac}.xml" and "{" not in folder, f"it asks {folder!r} for {file!r}")
    return folder + "/"


def snom(text: str) -> Line | None:
    """Return identity 1."""
    settings = snom_settings(text)
    require(settings["challenge_checksync"] == "off", "it challenges check-sync")
    if settings["user_active1"] == "off":
        blank(
            settings, "user_realname1", "user_idle_text1", "user_name1", "user_pname1", "user_pass1"
        )
        blank(settings, "user_host1", "user_outbound1")
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
        "address": snom_address(text),
        **host_and_port(proxy),
        **label(settings["user_idle_text1"]),
    }


READERS: dict[str, Callable[[str], Line | None]] = {
    "cisco": cisco,
    "grandstream": grandstream,
    "poly": poly,
    "snom": snom,
    "yealink": yealink,
}
ADDRESSES: dict[str, Callable[[str], str]] = {
    "cisco": cisco_address,
    "grandstream": grandstream_address,
    "poly": poly_address,
    "snom": snom_address,
    "yealink": yealink_address,
}
SETTINGS: dict[str, Callable[[str], Settings]] = {
    "cisco": cisco_settings,
    "grandstream": grandstream_settings,
    "poly": poly_settings,
    "snom": snom_settings,
    "yealink": yealink_settings,
}
# {mac} in lower case, {MAC} in upper case, as the phones write it. For most of these there is no
# answer but 404.
REQUESTS: dict[str, tuple[str, ...]] = {
    "cisco": ("{mac}.xml",),
    "grandstream": ("cfg{mac}", "cfg{mac}.xml"),
    "poly": ("{mac}.cfg", "{mac}-line.cfg"),
    "snom": ("snomD785.htm", "snomD785-{MAC}.htm", "{MAC}.xml"),
    "yealink": ("{mac}.boot", "y000000000000.boot", "y000000000108.cfg", "{mac}.cfg"),
}


def requests(make: str, mac: str) -> list[str]:
    """Return the names of the files that a phone with this MAC address asks for, in order."""
    return [
        name.replace("{mac}", mac.lower()).replace("{MAC}", mac.upper()) for name in REQUESTS[make]
    ]

"""Read the configuration of a Grandstream phone.

"SIP Device Provisioning Guide": <gs_provision><config>, one element per P-value. The config server
path has no scheme.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from .parts import Line, Settings, read_host_and_port, read_label, require, require_blank


def read_settings(text: str) -> Settings:
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


def read_address(text: str) -> str:
    """Return the config server path with its scheme; the phone appends / and the file's name."""
    settings = read_settings(text)
    require(settings["P145"] == "0", "DHCP goes before the address")
    path = settings["P237"]
    require("://" not in path and not path.endswith("/"), f"{path!r} is no config server path")
    return {"1": "http", "2": "https"}[settings["P212"]] + "://" + path + "/"


def read_line(text: str) -> Line | None:
    """Return account 1."""
    settings = read_settings(text)
    require(settings["P271"] == settings["P31"] and settings["P271"] in ("0", "1"), "half on")
    if settings["P271"] == "0":
        require_blank(settings, "P270", "P3", "P35", "P36", "P34", "P47", "P48")
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
        "address": read_address(text),
        **read_host_and_port(settings["P48"]),
        **read_label(settings["P270"]),
    }

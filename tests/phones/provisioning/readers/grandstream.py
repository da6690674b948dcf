"""Read the configuration of a Grandstream phone.

"SIP Device Provisioning Guide": <gs_provision><config>, one element per P-value. The config server
path has no scheme.
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
        **read_label(split_warning(settings["P270"])[0]),
    }


def read_desk(text: str) -> DeskRead:
    """Return the rest; in constraint mode, the menu asks for the web page's password."""
    settings = read_settings(text)
    label, warning = split_warning(settings["P270"])
    require(settings["P1357"] == "2", "the menu is open")
    doors = {
        "DHCP": settings["P145"],
        "DHCP's option 150 or 160": settings["P8337"],
        "DHCP's SIP server": settings["P1411"],
        "multicast": settings["P1414"],
        "TR-069": settings["P1409"],
        "TR-069, periodically": settings["P4506"],
        "TR-069's server": settings["P4503"] or "0",
        "DHCP's time servers": settings["P144"],
        "DHCP's time zone": settings["P143"],
    }
    require(settings["P8463"] == settings["P22030"], "half a check of certificates")
    return DeskRead(
        label=label,
        warning=warning,
        language=settings["P1362"],
        tones=frozenset({"US", "CA"}),  # the factory's, which the template shows
        hours={"0": 12, "1": 24}[settings["P122"]],
        date={"0": "YMD", "1": "MDY"}[settings["P102"]],
        ntp_servers=tuple(filter(None, (settings["P30"], settings["P8333"]))),
        admin_password=settings["P2"],
        user_password=settings["P196"],
        open_doors=frozenset(door for door, setting in doors.items() if setting != "0"),
        checks_certificates=settings["P8463"] == "1",
        **_read_rules(settings),
    )


def _read_rules(settings: Settings) -> dict[str, Any]:
    """Return the rules of a zone as POSIX writes them, in P246; hours count west of Greenwich."""
    require(settings["P64"] == "customize", "a zone of the phone's own list")
    require(len(settings["P246"]) <= 64, "the zone is too long")
    zone, *turns = settings["P246"].split(",")
    found = re.fullmatch(r"MTZ([-+][0-9:]+)(?:MDT([-+][0-9:]+))?", zone)
    require(found, f"{zone!r} is no zone")
    offset = _read_west(found[1])
    if not turns:
        require(found[2] is None, "summer time without turns")
        return {"offset": offset, "saved": 0, "starts": None, "ends": None}
    starts, ends = map(_read_turn, turns)
    saved = _read_west(found[2]) - offset
    return {"offset": offset, "saved": saved, "starts": starts, "ends": ends}


def _read_west(text: str) -> int:
    hours, _colon, minutes = text[1:].partition(":")
    count = int(hours) * 60 + int(minutes or 0)
    return count if text[0] == "-" else -count


def _read_turn(text: str) -> Turn:
    found = re.fullmatch(r"M([0-9]+)\.([1-5])\.([0-6])(?:/([0-9]{2}):00:00)?", text)
    require(found, f"{text!r} is no turn")
    return Turn(int(found[1]), int(found[2]), int(found[3]), int(found[4] or 2))

"""Read the configuration of a Poly phone.

"Polycom UC Software Administrator Guide": parameters are attributes, of elements whose names do not
matter. Those of `device.` only change with `device.set` and their own `.set` at 1.
"""

from __future__ import annotations

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

# The device parameters whose value decides whom the phone obeys, and who may open it.
DEVICE = (
    "device.prov.serverName",
    "device.prov.serverType",
    "device.prov.ztpEnabled",
    "device.dhcp.bootSrvUseOpt",
    "device.auth.localAdminPassword",
    "device.auth.localUserPassword",
    "device.sec.TLS.prov.strictCertCommonNameValidation",
)


def read_names_of_files(master: str, mac: str) -> list[str]:
    """Return the files that a master file names, in order."""
    root = ElementTree.fromstring(master.encode())
    require(root.tag == "APPLICATION", "no master file")
    return [
        name.strip().replace("[PHONE_MAC_ADDRESS]", mac)
        for name in root.attrib["CONFIG_FILES"].split(",")
    ]


def read_settings(text: str) -> Settings:
    """Return every parameter of a file that the master file names."""
    root = ElementTree.fromstring(text.encode())
    require(root.tag == "PHONE_CONFIG", "no configuration file")
    return {name: value for element in root.iter() for name, value in element.attrib.items()}


def read_address(text: str) -> str:
    """Return the provisioning server."""
    settings = read_settings(text)
    for name in ("device", *DEVICE):
        require(settings[f"{name}.set"] == "1", f"{name} is not set")
    require(settings["device.dhcp.bootSrvUseOpt"] == "Static", "DHCP goes before the address")
    address = settings["device.prov.serverName"]
    require(
        address.lower().startswith(settings["device.prov.serverType"].lower() + "://"),
        "two schemes",
    )
    require(int(settings["prov.polling.period"]) > 3600, "the period must be more than an hour")
    return address


def read_line(text: str) -> Line | None:
    """Return registration 1, or None if it has no address."""
    settings = read_settings(text)
    reg = {
        name.removeprefix("reg.1."): value
        for name, value in settings.items()
        if name.startswith("reg.1.")
    }
    if reg["address"] == "":
        require(reg["server.1.register"] == "0", "it still registers")
        require_blank(reg, "auth.userId", "auth.password", "displayName", "label")
        require_blank(
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
        "address": read_address(text),
        **read_label(split_warning(reg["label"])[0]),
    }


def read_desk(text: str) -> DeskRead:
    """Return the rest. The factory's tones are North American."""
    settings = read_settings(text)
    label, warning = split_warning(settings["reg.1.label"])
    for name in ("address", "gmtOffset"):
        require(settings[f"tcpIpApp.sntp.{name}.overrideDHCP"] == "1", f"DHCP's {name} goes first")
    doors = {
        "DHCP": settings["device.dhcp.bootSrvUseOpt"] != "Static",
        "ZTP": settings["device.prov.ztpEnabled"] != "0",
        "Lens": settings["feature.lens.enabled"] != "0",
        "OBiTALK": settings["feature.obitalk.enabled"] != "0",
        "cloud connector": settings["feature.pcc.enabled"] != "0",
    }
    return DeskRead(
        label=label,
        warning=warning,
        language={
            "English_United_States": "en",
            "Spanish_Spain": "es",
            "French_France": "fr",
        }[settings["lcl.ml.lang"]],
        tones=frozenset({"US", "CA"}),
        hours={"0": 12, "1": 24}[settings["lcl.datetime.time.24HourClock"]],
        date={"YYYY/MM/DD": "YMD", "D,Md": "MDY"}[settings["lcl.datetime.date.format"]],
        ntp_servers=(settings["tcpIpApp.sntp.address"],),
        admin_password=settings["device.auth.localAdminPassword"],
        user_password=settings["device.auth.localUserPassword"],
        open_doors=frozenset(door for door, is_open in doors.items() if is_open),
        checks_certificates=settings["device.sec.TLS.prov.strictCertCommonNameValidation"] == "1",
        **_read_rules(settings),
    )


def _read_rules(settings: Settings) -> dict[str, Any]:
    """Return the rules of the time zone; the phone always puts clocks forward by an hour."""
    offset, rest = divmod(int(settings["tcpIpApp.sntp.gmtOffset"]), 60)
    require(rest == 0, "seconds")
    begins = "tcpIpApp.sntp.daylightSavings."
    require(settings[f"{begins}fixedDayEnable"] == "0", "clocks change on fixed days")
    if settings[f"{begins}enable"] == "0":
        return {"offset": offset, "saved": 0, "starts": None, "ends": None}
    starts, ends = (_read_turn(settings, begins + end) for end in ("start", "stop"))
    return {"offset": offset, "saved": 60, "starts": starts, "ends": ends}


def _read_turn(settings: Settings, begins: str) -> Turn:
    day = int(settings[f"{begins}.date"])
    is_last = settings[f"{begins}.dayOfWeek.lastInMonth"] == "1"
    require(is_last or day in (1, 8, 15, 22), f"{day} is no week")
    return Turn(
        month=int(settings[f"{begins}.month"]),
        week=5 if is_last else day // 7 + 1,
        weekday=int(settings[f"{begins}.dayOfWeek"]) - 1,  # 1 is Sunday
        hour=int(settings[f"{begins}.time"]),
    )

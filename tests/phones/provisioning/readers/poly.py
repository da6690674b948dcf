"""Read the configuration of a Poly phone.

"Polycom UC Software Administrator Guide": parameters are attributes, of elements whose names do not
matter.
"""

from __future__ import annotations

from xml.etree import ElementTree

from .parts import Line, Settings, read_label, require, require_blank


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
    """Return the provisioning server; it changes only if `device.set` and its own `.set` are 1."""
    settings = read_settings(text)
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
        **read_label(reg["label"]),
    }

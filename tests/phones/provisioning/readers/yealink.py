"""Read the configuration of a Yealink phone.

"Yealink IP Phones Auto Provisioning Guide": the first line must not change; a line that begins with
# is a comment; `parameter = value`, one per line, the value up to the end of the line; %NULL%
removes a value; UTF-8.
"""

from __future__ import annotations

import re

from .parts import Line, Settings, read_label, require, require_blank


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
        **read_label(account["label"]),
    }

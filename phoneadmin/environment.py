"""Read settings from environment variables; exit with the reason if one is missing or malformed."""

from __future__ import annotations

import ipaddress
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from phones.provisioning.clock import read_clock


def require_variable(name: str, why: str) -> str:
    """Return a variable that production requires, or exit with the reason."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is required with DATABASE_URL: {why}")
    return value


def read_host_and_port(name: str) -> tuple[str, int] | None:
    """Read an address such as [::1]:8001 from a variable; return None if unset, exit if wrong."""
    value = os.environ.get(name, "")
    if not value:
        return None
    with suppress(ValueError):
        parts = urlsplit(f"//{value}")
        if parts.hostname and parts.port and parts.netloc == value:
            return parts.hostname, parts.port
    raise ImproperlyConfigured(f"{name} must look like 127.0.0.1:8001 or [::1]:8001.")


def read_port_range(name: str, default: tuple[int, int]) -> tuple[int, int]:
    """Read first and last port, such as 20000-29999, from a variable, or exit if they are wrong."""
    value = os.environ.get(name, "")
    if not value:
        return default
    found = re.fullmatch(r"([0-9]{1,5})-([0-9]{1,5})", value)
    if found and 1024 <= (first := int(found[1])) < (last := int(found[2])) < 65536:
        return first, last
    raise ImproperlyConfigured(f"{name} must look like 20000-29999.")


def read_phone_time_zone() -> str:
    """Read the zone of phones whose account has chosen none; exit if phones can't be set to it."""
    zone = os.environ.get("PHONEADMIN_TIME_ZONE") or "America/New_York"
    try:
        read_clock(zone)
    except (LookupError, ValueError) as error:
        raise ImproperlyConfigured(
            f"PHONEADMIN_TIME_ZONE must be a zone such as America/New_York. {error}"
        ) from error
    return zone


def read_ntp_servers() -> tuple[str, ...]:
    """Read the names or addresses of the time servers that phones ask, or exit if one is wrong."""
    given = os.environ.get("PHONEADMIN_NTP_SERVERS") or "0.pool.ntp.org,1.pool.ntp.org"
    servers = tuple(server.strip() for server in given.split(","))
    if not all(re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", server) for server in servers):
        raise ImproperlyConfigured(
            "PHONEADMIN_NTP_SERVERS must be names or addresses with commas between them, such as"
            " 0.pool.ntp.org,1.pool.ntp.org."
        )
    return servers


def read_switch(name: str) -> bool:
    """Read whether something is done, which is so unless the variable says "off"."""
    value = os.environ.get(name, "")
    if value not in ("", "on", "off"):
        raise ImproperlyConfigured(f"{name} must be on or off.")
    return value != "off"


def read_sip_keys(given: str) -> list[str]:
    """Return the keys for deriving SIP passwords, newest first, or exit if one is invalid."""
    listed = [key.strip() for key in given.split(",")] if given else []
    if any(len(key) < 20 for key in listed):
        raise ImproperlyConfigured(
            "PHONEADMIN_SIP_KEYS is a list of keys of 20 random characters or more, newest first,"
            " separated by commas."
            " At least one of them is empty or too short."
        )
    return listed


@dataclass(frozen=True)
class Carrier:
    """The carrier that takes calls to emergency and outside numbers (R40).

    With a username, the carrier asks for a password (digest); without one, it knows us by our
    address.
    """

    host: str  # a name or an address, an IPv6 address in brackets
    port: int
    transport: str  # udp or tcp
    username: str = ""
    password: str = field(default="", repr=False)
    sources: tuple[str, ...] = ()  # the addresses from which it calls, if the operator names them
    is_international: bool = False  # whether phones may call other countries through it


def read_carrier() -> Carrier | None:
    """Read PHONEADMIN_CARRIER and its password; return None if unset, exit if one is wrong."""
    given = os.environ.get("PHONEADMIN_CARRIER", "")
    password = os.environ.get("PHONEADMIN_CARRIER_PASSWORD", "")
    if not given:
        if password:
            raise ImproperlyConfigured("PHONEADMIN_CARRIER_PASSWORD needs PHONEADMIN_CARRIER.")
        return None
    # The value may hold a password by mistake, so no message repeats it.
    parts = re.fullmatch(
        r"sip:(?:([A-Za-z0-9._~+-]+)@)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?"
        r"(?:;transport=(udp|tcp))?",
        given,
    )
    port = int(parts[3] or 5060) if parts else 0
    if parts is None or not 0 < port < 65536:
        raise ImproperlyConfigured(
            "PHONEADMIN_CARRIER must look like sip:user@carrier.example.com:5060;transport=udp"
            " (or tcp), without user@ if the carrier knows us by our address. The password is"
            " PHONEADMIN_CARRIER_PASSWORD."
        )
    username = parts[1] or ""
    if username and not password:
        raise ImproperlyConfigured(
            "PHONEADMIN_CARRIER names a user, so PHONEADMIN_CARRIER_PASSWORD is required."
        )
    if password and not username:
        raise ImproperlyConfigured(
            "PHONEADMIN_CARRIER_PASSWORD needs a user in PHONEADMIN_CARRIER, such as"
            " sip:user@carrier.example.com."
        )
    return Carrier(
        host=parts[2],
        port=port,
        transport=parts[4] or "udp",
        username=username,
        password=password,
        sources=_read_addresses("PHONEADMIN_CARRIER_CALLS_FROM"),
        is_international=os.environ.get("PHONEADMIN_CARRIER_INTERNATIONAL") == "on",
    )


def _read_addresses(name: str) -> tuple[str, ...]:
    """Read addresses and networks, separated by commas, or exit if one is wrong."""
    given = [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]
    try:
        return tuple(ipaddress.ip_network(part).compressed for part in given)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must look like 192.0.2.7,198.51.100.0/28.") from None


def require_way_to_carrier(carrier: Carrier, listen: str) -> None:
    """Exit with the reason if the registrar, listening on `listen`, can't send to the carrier.

    A socket on a loopback address sends nothing to other machines, and 911 would be lost.
    """
    if _is_loopback(listen.rpartition(":")[0]) and not _is_loopback(carrier.host):
        raise ImproperlyConfigured(
            "PHONEADMIN_CARRIER needs PHONEADMIN_SIP_LISTEN to be an address of this machine from"
            f" which the carrier can be reached. Nothing leaves this machine from {listen}."
        )


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return host == "localhost" or host.endswith(".localhost")  # RFC 6761 §6.3

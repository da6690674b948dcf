"""Read a configuration like a phone of each make, based only on its vendor's documents.

`READERS[make](text)` returns line 1 as the phone would use it, or None when it is off, and raises
AssertionError if a phone could understand the file differently. `ADDRESSES[make](text)` returns
the folder from which the phone will fetch the next time, `SETTINGS[make](text)` everything that the
file sets, `DESKS[make]` the rest of what the phone makes of it, and `REQUESTS[make]` the files that
the phone asks for, in order. Nothing here needs Django, so that virtual phones can use it.
"""

from __future__ import annotations

from collections.abc import Callable

from . import cisco, fanvil, grandstream, poly, snom, yealink
from .parts import DeskRead, Line, Settings

READERS: dict[str, Callable[[str], Line | None]] = {
    "cisco": cisco.read_line,
    "fanvil": fanvil.read_line,
    "grandstream": grandstream.read_line,
    "poly": poly.read_line,
    "snom": snom.read_line,
    "yealink": yealink.read_line,
}
ADDRESSES: dict[str, Callable[[str], str]] = {
    "cisco": cisco.read_address,
    "fanvil": fanvil.read_address,
    "grandstream": grandstream.read_address,
    "poly": poly.read_address,
    "snom": snom.read_address,
    "yealink": yealink.read_address,
}
SETTINGS: dict[str, Callable[[str], Settings]] = {
    "cisco": cisco.read_settings,
    "fanvil": fanvil.read_settings,
    "grandstream": grandstream.read_settings,
    "poly": poly.read_settings,
    "snom": snom.read_settings,
    "yealink": yealink.read_settings,
}
DESKS: dict[str, Callable[[str], DeskRead]] = {
    "cisco": cisco.read_desk,
    "fanvil": fanvil.read_desk,
    "grandstream": grandstream.read_desk,
    "poly": poly.read_desk,
    "snom": snom.read_desk,
    "yealink": yealink.read_desk,
}
# {mac} in lower case, {MAC} in upper case, as the phones write it. Most of these get a 404.
REQUESTS: dict[str, tuple[str, ...]] = {
    "cisco": ("{mac}.xml",),
    "fanvil": ("F0V00V650000.cfg", "{mac}.cfg"),
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

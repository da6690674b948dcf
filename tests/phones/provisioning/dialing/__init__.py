"""Dial like a phone of each make: an interpreter of its dial plan, from its vendor's document.

`PLANS[make](text)` returns the plan that a file sets. Nothing here needs Django.
"""

from __future__ import annotations

from collections.abc import Callable

from . import cisco, fanvil, grandstream, poly, snom, yealink
from .parts import Plan

PLANS: dict[str, Callable[[str], Plan]] = {
    "cisco": cisco.read_plan,
    "fanvil": fanvil.read_plan,
    "grandstream": grandstream.read_plan,
    "poly": poly.read_plan,
    "snom": snom.read_plan,
    "yealink": yealink.read_plan,
}

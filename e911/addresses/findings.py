"""Findings: what a check says about an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

REFUSE: Literal["refuse"] = "refuse"
HINT: Literal["hint"] = "hint"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with an address, or may be.

    `field` is the dialog's field that it concerns, or empty where it is the address as a whole. A
    "refuse" keeps the address from being stored, a "hint" can be overruled.
    """

    code: str
    field: str
    sentence: str
    severity: Literal["refuse", "hint"] = REFUSE

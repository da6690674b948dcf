"""Dial like a Yealink phone by its digit map (administrator's guide, "Digit Map")."""

from __future__ import annotations

from ..readers.parts import require
from ..readers.yealink import read_settings
from .digit_map import DigitMap


def read_plan(text: str) -> DigitMap:
    """Return the digit map of a MAC.cfg."""
    settings = read_settings(text)
    name = "dialplan.digitmap."
    require(settings[name + "enable"] == "1", "the digit map is off")
    require(len(settings[name + "string"]) <= 2048, "the digit map is too long")
    require(settings[name + "active.on_hook_dialing"] == "0", "it dials on hook by the map")
    require(settings["phone_setting.predial_autodial"] == "0", "it dials on hook by itself")
    return DigitMap(
        settings[name + "string"],
        short=float(settings[name + "interdigit_short_timer"]),
        long=float(settings[name + "interdigit_long_timer"]),
        dials_anyway=settings[name + "no_match_action"] == "2",
    )

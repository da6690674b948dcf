"""Say on a phone's own screen, in its language, what people at the phone must know (R32, R40).

These words go into phones' files, so they follow the phone's language instead of the reader's.
"""

from __future__ import annotations

from phones.provisioning.make import Desk

UNASSIGNED = {"en": "Unassigned", "es": "Sin asignar", "fr": "Non attribué"}
NO_EMERGENCY = {
    "en": "911 does not leave this system",
    "es": "El 911 no sale de este sistema",
    "fr": "Le 911 ne sort pas de ce système",
}


def label_line(desk: Desk) -> str:
    """Return what the phone shows next to line 1: "101 · +14155550100", or that no one has it."""
    if desk.line is None:
        return ""
    return (
        UNASSIGNED[desk.language]
        if desk.line.kind == "standby"
        else desk.line.label or desk.line.name
    )


def warn_of_emergency(desk: Desk) -> str:
    """Return the warning that 911 reaches no one outside, or "" if it does."""
    return "" if desk.reaches_emergency else NO_EMERGENCY[desk.language]


def label_with_warning(desk: Desk) -> str:
    """Return both on one line, for screens with one place for them; "" if line 1 is off."""
    if desk.line is None:
        return ""
    return " · ".join(filter(None, (label_line(desk), warn_of_emergency(desk))))

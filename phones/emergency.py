"""Say where emergency calls go, in one place for all pages (R15, R40)."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from phones import registrar_client as registrar


def leaves_system() -> bool:
    """Tell whether calls to 911 and outside numbers are meant to leave this system.

    That takes a carrier. It's what phones are told, so it doesn't change while the registrar is
    down for a moment.
    """
    return settings.CARRIER is not None


def gets_out_now() -> bool:
    """Tell whether such a call could leave this system now, as of at most a few seconds ago."""
    return leaves_system() and registrar.is_reachable()


def describe_emergency_calls() -> str:
    """Return where a call to 911 from a phone of this system goes, in the reader's language."""
    if leaves_system():
        return _(
            "911 goes to the carrier that is connected to this system. Delivering the call is the"
            " carrier’s job."
        )
    return _(
        "911 does not leave this system. No carrier is connected, so these phones reach only each"
        " other. In an emergency, use another phone, such as a cell phone."
    )


def describe_emergency_calls_now() -> str:
    """Return the same, or that no call gets out now because the registrar doesn't answer."""
    if leaves_system() and not registrar.is_reachable():
        return _(
            "911 does not leave this system now: its SIP registrar doesn’t answer, and without it"
            " phones can’t call. In an emergency, use another phone, such as a cell phone."
        )
    return describe_emergency_calls()

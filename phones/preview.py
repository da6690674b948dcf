"""Show what a phone will be sent, before and after a change, without its secrets (R52).

A preview is rendered exactly as a fetch is, from the same facts, with masks in place of the
secrets; so no secret ever enters one. Masked are the SIP password, the passwords of the phone's
own pages, and the token in the address that it fetches from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from difflib import SequenceMatcher
from itertools import zip_longest

from phones import fetching, line
from phones.assignment_plan import Change, Plan
from phones.provisioning.make import Desk
from phones.provisioning.makes import MAKES

MASK = "********"
# Stands for what is only made when the change is confirmed: username and password.
NEW = "(new)"


@dataclass(frozen=True)
class Difference:
    """The lines of a phone's configuration that a change of assignment changes."""

    change: Change
    lines: tuple[tuple[str, str], ...]  # before and after; "" if there is none


@dataclass(frozen=True, slots=True)
class _MaskedDesk(Desk):
    """What a phone gets, where everything derived from a secret is masked, too."""

    @property
    def user_password(self) -> str:
        return MASK


def preview_file(facts: line.Facts, *, has_usernames: bool) -> str:
    """Return the file that carries line 1 as the phone would get it now, its secrets masked.

    `has_usernames` is for those who may see SIP credentials; others don't see the username either.
    """
    username = facts.username if has_usernames or not facts.username else MASK
    return _render(replace(facts, username=username), sip_password=MASK)


def preview_changes(plan: Plan, *, has_usernames: bool) -> list[Difference]:
    """Return what a plan would change in the configuration of each phone, in one query."""
    facts = line.load_facts([change.phone_id for change in plan.changes])
    return [
        Difference(
            change,
            tuple(
                _compare(
                    preview_file(facts[change.phone_id], has_usernames=has_usernames),
                    preview_after(facts[change.phone_id], change),
                )
            ),
        )
        for change in plan.changes
    ]


def preview_after(facts: line.Facts, change: Change) -> str:
    """Return the file that a phone would get once this change is confirmed.

    Username and SIP password, which no one knows yet, are marked as new.
    """
    if person := change.after:
        then = replace(
            facts, kind="person", ext=person.ext, name=person.name, caller_id=person.caller_id
        )
    else:
        then = replace(facts, kind="standby", ext=None, name="", caller_id=None)
    return _render(replace(then, username=NEW), sip_password=NEW)


def _render(facts: line.Facts, *, sip_password: str) -> str:
    desk = line.describe_desk(
        facts,
        address=fetching.build_url(MASK),
        sip_password=sip_password,
        admin_password=MASK,
    )
    masked = _MaskedDesk(**{field.name: getattr(desk, field.name) for field in fields(Desk)})
    return MAKES[facts.make].render_configuration(masked)


def _compare(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield the lines that differ, each beside what takes its place."""
    was, then = ([each.strip() for each in text.splitlines()] for text in (before, after))
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, was, then, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from zip_longest(was[i1:i2], then[j1:j2], fillvalue="")

"""Describe what moves of phones would do: the facts that a confirmation shows (R14 to R17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from phones import emergency, mac
from phones.names import join_names, name_in_heading, name_phone
from users.acting import make_seen


class Case(StrEnum):
    """The five confirmations of R14, by the present situation and the person's choice."""

    UNASSIGN = "a"  # the phone has a person, and will have no one
    GIVE_FREE = "b"  # the phone is free, the person has no phone
    PASS_ON = "c"  # the phone is someone else's, the person has no phone
    SWITCH_TO_FREE = "d"  # the phone is free, the person has another phone
    SWITCH_TO_USED = "e"  # the phone is someone else's, the person has another phone


# What a restart's confirmation shows of a phone: key, device, label, whose it is, their extension.
Restarted = tuple[int, str, str, str, str]


@dataclass(frozen=True)
class Move:
    """A wish to give this phone to this person, or to unassign it (None)."""

    phone_id: int
    user_id: int | None


@dataclass(frozen=True)
class Person:
    """A person in a plan. `sip_username` tells one version of their credentials from another."""

    id: int
    name: str
    ext: str
    sip_username: str
    caller_id: str = ""  # E.164


@dataclass(frozen=True)
class Change:
    """What happens to one phone: who has it before and after, and how people recognize it."""

    phone_id: int
    label: str
    model: str
    mac: str
    address: str
    before: Person | None
    after: Person | None

    @property
    def title(self) -> str:
        """What people call the phone before the change (R45)."""
        return self._name(self.before)

    @property
    def title_after(self) -> str:
        """What people call the phone once the change is made."""
        return self._name(self.after)

    @property
    def heading(self) -> str:
        """The title above a table that has extension, model and MAC address of the phone."""
        return name_in_heading(self.label, self.before.name if self.before else "")

    def _name(self, person: Person | None) -> str:
        return name_phone(
            self.label, self.device, person.name if person else "", person.ext if person else ""
        )

    @property
    def device(self) -> str:
        """Model and MAC address, which tell it apart from all others."""
        return f"{self.model} {self.mac_shown}"

    @property
    def as_restarted(self) -> Restarted:
        """What a restart's confirmation shows of the phone once the change is made."""
        name, ext = (self.after.name, self.after.ext) if self.after else ("", "")
        return self.phone_id, self.device, self.label, name, ext

    @property
    def mac_shown(self) -> str:
        return mac.format(self.mac)


@dataclass(frozen=True)
class Plan:
    """What a list of moves would do; without changes, they are already the case."""

    moves: tuple[Move, ...]
    changes: tuple[Change, ...]
    is_repeat: bool = False  # the same form has carried it out before

    @property
    def people(self) -> tuple[Person, ...]:
        """Return everyone whose phone, and so whose SIP credentials, change, ordered by key."""
        found = {
            person.id: person
            for change in self.changes
            for person in (change.before, change.after)
            if person
        }
        return tuple(found[key] for key in sorted(found))

    @property
    def left_without(self) -> tuple[Person, ...]:
        """Those who have a phone now and will have none."""
        served = {change.after.id for change in self.changes if change.after}
        return tuple(person for person in self.people if person.id not in served)

    @property
    def silenced(self) -> tuple[Change, ...]:
        """The phones that lose line 1, 911 included."""
        return tuple(change for change in self.changes if change.after is None)

    @property
    def connected(self) -> tuple[Change, ...]:
        """The phones that get another person on line 1."""
        return tuple(change for change in self.changes if change.after is not None)

    @property
    def main(self) -> Change:
        """The change of the phone that was moved, in a plan of one move that changes something."""
        return next(change for change in self.changes if change.phone_id == self.moves[0].phone_id)

    @property
    def silenced_by_name(self) -> list[tuple[str, Change]]:
        """The phones that lose line 1, each with what the confirmation calls it."""
        return [(self._name(change), change) for change in self.silenced]

    @property
    def connected_by_name(self) -> list[tuple[str, Change]]:
        """The phones that get another person, each with what the confirmation calls it."""
        return [(self._name(change), change) for change in self.connected]

    def _name(self, change: Change) -> str:
        """Return the short name, if only one phone in this plan can have it."""
        return change.heading if self.case else change.title

    @property
    def names(self) -> str:
        """The people whose credentials change, as a sentence names them."""
        return join_names([person.name for person in self.people])

    @property
    def back(self) -> str:
        """The moves that undo this plan, as phones.forms.MovesForm takes them."""
        return ",".join(
            f"{change.phone_id}-{change.before.id if change.before else ''}"
            for change in self.changes
        )

    @property
    def titles(self) -> str:
        """The phones that must be restarted, as the confirmation calls them."""
        return join_names([self._name(change) for change in self.changes])

    @property
    def unable_until_restarted(self) -> str:
        """The phones with a person that can't call until they restart, as named once it's done."""
        return join_names([change.title_after for change in self.connected])

    @property
    def case(self) -> Case | None:
        """Return which of the five confirmations this is.

        None for plans of several moves and those that change nothing.
        """
        if len(self.moves) != 1 or not self.changes:
            return None
        if self.main.after is None:
            return Case.UNASSIGN
        switched = len(self.changes) > 1
        if self.main.before is None:
            return Case.SWITCH_TO_FREE if switched else Case.GIVE_FREE
        return Case.SWITCH_TO_USED if switched else Case.PASS_ON

    @property
    def seen(self) -> str:
        """Return a short value made of everything a confirmation shows, credentials included.

        Credentials never return to an earlier username, so neither does this value, even when the
        situation does (R17).
        """
        facts = [
            [c.phone_id, c.label, c.model, c.mac, c.address]
            + [
                [p.id, p.name, p.ext, p.caller_id, p.sip_username] if p else None
                for p in (c.before, c.after)
            ]
            for c in self.changes
        ]
        return make_seen([emergency.gets_out_now(), *facts])


def restart_facts(phones: Sequence[Restarted], *, missed: Sequence[int]) -> dict[str, Any]:
    """Return the facts of a restart; `missed` are the phones that can't be asked.

    The message about an assignment knows them too, so its button needs no further question.
    """
    return {"phones_asked": sorted(map(list, phones)), "phones_missed": sorted(missed)}

"""What happened to one row in one transaction, and the names that its sentences need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from e911.models import EmergencyAddress
from phones import mac
from phones.models import Phone
from users.models import Country, PhoneLanguage, Plan, SipAccount
from users.tenancy.actors import Actor
from users.tenancy.history import DELETED
from users.time_zones import ZONES


@dataclass(frozen=True)
class Names:
    """The names of people and phones by key, whether or not they still exist."""

    people: Mapping[int, str]
    phones: Mapping[int, str]

    def person(self, key: int | None) -> str:
        return self.people.get(key, _("someone")) if key else ""

    def phone(self, key: int) -> str:
        return self.phones.get(key, _("a phone"))


@dataclass(frozen=True)
class Net:
    """A row as a transaction left it (or another record), and as it was before.

    `was` is None if the row didn't exist before.
    """

    version: Any
    was: Any
    done: frozenset[str] = frozenset()  # the labels of the versions on the way

    @property
    def of(self) -> type[Model]:
        """The row's model."""
        return getattr(self.version, "pgh_tracked_model", type(self.version))

    @property
    def deleted(self) -> bool:
        return getattr(self.version, "pgh_label", "") == DELETED

    @property
    def fleeting(self) -> bool:
        """Whether the row was created and deleted in the same transaction."""
        return self.deleted and self.was is None

    @property
    def differs(self) -> bool:
        """Whether any recorded column differs."""
        kept = [
            f.attname for f in self.version._meta.concrete_fields if not f.name.startswith("pgh_")
        ]
        return self.was is None or any(
            getattr(self.was, name) != getattr(self.version, name) for name in kept
        )

    @property
    def people(self) -> set[int]:
        """The keys of the people whom its sentence may name, and of whoever did it."""
        versions = [version for version in (self.version, self.was) if version]
        names = {Phone: "assigned_to_id", SipAccount: "user_id"}
        named = {getattr(one, names[self.of]) for one in versions} if self.of in names else set()
        named.add(read_actor(self.version).id)
        return {key for key in named if key is not None}

    @property
    def phones(self) -> set[int]:
        """The keys of the phones that its sentence may name."""
        return {self.version.phone_id} if self.of is EmergencyAddress else set()

    @property
    def changed_hands(self) -> bool:
        """Whether a phone was assigned, unassigned or reassigned."""
        lived = self.of is Phone and self.was is not None and not self.deleted
        return lived and self.was.assigned_to_id != self.version.assigned_to_id

    def changes(self, **labels: Any) -> Iterator[str]:
        """Yield "label: before → now" for each of these fields that changed."""
        for name, label in labels.items():
            before, now = getattr(self.was, name), getattr(self.version, name)
            if before != now:
                yield f"{label}: {_shown(name, before)} → {_shown(name, now)}"


def read_actor(record: Any) -> Actor:
    """Return who did it, as the record says."""
    return Actor.read(getattr(record, "pgh_context", None))


def _shown(name: str, value: Any) -> str:
    if name == "plan":
        return str(Plan(value).label)
    if name == "mac":
        return mac.format(value)
    if name == "time_zone" and value:
        return str(ZONES.get(value, value))
    if name == "country":
        return str(Country(value).label)
    if name == "phone_language":
        return str(PhoneLanguage(value).label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value else _("none")

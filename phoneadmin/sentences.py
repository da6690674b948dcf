"""The history in words: one plain sentence for each thing that became different."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from e911.models import EmergencyAddress, Status
from phones import mac
from phones.models import Kind, Phone, Restart
from phones.registrar import Answer
from users.history import DELETED
from users.models import Account, CredentialsRecord, Plan, SipCredentials, User

Names = Mapping[int, str]


@dataclass(frozen=True)
class Net:
    """A row as a transaction left it (or another record), and as it was before, None where it was not there."""

    version: Any
    was: Any

    @property
    def of(self) -> type:
        """The model whose row it is."""
        return getattr(self.version, "pgh_tracked_model", type(self.version))

    @property
    def deleted(self) -> bool:
        return getattr(self.version, "pgh_label", "") == DELETED

    @property
    def people(self) -> set[int]:
        """The keys of the people that its sentence may name."""
        versions = [version for version in (self.version, self.was) if version]
        names = {Phone: "assigned_to_id", SipCredentials: "user_id"}
        return {getattr(one, names[self.of]) for one in versions} - {None} if self.of in names else set()

    @property
    def changed_hands(self) -> bool:
        """Whether a phone became somebody else's, or nobody's."""
        lived = self.of is Phone and self.was is not None and not self.deleted
        return lived and self.was.assigned_to_id != self.version.assigned_to_id

    def changes(self, **labels: Any) -> Iterator[str]:
        """Yield "label: before → now" for each of these fields that became different."""
        for name, label in labels.items():
            before, now = getattr(self.was, name), getattr(self.version, name)
            if before != now:
                yield f"{label}: {_shown(name, before)} → {_shown(name, now)}"


def who(record: Any) -> str:
    """Return who did it, as far as the record says."""
    if isinstance(record, Restart):
        return str(record.by) if record.by else _("the phone company’s system")
    if isinstance(record, CredentialsRecord):
        return record.by_name
    context = record.pgh_context or {}
    command = context.get("command")
    if command == "procrastinate":
        return _("the E911 provider")
    if command:
        return _("the phone company (%(command)s)") % {"command": command}
    return context.get("name") or _("the phone company, in the database")


def undoing(nets: list[Net], still: Mapping[int, int | None]) -> str:
    """Return the moves that restore who had which phone, "" where nobody's changed or something has changed since."""
    moved = [net for net in nets if net.changed_hands and net.version.kind == Kind.USER]
    if not moved or any(
        still.get(net.version.pgh_obj_id, -1) != net.version.assigned_to_id or net.version.retired_at for net in moved
    ):
        return ""
    return ",".join(f"{net.version.pgh_obj_id}-{net.was.assigned_to_id or ''}" for net in moved)


def sentences(nets: list[Net], names: Names) -> Iterator[str]:
    """Yield what these say, in plain sentences."""
    hands = any(net.changed_hands for net in nets)
    for net in nets:
        yield from SAYING[net.of](net, names)
    renewed = [net for net in nets if net.of is SipCredentials and net.was and not net.deleted]
    if renewed:
        people = ", ".join(sorted(_name(net.version.user_id, names) for net in renewed))
        said = _("SIP credentials changed: %(people)s.") if hands else _("New SIP credentials: %(people)s.")
        yield said % {"people": people}


def _phone(net: Net, names: Names) -> Iterator[str]:
    now, was = net.version, net.was
    what = {"phone": f"{now.label or now.model_name} ({mac.shown(now.mac)})"}
    person = _name(now.assigned_to_id, names)
    if net.deleted:
        yield _("Deleted %(phone)s.") % what
    elif was is None:
        if now.assigned_to_id:
            yield _("Added %(phone)s for %(person)s.") % (what | {"person": person})
        else:
            yield _("Added %(phone)s.") % what
    else:
        people = what | {"person": person, "before": _name(was.assigned_to_id, names)}
        if now.retired_at and not was.retired_at:
            yield _("Removed %(phone)s.") % what
        if net.changed_hands:
            if now.assigned_to_id is None:
                yield _("Took %(phone)s from %(before)s.") % people
            elif was.assigned_to_id is None:
                yield _("Gave %(phone)s to %(person)s.") % people
            else:
                yield _("Took %(phone)s from %(before)s and gave it to %(person)s.") % people
        changes = "; ".join(
            net.changes(label=_("label"), model_name=_("model"), mac=_("MAC address"), kind=_("kind of phone"))
        )
        if changes:
            yield _("Changed %(phone)s: %(changes)s.") % (what | {"changes": changes})


def _address(net: Net, names: Names) -> Iterator[str]:
    now = net.version
    what = {"address": now.standardised}
    if net.was is None:
        if now.status == Status.ACCEPTED:
            yield _("Set the E911 address %(address)s.") % what
        else:
            yield _("Entered the E911 address %(address)s.") % what
    elif now.status != net.was.status:
        said = {
            Status.ACCEPTED: _("The E911 address %(address)s was accepted."),
            Status.REFUSED: _("The E911 address %(address)s was refused."),
            Status.WITHDRAWN: _("The E911 address %(address)s is no longer in force."),
        }
        if now.status in said:
            yield said[now.status] % what


def _person(net: Net, names: Names) -> Iterator[str]:
    now, was = net.version, net.was
    what = {"person": f"{now.first_name} {now.last_name}".strip() or now.email or f"#{now.pgh_obj_id}"}
    if net.deleted:
        yield _("Deleted %(person)s.") % what
    elif was is None:
        yield _("Added %(person)s.") % what
    else:
        changes = "; ".join(net.changes(**FIELDS))
        if changes:
            yield _("Changed %(person)s: %(changes)s.") % (what | {"changes": changes})


def _account(net: Net, names: Names) -> Iterator[str]:
    if net.was is None:
        yield _("Made the account %(name)s.") % {"name": net.version.name}
        return
    changes = "; ".join(net.changes(**{name: label for name, label in OF_ACCOUNT.items() if hasattr(net.was, name)}))
    if changes:
        yield _("Changed the account: %(changes)s.") % {"changes": changes}


def _restart(net: Net, names: Names) -> Iterator[str]:
    record = net.version
    said = {
        Answer.ASKED: _("Asked %(phone)s to restart."),
        Answer.SILENT: _("Asked %(phone)s to restart; it did not answer."),
        Answer.CANNOT: _("Asked %(phone)s to restart; it cannot be restarted this way."),
    }.get(record.answer, _("Tried to restart %(phone)s; it could not be asked."))
    yield said % {"phone": record.phone}


def _look(net: Net, names: Names) -> Iterator[str]:
    yield _("Looked at the SIP password of %(person)s.") % {"person": net.version.user_name}


def _name(key: int | None, names: Names) -> str:
    return names.get(key, _("somebody")) if key else ""


def _shown(name: str, value: Any) -> str:
    if name == "plan":
        return str(Plan(value).label)
    if name == "mac":
        return mac.shown(value)
    if name == "kind":
        return str(Kind(value).label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value else _("none")


FIELDS = {
    "first_name": gettext_lazy("first name"),
    "last_name": gettext_lazy("last name"),
    "email": gettext_lazy("email"),
    "ext": gettext_lazy("extension"),
    "plan": gettext_lazy("plan"),
    "caller_id": gettext_lazy("outbound caller ID"),
    "is_administrator": gettext_lazy("administrator"),
    "is_active": gettext_lazy("active"),
}
OF_ACCOUNT = {"name": gettext_lazy("name"), "second_factor_required": gettext_lazy("second factor required")}
SAYING = {
    Phone: _phone,
    EmergencyAddress: _address,
    User: _person,
    SipCredentials: lambda net, names: iter(()),
    Account: _account,
    Restart: _restart,
    CredentialsRecord: _look,
}

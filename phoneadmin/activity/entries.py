"""Build pages of an account's Activity from the history that the database keeps (R37).

All that one transaction wrote becomes one entry. Each kind of record is read separately, newest
first, and merged here, so a page costs the same for any size of account and history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from e911.models import EmergencyAddress
from phoneadmin.activity.nets import Names, Net
from phoneadmin.activity.sentences import (
    is_by_support,
    list_undo_moves,
    name_actor,
    name_phone,
    read_reason,
    write_sentences,
)
from phoneadmin.activity.sifting import WINDOW, find_previous, select_actor, select_kind
from phones.models import Kind, Phone, Restart
from users.models import Account, CallerNumber, CredentialsRecord, SipAccount, User
from users.tenancy.history import BEFORE

PAGE = 30  # entries
MOST = 300  # records of one kind that a page reads; an import writes more
DOWNLOADED = 1000  # entries at once
MATCHES = 50  # phones and people that a search may match
PHONE, ADDRESS, PERSON, CREDENTIALS, ACCOUNT, NUMBER = (
    model.pgh_event_model  # type: ignore[union-attr]  # added by `tracked`
    for model in (Phone, EmergencyAddress, User, SipAccount, Account, CallerNumber)
)
# The order of the sentences of an entry.
ORDER = [ACCOUNT, PERSON, PHONE, ADDRESS, CREDENTIALS, NUMBER, Restart, CredentialsRecord]


@dataclass(frozen=True)
class Wanted:
    """The filters on an account's history; with none set, all of it."""

    q: str = ""
    phone: int | None = None
    person: int | None = None
    since: date | None = None
    until: date | None = None
    kind: str = ""  # one of sifting.KINDS
    who: str = ""  # as sifting.select_actor takes it
    before: datetime | None = None  # the page begins before this time


@dataclass(frozen=True)
class Entry:
    """What someone did in one transaction."""

    at: datetime
    who: str
    support: bool
    reason: str
    sentences: list[str]
    cut_short: bool  # the sentences leave something out
    undo: str  # the moves that restore who had which phone, as phones.forms.MovesForm takes them


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and where the next page begins (None at the end)."""

    entries: list[Entry]
    next: datetime | None
    too_many: bool  # phones or people fit the search; the entries are about some of them


Key = tuple[datetime, str]  # the same for everything that one transaction wrote
Groups = dict[Key, list[Any]]


@dataclass
class _Piece:
    """One record of one kind."""

    at: datetime
    record: Any

    @property
    def key(self) -> Key:
        return self.at, repr(getattr(self.record, "pgh_context", None))


class History:
    """The history of one account, filtered."""

    def __init__(self, account_id: int, wanted: Wanted, *, size: int, most: int) -> None:
        self.account_id = account_id
        self.wanted = wanted
        self.size, self.most = size, most
        self.about_all = not (wanted.q.strip() or wanted.phone or wanted.person)
        self.sifted = bool(wanted.kind or wanted.who)

    def build_page(self) -> Page:
        """Return a page of entries in a constant number of queries."""
        pieces, cut, end = self._newest()
        times = sorted({piece.at for piece in pieces}, reverse=True)
        last = times[: self.size][-1] if times else None
        groups = _groups(piece for piece in pieces if last and piece.at >= last)
        nets = self._nets(groups)
        names = self._names(nets.values())
        undo = self._undoing(nets, cut)
        entries = [
            Entry(
                at=_time(group[0]),
                who=name_actor(group[0], names),
                support=is_by_support(group[0]),
                reason=read_reason(group[0]),
                sentences=(said := list(write_sentences(nets[key], names)))[:MOST_SENTENCES],
                cut_short=len(said) > MOST_SENTENCES or _time(group[0]) == cut,
                undo=undo.get(key, ""),
            )
            for key, group in groups.items()
        ]
        return Page(
            entries=[entry for entry in entries if entry.sentences],
            next=last if len(times) > self.size else end,
            too_many=bool(self.wanted.q) and max(map(len, self._meant)) > MATCHES,
        )

    def _newest(self) -> tuple[list[_Piece], datetime | None, datetime | None]:
        """Return each kind's newest records, the time whose entry may lack some, and their end.

        Older records than the end may be missing.
        """
        found, cuts, ends = [], [], []
        for model, queryset, at in self._tables():
            of_kind = select_kind(model, self.wanted.kind)
            if of_kind is None:
                continue
            rows = self._within(queryset, at)
            if self.sifted:
                newest = rows.order_by(f"-{at}", "-pk").values_list(at, flat=True)
                for oldest in newest[WINDOW : WINDOW + 1]:
                    rows = rows.filter(**{f"{at}__gte": oldest})
                    ends.append(oldest)
                rows = rows.filter(of_kind, select_actor(model, self.wanted.who))
            records = list(rows.order_by(f"-{at}", "-pk")[: self.most])
            found += [_Piece(getattr(record, at), record) for record in records]
            if len(records) == self.most:
                cuts.append(found[-1].at)
        cut = max(cuts, default=None)
        end = max((*cuts, *ends), default=None)
        return [piece for piece in found if not end or piece.at >= end], cut, end

    def _tables(self) -> Iterator[tuple[type[Any], QuerySet[Any], str]]:
        """Yield each model, its records about what is wanted, and the name of their time."""
        phones, people = self._meant
        with_people = CREDENTIALS.objects.filter(account_id=self.account_id, user_id__in=people)
        for model, kind, about in (
            # A user who gets or loses a phone gets new credentials in the same transaction, and an
            # index finds those.
            (
                Phone,
                PHONE,
                Q(pgh_obj_id__in=phones)
                | Q(pgh_created_at__in=with_people.values("pgh_created_at"))
                & (Q(assigned_to_id__in=people) | Q(had_by__in=people)),
            ),
            (EmergencyAddress, ADDRESS, Q(phone_id__in=phones)),
            (User, PERSON, Q(pgh_obj_id__in=people)),
            (SipAccount, CREDENTIALS, Q(user_id__in=people)),
        ):
            records = kind.objects.filter(account_id=self.account_id).exclude(pgh_label=BEFORE)
            if not self.about_all:
                records = records.alias(had_by=find_previous(PHONE, "assigned_to_id")).filter(about)
            yield model, records.annotate(previous=find_previous(kind)), "pgh_created_at"
        if self.about_all:
            accounts = ACCOUNT.objects.filter(pgh_obj_id=self.account_id).exclude(pgh_label=BEFORE)
            yield Account, accounts.annotate(previous=find_previous(ACCOUNT)), "pgh_created_at"
            numbers = NUMBER.objects.filter(account_id=self.account_id).exclude(pgh_label=BEFORE)
            yield CallerNumber, numbers.annotate(previous=find_previous(NUMBER)), "pgh_created_at"
        restarts = Restart.objects.filter(account_id=self.account_id).select_related("by", "phone")
        # Changes of people's credentials show as versions of SIP accounts; other looks, not at all.
        told = Q(what__in=["password", "lock", "relocked"]) | Q(what="changed", phone__isnull=False)
        looks = CredentialsRecord.objects.filter(told, account_id=self.account_id)
        looks = looks.select_related("by")
        yield Restart, restarts if self.about_all else restarts.filter(phone_id__in=phones), "at"
        about = Q(user_id__in=people) | Q(phone_id__in=phones)
        yield CredentialsRecord, looks if self.about_all else looks.filter(about), "at"

    def _within(self, queryset: QuerySet[Any], at: str) -> QuerySet[Any]:
        """Keep what falls within the wanted days and is older than the previous page."""
        since, until, before = self.wanted.since, self.wanted.until, self.wanted.before
        limits = {
            f"{at}__gte": since and _midnight(since),
            f"{at}__lt": min(
                filter(None, (before, until and _midnight(until + timedelta(days=1)))), default=None
            ),
        }  # fmt: skip
        return queryset.filter(**{limit: value for limit, value in limits.items() if value})

    @cached_property
    def _meant(self) -> tuple[set[int], set[int]]:
        """Return the keys of the wanted phones and people, including deleted ones."""
        phones = set() if self.wanted.phone is None else {self.wanted.phone}
        people = set() if self.wanted.person is None else {self.wanted.person}
        if q := self.wanted.q.strip():
            digits = "".join(c for c in q.lower() if c in "0123456789abcdef")
            like = Q(label__icontains=q) | Q(model_name__icontains=q)
            if len(digits) >= 4 and not set(q.lower()) - set("0123456789abcdef:-. "):
                like |= Q(mac__contains=digits)
            first, _space, last = q.partition(" ")
            named = (
                Q(email__icontains=q)
                | Q(ext=q)
                | Q(first_name__icontains=q)
                | Q(last_name__icontains=q)
            )
            if last:
                named |= Q(first_name__icontains=first, last_name__icontains=last)
            phones |= _keys(PHONE.objects.filter(like, account_id=self.account_id))
            people |= _keys(PERSON.objects.filter(named, account_id=self.account_id))
        return phones, people

    def _before(self, records: Iterable[Any]) -> dict[tuple[type, int], Any]:
        """Return the version before each of these, by kind and number."""
        wanted: dict[type[Any], list[int]] = {}
        for record in records:
            if getattr(record, "previous", None):
                wanted.setdefault(type(record), []).append(record.previous)
        return {
            (kind, number): version
            for kind, numbers in wanted.items()
            for number, version in kind.objects.in_bulk(numbers).items()
        }

    def _nets(self, groups: Groups) -> dict[Key, list[Net]]:
        """Return each entry's net changes: every row's final version and the one before."""
        was = self._before([record for group in groups.values() for record in group])
        return {key: _nets(group, was) for key, group in groups.items()}

    def _names(self, nets: Iterable[list[Net]]) -> Names:
        """Return the names of the people and phones in these entries, deleted ones included."""
        people = {key for group in nets for net in group for key in net.people}
        phones = {key for group in nets for net in group for key in net.phones}
        return Names(
            people={
                one.pgh_obj_id: f"{one.first_name} {one.last_name}".strip() or one.email
                for one in self._latest(PERSON, people)
            },
            phones={one.pgh_obj_id: name_phone(one) for one in self._latest(PHONE, phones)},
        )

    def _latest(self, kind: Any, keys: set[int]) -> QuerySet[Any]:
        versions = kind.objects.filter(account_id=self.account_id, pgh_obj_id__in=keys)
        return versions.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")

    def _undoing(self, nets: dict[Key, list[Net]], cut: datetime | None) -> dict[Key, str]:
        """Return the moves that undo each entry as a whole, whatever the filter showed."""
        keys = {key for key, group in nets.items() if any(net.changed_hands for net in group)}
        if self.sifted or not self.about_all:
            versions = PHONE.objects.filter(
                account_id=self.account_id, pgh_created_at__in={at for at, _who in keys}
            )
            moved = list(
                versions.annotate(previous=find_previous(PHONE)).order_by("-pgh_created_at", "-pk")[
                    :MOST
                ]
            )
            cut = moved[-1].pgh_created_at if len(moved) == MOST else None
            nets = self._nets(_groups(_Piece(version.pgh_created_at, version) for version in moved))
        whole = {key: group for key, group in nets.items() if key in keys and key[0] != cut}
        hands = [net for group in whole.values() for net in group if net.changed_hands]
        phones, people = (
            {net.version.pgh_obj_id for net in hands},
            {net.was.assigned_to_id for net in hands},
        )
        present = Phone.objects.filter(
            Q(pk__in=phones) | Q(assigned_to__in=people - {None}),
            account_id=self.account_id,
            kind=Kind.USER,
            retired_at=None,
        )
        still = dict(present.values_list("pk", "assigned_to_id"))
        return {key: list_undo_moves(group, still) for key, group in whole.items()}


MOST_SENTENCES = 20


def fetch_history(account_id: int, wanted: Wanted) -> Page:
    """Return a page of an account's history."""
    return History(account_id, wanted, size=PAGE, most=MOST).build_page()


def fetch_download(account_id: int, wanted: Wanted) -> Page:
    """Return up to DOWNLOADED entries of an account's history, from where the page begins."""
    return History(account_id, wanted, size=DOWNLOADED, most=2 * DOWNLOADED).build_page()


def _groups(pieces: Iterable[_Piece]) -> Groups:
    """Group the records by transaction, newest first."""
    ordered = sorted(pieces, key=lambda piece: piece.key, reverse=True)
    return {
        key: [piece.record for piece in group]
        for key, group in groupby(ordered, key=lambda piece: piece.key)
    }


def _nets(records: list[Any], was: dict[tuple[type, int], Any]) -> list[Net]:
    """Return each row's final version and the one before, kind by kind, in order of appearance."""
    found: dict[tuple[type, int], Net] = {}
    for record in sorted(records, key=lambda record: (ORDER.index(type(record)), record.pk)):
        key = type(record), getattr(record, "pgh_obj_id", record.pk)
        label = getattr(record, "pgh_label", "")
        if key in found:
            found[key] = Net(record, found[key].was, found[key].done | {label})
        else:
            found[key] = Net(
                record,
                was.get((type(record), getattr(record, "previous", 0))),
                frozenset([label]),
            )
    return list(found.values())


def _keys(versions: QuerySet[Any]) -> set[int]:
    """Return the keys of these versions' rows, at most MATCHES + 1."""
    return set(versions.order_by().values_list("pgh_obj_id", flat=True).distinct()[: MATCHES + 1])


def _time(record: Any) -> datetime:
    return getattr(record, "pgh_created_at", None) or record.at


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())

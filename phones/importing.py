"""Import a company from the spreadsheets that its administrators keep: people, then phones.

An import never changes existing people or phones. A row either adds one, agrees with an existing
one, or is refused with every reason at once. An import is all or nothing, unless told to skip the
refused rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import F, Func, Q, TextField, Value
from django.utils.translation import gettext as _
from psycopg import errors

from phones.cell_text import UNIFIED_FROM, UNIFIED_TO
from phones.import_addresses import store_addresses
from phones.import_judging import judge_people, judge_phones
from phones.import_rows import (
    PHONE_FIELDS,
    USER_FIELDS,
    Draft,
    PersonRow,
    PhoneRow,
    RowOutcome,
    Verdict,
    collect_values,
    draft_rows,
)
from phones.lifecycle import open_accounts
from phones.models import Phone
from phones.spreadsheet import SHOWN_COLUMNS, BadSpreadsheet, Sheet, read_sheet
from users import sip
from users.models import Account, User
from users.numbers import add_unconfirmed
from users.tenancy import scope, text
from users.tenancy.text import unify_text

OPTIONAL = (
    "Caller ID", "Role", "Label", "Kind", "Assigned extension", "Own extension", "Caller number",
    "Vendor", "E911 address",
)  # fmt: skip

# Only a concurrent writer can cause these, because everything else was checked before.
RACES = (
    errors.UniqueViolation,
    errors.ForeignKeyViolation,
    errors.LockNotAvailable,
    errors.DeadlockDetected,
)


class ImportFailed(Exception):
    """An import failed and left nothing behind; the text tells the reader why."""


class Source(NamedTuple):
    """A file to import: the name to report it by, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Report:
    """What an import did to an account, or would do without the refused rows if not `written`."""

    account: str
    users: tuple[Verdict, ...]
    phones: tuple[Verdict, ...]
    notes: tuple[str, ...]
    written: bool

    @property
    def refused(self) -> tuple[Verdict, ...]:
        """The verdicts on rows that were refused, people first."""
        return tuple(
            verdict
            for verdict in (*self.users, *self.phones)
            if verdict.outcome == RowOutcome.REFUSED
        )


def import_company(
    *, name: str, users: Source | None = None, phones: Source | None = None, skip_bad: bool = False
) -> Report:
    """Add people and phones to the account of this name, creating it when missing.

    Unless `skip_bad`, one refused row keeps everything from being written. Raises BadSpreadsheet
    for a file that can't be read as a whole, and ImportFailed for an invalid name or if someone
    else changed the same data meanwhile. In these cases, too, nothing is written.
    """
    try:
        name = text.TextField(max_length=Account._meta.get_field("name").max_length).clean(
            unify_text(name)
        )
    except ValidationError as error:
        raise ImportFailed(
            _("The account’s name: %(reason)s") % {"reason": " ".join(error.messages)}
        ) from error
    people_sheet, phones_sheet = open_sheet(users, USER_FIELDS), open_sheet(phones, PHONE_FIELDS)
    try:
        with transaction.atomic():
            people_drafts = draft_rows(people_sheet, USER_FIELDS, PersonRow({}))
            phone_drafts = draft_rows(phones_sheet, PHONE_FIELDS, PhoneRow({}))
            account = judge_and_write(name, people_drafts, phone_drafts, skip_bad=skip_bad)
    except DatabaseError as error:
        if not isinstance(error.__cause__, RACES):
            raise
        raise ImportFailed(
            _(
                "Someone else was changing the same data. Nothing was written; start the import"
                " again."
            )
        ) from error
    return Report(
        account=account.name,
        users=list_verdicts(users, people_drafts, ("Email", "Extension", "Last name")),
        phones=list_verdicts(phones, phone_drafts, ("MAC",)),
        notes=(
            *list_notes(users, people_sheet),
            *list_notes(phones, phones_sheet),
            *list_hints(phones, phone_drafts),
        ),
        written=skip_bad or not any(draft.problems for draft in (*people_drafts, *phone_drafts)),
    )


def judge_and_write(
    name: str, people_drafts: list[Draft], phone_drafts: list[Draft], *, skip_bad: bool
) -> Account:
    """Judge all rows, write the good ones, and return the account.

    Rolls back if a row is refused and bad rows aren't skipped.
    """
    emails, macs = collect_values(people_drafts, "email"), collect_values(phone_drafts, "mac")
    exts = [
        *collect_values(people_drafts, "ext"),
        *collect_values(phone_drafts, "assigned_to"),
        *collect_values(phone_drafts, "ext"),
    ]
    with scope.entered(scope="support"):
        account = get_or_create_account(name)
        other_people = User.objects.filter(email__in=emails).exclude(account=account)
        other_phones = Phone.objects.filter(mac__in=macs, retired_at=None).exclude(account=account)
        emails_elsewhere = set(other_people.values_list("email", flat=True))
        macs_elsewhere = set(other_phones.values_list("mac", flat=True))
    with scope.entered(account_id=account.pk):
        known = User.objects.filter(Q(email__in=emails) | Q(ext__in=exts), account=account)
        there = list(known.select_related("phone"))
        places = {phone.ext: phone for phone in Phone.objects.filter(account=account, ext__in=exts)}
        new_people = judge_people(
            people_drafts, account=account, there=there, places=places, elsewhere=emails_elsewhere
        )
        by_ext = {person.ext: person for person in (*there, *new_people)}
        new_phones = judge_phones(
            phone_drafts, account=account, by_ext=by_ext, places=places, elsewhere=macs_elsewhere
        )
        if not skip_bad and any(draft.problems for draft in (*people_drafts, *phone_drafts)):
            transaction.set_rollback(True)
        else:
            write_new(account, new_people, new_phones)
            store_addresses(phone_drafts)
    return account


def list_verdicts(
    source: Source | None, drafts: Iterable[Draft], identity: Sequence[str]
) -> tuple[Verdict, ...]:
    """Return what became of each row of a file; `identity` lists columns that name a row."""
    return tuple(draft.make_verdict(source.name, identity) for draft in drafts) if source else ()


def open_sheet(source: Source | None, columns: Mapping[str, str]) -> Sheet:
    """Return the sheet of a file, or a sheet without rows if there is no file.

    Raises BadSpreadsheet, which names the file.
    """
    if source is None:
        return Sheet(rows=(), ignored=(), encoding="")
    try:
        return read_sheet(
            source.data,
            required=[column for column in columns if column not in OPTIONAL],
            optional=[column for column in columns if column in OPTIONAL],
            passed_over=SHOWN_COLUMNS,
        )
    except BadSpreadsheet as error:
        raise BadSpreadsheet(f"{source.name}: {error}") from error


def list_notes(source: Source | None, sheet: Sheet) -> Iterator[str]:
    """Yield what a person should know about how a file was read."""
    if source is None:
        return
    if sheet.ignored:
        yield _("%(file)s: not used: %(columns)s.") % {
            "file": source.name,
            "columns": ", ".join(sheet.ignored),
        }
    if sheet.renamed:
        yield _("%(file)s: understood: %(columns)s.") % {
            "file": source.name,
            "columns": ", ".join(f"{name} = {column}" for name, column in sheet.renamed),
        }
    if sheet.encoding == "cp1252":
        yield _("%(file)s: isn’t in UTF-8 and was read as Windows-1252. Check its accents.") % {
            "file": source.name
        }


def list_hints(source: Source | None, drafts: Iterable[Draft]) -> Iterator[str]:
    """Yield what is doubtful about rows that are not refused."""
    for draft in drafts:
        if source and draft.hints and not draft.problems:
            yield _("%(file)s line %(line)d: check its E911 address: %(hint)s") % {
                "file": source.name,
                "line": draft.row.line,
                "hint": " ".join(draft.hints),
            }


def get_or_create_account(name: str) -> Account:
    """Return the account of this name, created when missing, with the lock that assignments take.

    Names are compared by the database's `label_key`, without characters that cannot be seen.
    """
    same = Func(Value(name), function="label_key", output_field=TextField())
    key = Func(
        Func(F("name"), function="label_key", output_field=TextField()),
        Value(UNIFIED_FROM),
        Value(UNIFIED_TO),
        function="translate",
        output_field=TextField(),
    )
    found = Account.objects.select_for_update(no_key=True).alias(key=key).filter(key=same)
    return found.first() or Account.objects.create(name=name)


def write_new(account: Account, new_people: list[User], new_phones: list[Phone]) -> None:
    """Add people, phones and their numbers, and SIP credentials to whoever has a line (R14).

    Whoever gets a phone gets new credentials, even if they were there before.
    """
    lines: list[User | Phone] = [*new_people, *new_phones]
    numbers = [line.caller_id for line in lines if line.caller_id]
    add_unconfirmed(account_id=account.pk, numbers=numbers)
    User.objects.bulk_create(new_people)
    Phone.objects.bulk_create(new_phones)
    receivers = [phone.assigned_to for phone in new_phones if phone.assigned_to]
    sip.issue_credentials(
        {person.pk: person for person in (*new_people, *receivers) if person.has_line}.values()
    )
    open_accounts(new_phones)

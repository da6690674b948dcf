"""Bringing a company in from the spreadsheets that its administrators keep: people, then phones.

What exists is never changed. A row either adds somebody or something, agrees with what is there, or
is refused with every reason at once. An import is all or nothing unless told to skip what is
refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F, Func, Q, TextField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import errors

from phones import lifecycle, mac
from phones.assignment import find_obstacle
from phones.forms import LabelForm, MacField
from phones.models import Kind, Phone, PhoneModel
from phones.spreadsheet import PHONE_COLUMNS, SHOWN_COLUMNS, BadSpreadsheet, Row, Sheet, read_sheet
from users import refusals, sip
from users.forms import PersonForm
from users.models import EMERGENCY_NUMBERS, Account, Plan, User
from users.tenancy import scope, text

# Which field each column fills.
USER_FIELDS = {
    "First name": "first_name",
    "Last name": "last_name",
    "Email": "email",
    "Extension": "ext",
    "Plan": "plan",
    "Caller ID": "caller_id",
    "Role": "is_administrator",
}
PHONE_FIELDS = dict(
    zip(PHONE_COLUMNS, ("mac", "model", "label", "kind", "assigned_to"), strict=True)
)
OPTIONAL = ("Caller ID", "Role", "Label", "Kind", "Assigned extension")

# What only a writer at the same moment can cause, since everything else was looked at before.
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


class RowOutcome(models.TextChoices):
    """What became of a row."""

    ADDED = "added", gettext_lazy("added")
    UNCHANGED = "unchanged", gettext_lazy("unchanged")
    REFUSED = "refused", gettext_lazy("refused")


@dataclass(frozen=True)
class Problem:
    """One reason why a row is refused; without a column it is about the row as a whole."""

    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What became of one row: its file and line, what it is about, and why it was refused."""

    file: str
    line: int
    about: str
    outcome: RowOutcome
    problems: tuple[Problem, ...] = ()


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


class WordField(forms.CharField):
    """A field that accepts a few words in any case and returns what the word stands for.

    The word "" makes it optional.
    """

    def __init__(self, words: Mapping[str, Any]) -> None:
        super().__init__(required=False)
        self.words = words

    def clean(self, value: object) -> Any:
        word = " ".join((super().clean(value) or "").split()).casefold()
        if word not in self.words:
            known = ", ".join(str(self.words[word]) for word in self.words if word)
            raise ValidationError(_("Not known. It is one of: %(known)s.") % {"known": known})
        return self.words[word]


class PersonRow(PersonForm):
    """A row about a person: as on the page, but with words for plan and role."""

    plan = WordField({plan.value: plan for plan in Plan})
    is_administrator = WordField({"": "", "admin": "admin"})

    def clean_ext(self) -> str | None:
        ext = super().clean_ext()
        if ext in EMERGENCY_NUMBERS:
            raise ValidationError(refusals.REFUSALS["users_user_ext_no_emergency_number"].sentence)
        return ext

    def clean_is_administrator(self) -> bool:
        return bool(self.cleaned_data["is_administrator"])


class PhoneRow(LabelForm):
    """A row about a phone."""

    mac = MacField()
    model = WordField({})
    kind = WordField({"": Kind.USER} | {kind.value: kind for kind in Kind})
    assigned_to = forms.CharField(required=False)

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data)
        self.fields["model"].words = {
            model.name.casefold(): model for model in PhoneModel.objects.all()
        }


@dataclass
class Draft:
    """A row while it is judged."""

    row: Row
    columns: Mapping[str, str]
    made: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    exists: bool = False

    def refuse(self, name: str, reason: str) -> None:
        """Refuse the row for the sake of a field, or ("") as a whole."""
        column = next((column for column, its in self.columns.items() if its == name), "")
        self.problems.append(Problem(column, self.row.cells.get(column, ""), str(reason)))

    def once(self, name: str, lines: dict[Any, int]) -> None:
        """Refuse the row if an earlier one, even a refused one, has the same unique value."""
        value = self.made.get(name)
        if value and lines.setdefault(value, self.row.line) != self.row.line:
            self.refuse(name, _("It stands on line %(line)d already.") % {"line": lines[value]})

    def compare(self, there: User | Phone) -> None:
        """Refuse the row where it says anything else than what is there."""
        self.exists = True
        for column, name in self.columns.items():
            if (
                column in self.row.cells
                and name in self.made
                and self.made[name] != getattr(there, name)
            ):
                value = format_cell(getattr(there, name))
                self.refuse(
                    name,
                    _(
                        "%(who)s is in the account already, with %(value)s. An import changes "
                        "nothing; edit it there."
                    )
                    % {
                        "who": there,
                        "value": f"“{value}”" if value else _("nothing in this column"),
                    },
                )

    def verdict(self, file: str, identity: Sequence[str]) -> Verdict:
        """Return what became of the row, named by the first of these columns that isn't empty."""
        outcome = (
            RowOutcome.REFUSED
            if self.problems
            else RowOutcome.UNCHANGED
            if self.exists
            else RowOutcome.ADDED
        )
        about = next((cell for column in identity if (cell := self.row.cells[column].strip())), "")
        return Verdict(file, self.row.line, about, outcome, tuple(self.problems))


def import_company(
    *, name: str, users: Source | None = None, phones: Source | None = None, skip_bad: bool = False
) -> Report:
    """Add people and phones to the account of this name, which is made where there is none.

    Without `skip_bad` one refused row keeps everything from being written. Raises BadSpreadsheet
    for a file that cannot be read as a whole, and ImportFailed for a name that is none or where
    somebody else's change came in between. Then, too, nothing is written.
    """
    try:
        name = text.TextField(max_length=Account._meta.get_field("name").max_length).clean(name)
    except ValidationError as error:
        raise ImportFailed(
            _("The account’s name: %(reason)s") % {"reason": " ".join(error.messages)}
        ) from error
    people_sheet, phones_sheet = open_sheet(users, USER_FIELDS), open_sheet(phones, PHONE_FIELDS)
    try:
        with transaction.atomic():
            people_drafts = draft_rows(people_sheet, USER_FIELDS, PersonRow({}))
            phone_drafts = draft_rows(phones_sheet, PHONE_FIELDS, PhoneRow({}))
            with scope.entered(scope="support"):
                account = get_or_create_account(name)
                emails_elsewhere = set(
                    User.objects.filter(email__in=collect_values(people_drafts, "email"))
                    .exclude(account=account)
                    .values_list("email", flat=True)
                )
                macs_elsewhere = set(
                    Phone.objects.filter(
                        mac__in=collect_values(phone_drafts, "mac"), retired_at=None
                    )
                    .exclude(account=account)
                    .values_list("mac", flat=True)
                )
            with scope.entered(account_id=account.pk):
                there = list(
                    User.objects.filter(
                        Q(email__in=collect_values(people_drafts, "email"))
                        | Q(
                            ext__in=collect_values(people_drafts, "ext")
                            + collect_values(phone_drafts, "assigned_to")
                        ),
                        account=account,
                    ).select_related("phone")
                )
                new_people = judge_people(
                    people_drafts, account=account, there=there, elsewhere=emails_elsewhere
                )
                by_ext = {person.ext: person for person in (*there, *new_people)}
                new_phones = judge_phones(
                    phone_drafts, account=account, by_ext=by_ext, elsewhere=macs_elsewhere
                )
                bad = any(draft.problems for draft in (*people_drafts, *phone_drafts))
                if bad and not skip_bad:
                    transaction.set_rollback(True)
                else:
                    write_new(new_people, new_phones)
    except DatabaseError as error:
        if not isinstance(error.__cause__, RACES):
            raise
        raise ImportFailed(
            _(
                "Somebody else was changing the same data. Nothing was written; start the import "
                "again."
            )
        ) from error
    return Report(
        account=account.name,
        users=tuple(
            draft.verdict(users.name, ("Email", "Extension", "Last name"))
            for draft in people_drafts
        ),
        phones=tuple(draft.verdict(phones.name, ("MAC",)) for draft in phone_drafts),
        notes=tuple(
            note
            for source, sheet in ((users, people_sheet), (phones, phones_sheet))
            if source
            for note in list_notes(source, sheet)
        ),
        written=skip_bad or not bad,
    )


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


def list_notes(source: Source, sheet: Sheet) -> Iterable[str]:
    """Yield what a person should know about how a file was read."""
    if sheet.ignored:
        yield _("%(file)s: not used: %(columns)s.") % {
            "file": source.name,
            "columns": ", ".join(sheet.ignored),
        }
    if sheet.encoding == "cp1252":
        yield _("%(file)s: is not in UTF-8 and was read as Windows-1252. Look at its accents.") % {
            "file": source.name
        }


def draft_rows(sheet: Sheet, columns: Mapping[str, str], form: forms.Form) -> list[Draft]:
    """Return the rows of a sheet with every cell judged by itself."""
    drafts = []
    for row in sheet.rows:
        # One form for all rows: making one copies every field, which took longer than the judging.
        form.data = {columns[column]: cell for column, cell in row.cells.items()}
        form.full_clean()
        draft = Draft(row, columns, form.cleaned_data)
        if row.surplus:
            draft.refuse("", _("It has more cells than the first line has columns."))
        for name, reasons in form.errors.items():
            draft.refuse(name, " ".join(reasons))
        drafts.append(draft)
    return drafts


def collect_values(drafts: Iterable[Draft], name: str) -> list[Any]:
    """Return what the rows have in a field, without those that have nothing there."""
    return [draft.made[name] for draft in drafts if draft.made.get(name)]


def format_cell(value: Any) -> str:
    """Return a field's value as a cell has it."""
    if isinstance(value, User):
        return value.ext or ""
    if isinstance(value, bool):
        return "admin" if value else ""
    return str(value or "")


def get_or_create_account(name: str) -> Account:
    """Return the account of this name, creating it when missing, locked as assignments lock it.

    Names are compared by the database's `label_key`.
    """
    same = Func(Value(name), function="label_key", output_field=TextField())
    key = Func(F("name"), function="label_key", output_field=TextField())
    found = Account.objects.select_for_update(no_key=True).alias(key=key).filter(key=same)
    return found.first() or Account.objects.create(name=name)


def judge_people(
    drafts: Iterable[Draft], *, account: Account, there: Iterable[User], elsewhere: set[str]
) -> list[User]:
    """Judge rows about people against each other and the account; return the people to add."""
    by_email = {person.email: person for person in there if person.email}
    by_ext = {person.ext: person for person in there if person.ext}
    email_lines: dict[str, int] = {}
    ext_lines: dict[str, int] = {}
    new = []
    for draft in drafts:
        email, ext = draft.made.get("email"), draft.made.get("ext")
        draft.once("email", email_lines)
        draft.once("ext", ext_lines)
        if email in elsewhere:
            draft.refuse("email", refusals.REFUSALS["users_user_email"].sentence)
        if draft.made.get("is_administrator") and "email" in draft.made and not email:
            draft.refuse("email", refusals.REFUSALS["users_user_administrator_has_email"].sentence)
        if person := by_email.get(email) or by_ext.get(ext):
            draft.compare(person)
        elif not draft.problems and not email and not ext:
            draft.refuse(
                "",
                _(
                    "It needs an email or an extension, or a second import would add this person "
                    "again."
                ),
            )
        if not draft.problems and not draft.exists:
            person = User(account=account, **draft.made)
            person.set_unusable_password()
            new.append(person)
    return new


def judge_phones(
    drafts: Iterable[Draft],
    *,
    account: Account,
    by_ext: Mapping[str | None, User],
    elsewhere: set[str],
) -> list[Phone]:
    """Judge rows about phones against each other and the account; return the phones to add."""
    keys = compute_label_keys(collect_values(drafts, "label"))
    mine = Phone.objects.filter(account=account, retired_at=None)
    by_mac = {
        phone.mac: phone
        for phone in mine.filter(mac__in=collect_values(drafts, "mac")).select_related(
            "assigned_to", "model"
        )
    }
    taken = set(mine.filter(label_key__in=keys.values()).values_list("label_key", flat=True))
    mac_lines: dict[str, int] = {}
    new = []
    for draft in drafts:
        made = draft.made
        draft.once("mac", mac_lines)
        ext = made.pop("assigned_to")
        person = by_ext.get(ext)
        if ext and not person:
            draft.refuse("assigned_to", _("Nobody in this account has this extension."))
        else:
            made["assigned_to"] = person
        if made.get("mac") in elsewhere:
            draft.refuse("mac", lifecycle.SENTENCES["phones_phone_mac"].sentence)
        if phone := by_mac.get(made.get("mac")):
            draft.compare(phone)
            continue
        if made.get("label") and keys[made["label"]] in taken:
            draft.refuse("label", lifecycle.SENTENCES["phones_phone_label"].sentence)
        if person and (reason := explain_refusal(person, made.get("kind"))):
            draft.refuse("assigned_to", reason)
        if not draft.problems:
            new.append(
                Phone(account=account, **made)
            )  # from here on the person's own phone, to later rows
            taken.add(keys.get(made["label"], ""))
    return new


def explain_refusal(person: User, kind: str | None) -> str | None:
    """Return why a new phone of this kind cannot be this person's, or None (R12, R13, R19)."""
    if kind == Kind.COMMON:
        return _("A common-area phone belongs to a place and cannot be given to a person.")
    if phone := getattr(person, "phone", None):
        return _("%(name)s has a phone already: %(mac)s.") % {
            "name": person,
            "mac": mac.format(phone.mac),
        }
    return find_obstacle(person)


def compute_label_keys(labels: list[str]) -> dict[str, str]:
    """Return for each label what it is compared by (R5); the database alone decides that."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT label, label_key(label) FROM unnest(%s::text[]) AS label", [labels])
        return dict(cursor.fetchall())


def write_new(new_people: list[User], new_phones: list[Phone]) -> None:
    """Add people and phones. SIP credentials change with every phone that somebody gets (R14)."""
    User.objects.bulk_create(new_people)
    Phone.objects.bulk_create(new_phones)
    receivers = [phone.assigned_to for phone in new_phones if phone.assigned_to]
    sip.issue_credentials(
        {person.pk: person for person in (*new_people, *receivers) if person.has_line}.values()
    )

"""Read the rows of an imported file: judge each cell by itself, and record each row's outcome."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from phones.cell_text import clean_code, explain_spoiled_number
from phones.column_names import simplify_name
from phones.forms import LabelForm, MacField
from phones.models import Kind, Phone, PhoneModel
from phones.provisioning.makes import MAKES
from phones.spreadsheet import PHONE_COLUMNS, Row, Sheet
from users.forms import ExtensionField, NamesForm, NumberField
from users.models import Plan, User
from users.numbers import begins_like_emergency
from users.refusals import REFUSALS
from users.tenancy.text import unify_text

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
    zip(
        PHONE_COLUMNS,
        ("mac", "model", "label", "kind", "assigned_to", "ext", "caller_id"),
        strict=True,
    )
) | {"Vendor": "vendor", "E911 address": "address"}

# Fields that hold a number, an email or a known word, not a text of someone's own.
CODES = {
    "mac", "model", "vendor", "kind", "assigned_to", "email", "ext", "plan", "caller_id",
    "is_administrator",
}  # fmt: skip
NUMBERS = ("ext", "assigned_to", "caller_id")
PLANS = {plan.value: plan for plan in Plan}
KINDS = {kind.value: kind for kind in Kind} | {
    "": Kind.USER,
    "user phone": Kind.USER,
    "common area": Kind.COMMON,
    "common-area": Kind.COMMON,
    "common area phone": Kind.COMMON,
    "common-area phone": Kind.COMMON,
}
# Only words that say so make someone an administrator, not TRUE, which may answer another question.
ROLES = {"": "", "user": "user", "admin": "admin"} | {
    "administrator": "admin",
    "account admin": "admin",
    "account administrator": "admin",
    "administrador": "admin",
    "administradora": "admin",
    "standard user": "user",
    "regular user": "user",
    "employee": "user",
    "member": "user",
    "usuario": "user",
    "usuaria": "user",
    "false": "user",
    "no": "user",
    "none": "user",
}
TEL = re.compile(r"tel:", re.IGNORECASE)
WITHOUT_PLUS = re.compile(r"1[\s.(-]*[2-9](?:[\s().-]*[0-9]){9}")


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
            known = ", ".join(dict.fromkeys(str(word) for word in self.words.values() if word))
            raise ValidationError(_("Unknown. Choose one of these: %(known)s.") % {"known": known})
        return self.words[word]


class ModelField(WordField):
    """A field that knows a model by its name, also without "SIP", the maker, spaces or hyphens."""

    def __init__(self, models: Iterable[PhoneModel] = ()) -> None:
        super().__init__({model.name.casefold(): model for model in models})
        self.short: dict[str, PhoneModel | None] = {}
        for model in self.words.values():
            maker, _space, rest = model.name.partition(" ")
            bare = re.sub(r"^SIP-", "", rest)
            for name in {rest, bare, f"{maker} {bare}", model.name}:
                key = simplify_name(name)
                # A short name that two models have means neither.
                self.short[key] = None if self.short.get(key, model) != model else model

    def clean(self, value: object) -> PhoneModel:
        text = str(value or "")
        if found := self.short.get(simplify_name(text)):
            found.require_our_firmware()
            return found
        for make in MAKES.values():
            if reason := make.find_refusal(text):
                raise ValidationError(reason, code="other_firmware")
        return super().clean(value)


class ImportedNumberField(NumberField):
    """Accepts "tel:" before a number, too, and 1 without its plus before ten digits."""

    def clean(self, value: object) -> str | None:
        number = TEL.sub("", str(value or ""), count=1).strip()
        return super().clean(f"+{number}" if WITHOUT_PLUS.fullmatch(number) else number)


class ImportedExtensionField(ExtensionField):
    """An extension, or None. Refuses at once what the numbering plan would refuse (R13)."""

    def clean(self, value: object) -> str | None:
        ext = super().clean(value)
        if ext and begins_like_emergency(ext):
            raise ValidationError(str(REFUSALS["users_number_no_emergency_number"].sentence))
        return ext


class PersonRow(NamesForm):
    """A row about a person, with the page's fields, but words for plan and role.

    Its caller ID need not be a number of the account yet: the operator, who imports, enters it.
    """

    ext = ImportedExtensionField()
    caller_id = ImportedNumberField(max_length=30, required=False)
    plan = WordField(PLANS)
    is_administrator = WordField(ROLES)

    def clean_is_administrator(self) -> bool:
        return self.cleaned_data["is_administrator"] == "admin"


class PhoneRow(LabelForm):
    """A row about a phone."""

    mac = MacField()
    model = ModelField()
    kind = WordField(KINDS)
    assigned_to = forms.CharField(required=False)
    ext = ImportedExtensionField()
    caller_id = ImportedNumberField(max_length=30, required=False)
    address = forms.CharField(required=False)

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data)
        self.fields["model"] = ModelField(PhoneModel.objects.all())


@dataclass
class Draft:
    """A row while it is being judged."""

    row: Row
    columns: Mapping[str, str]
    made: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    exists: bool = False
    # In a row about a phone: the phone, in the account or to be added; its address, if the row has
    # one that can be stored; and what is doubtful about it.
    phone: Phone | None = None
    address: Any = None
    hints: list[str] = field(default_factory=list)

    def refuse(self, name: str, reason: str | Promise) -> None:
        """Refuse the row because of a field, or as a whole if `name` is empty."""
        column = next((column for column, its in self.columns.items() if its == name), "")
        self.problems.append(Problem(column, self.row.cells.get(column, ""), str(reason)))

    def require_unique(self, name: str, lines: dict[Any, int]) -> None:
        """Refuse the row if an earlier one, even a refused one, has the same unique value."""
        value = self.made.get(name)
        if value and lines.setdefault(value, self.row.line) != self.row.line:
            self.refuse(name, _("It’s already on line %(line)d.") % {"line": lines[value]})

    def compare(self, there: User | Phone) -> None:
        """Refuse the row if it differs from the person or phone that is already there."""
        self.exists = True
        for column, name in self.columns.items():
            if (
                column in self.row.cells
                and name in self.made
                and name != "address"
                and unify_value(self.made[name]) != unify_value(getattr(there, name))
            ):
                value = format_cell(getattr(there, name))
                self.refuse(
                    name,
                    _(
                        "%(who)s is already in the account, with %(value)s. An import doesn’t"
                        " change it; edit it there."
                    )
                    % {
                        "who": there,
                        "value": f"“{value}”" if value else _("nothing in this column"),
                    },
                )

    def make_verdict(self, file: str, identity: Sequence[str]) -> Verdict:
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


def draft_rows(sheet: Sheet, columns: Mapping[str, str], form: forms.Form) -> list[Draft]:
    """Return the rows of a sheet with every cell judged by itself."""
    drafts = []
    for row in sheet.rows:
        # One form for all rows: making one copies every field, which took longer than the judging.
        form.data = {
            columns[column]: clean_code(cell) if columns[column] in CODES else cell
            for column, cell in row.cells.items()
        }
        vendor = form.data.pop("vendor", "")
        if vendor.casefold() not in form.data.get("model", "").casefold():
            form.data["model"] = f"{vendor} {form.data['model']}"
        form.full_clean()
        draft = Draft(row, columns, form.cleaned_data)
        spoiled = {
            name: reason
            for name in NUMBERS
            if (reason := explain_spoiled_number(form.data.get(name, "")))
        }
        for name, reason in spoiled.items():
            draft.refuse(name, reason)
            draft.made.pop(name, None)
        if row.surplus:
            draft.refuse("", _("This row has more cells than the first line has columns."))
        for name, reasons in form.errors.items():
            if name in spoiled:
                continue
            draft.refuse(name, " ".join(str(reason) for reason in reasons))
        drafts.append(draft)
    return drafts


def collect_values(drafts: Iterable[Draft], name: str) -> list[Any]:
    """Return the values of a field in all rows, leaving out empty ones."""
    return [draft.made[name] for draft in drafts if draft.made.get(name)]


def unify_value(value: Any) -> Any:
    """Return a value to compare by: texts that differ only in invisible characters are the same."""
    return unify_text(value) if type(value) is str else value


def format_cell(value: Any) -> str:
    """Return a field's value as a cell shows it."""
    if isinstance(value, User):
        return value.ext or ""
    if isinstance(value, bool):
        return "admin" if value else ""
    return str(value or "")

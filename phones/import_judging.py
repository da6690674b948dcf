"""Judge imported rows against each other and against the account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from django.db import connection
from django.db.models import F, Func, TextField, Value
from django.utils.translation import gettext as _

from phones import mac
from phones.assignment import find_obstacle
from phones.cell_text import UNIFIED_FROM, UNIFIED_TO
from phones.import_addresses import judge_addresses
from phones.import_rows import Draft, collect_values
from phones.models import Kind, Phone
from phones.refusals import LINE_REFUSALS, REFUSALS
from users import refusals as users_refusals
from users.models import Account, User

# The comparison key of a label on record, without characters that cannot be seen.
UNIFIED_KEY = Func(
    F("label_key"),
    Value(UNIFIED_FROM),
    Value(UNIFIED_TO),
    function="translate",
    output_field=TextField(),
)


def judge_people(
    drafts: Iterable[Draft],
    *,
    account: Account,
    there: Iterable[User],
    places: Mapping[str | None, Phone],
    elsewhere: set[str | None],
) -> list[User]:
    """Judge rows about people against each other and the account; return the people to add.

    `places` are common-area phones by their extensions.
    """
    by_email = {person.email: person for person in there if person.email}
    by_ext = {person.ext: person for person in there if person.ext}
    email_lines: dict[str, int] = {}
    ext_lines: dict[str, int] = {}
    new = []
    for draft in drafts:
        email, ext = draft.made.get("email"), draft.made.get("ext")
        draft.require_unique("email", email_lines)
        draft.require_unique("ext", ext_lines)
        if ext and ext in places:
            draft.refuse("ext", users_refusals.REFUSALS["users_number_pkey"].sentence)
        if email in elsewhere:
            draft.refuse("email", users_refusals.REFUSALS["users_user_email"].sentence)
        if draft.made.get("is_administrator") and "email" in draft.made and not email:
            draft.refuse(
                "email", users_refusals.REFUSALS["users_user_administrator_has_email"].sentence
            )
        if person := by_email.get(email or "") or by_ext.get(ext or ""):
            draft.compare(person)
        elif not draft.problems and not email and not ext:
            draft.refuse(
                "",
                _("Add an email or an extension, or a second import would add this person again."),
            )
        if not draft.problems and not draft.exists:
            person = User(account=account, **draft.made)
            person.set_unusable_password()
            new.append(person)
    return new


def judge_phones(
    drafts: Sequence[Draft],
    *,
    account: Account,
    by_ext: Mapping[str | None, User],
    places: Mapping[str | None, Phone],
    elsewhere: set[str],
) -> list[Phone]:
    """Judge rows about phones against each other and the account; return the phones to add.

    `places` are common-area phones by their extensions, and `by_ext` people.
    """
    label_common_area_phones(drafts)
    keys = compute_label_keys(collect_values(drafts, "label"))
    mine = Phone.objects.filter(account=account, retired_at=None)
    by_mac = {
        phone.mac: phone
        for phone in mine.filter(mac__in=collect_values(drafts, "mac")).select_related(
            "assigned_to", "model"
        )
    }
    taken = set(
        mine.annotate(key=UNIFIED_KEY)
        .filter(key__in=keys.values(), label_key__gt="")
        .values_list("key", flat=True)
    )
    with_zeros = cache(lambda: find_exts_with_zeros(by_ext, account))
    mac_lines: dict[str, int] = {}
    ext_lines: dict[str, int] = {}
    new = []
    for draft in drafts:
        draft.phone = by_mac.get(draft.made.get("mac", ""))
        draft.exists = draft.phone is not None
    judge_addresses(drafts)
    for draft in drafts:
        made = draft.made
        draft.require_unique("mac", mac_lines)
        person = None
        if "assigned_to" in made:
            ext = made["assigned_to"]
            person = made["assigned_to"] = by_ext.get(ext)
            if ext and not person:
                del made["assigned_to"]
                draft.refuse("assigned_to", explain_unknown_ext(ext, with_zeros()))
        draft.require_unique("ext", ext_lines)
        if made.get("mac") in elsewhere:
            draft.refuse("mac", REFUSALS["phones_phone_mac"].sentence)
        if draft.phone:
            draft.compare(draft.phone)
            continue
        if made.get("label") and keys[made["label"]] in taken:
            draft.refuse("label", REFUSALS["phones_phone_label"].sentence)
        if person and (reason := explain_refusal(person, made.get("kind"))):
            draft.refuse("assigned_to", reason)
        judge_line(draft, taken={*by_ext, *places})
        if not draft.problems:
            # Makes it the person's phone for later rows, too.
            fields = {name: value for name, value in made.items() if name != "address"}
            draft.phone = Phone(account=account, **fields)
            new.append(draft.phone)
            taken.add(keys.get(made["label"], ""))
    return new


def judge_line(draft: Draft, *, taken: set[str | None]) -> None:
    """Judge the extension and caller number of a new phone's own: only a place has these (R58)."""
    if draft.made.get("ext") and draft.made["ext"] in taken:
        draft.refuse("ext", users_refusals.REFUSALS["users_number_pkey"].sentence)
    if draft.made.get("kind") == Kind.USER:
        for name in ("ext", "caller_id"):
            if draft.made.get(name):
                draft.refuse(name, LINE_REFUSALS["phones_phone_line_of_its_own"].sentence)


def label_common_area_phones(drafts: Iterable[Draft]) -> None:
    """Label common-area phones without a label by the device: they need one (R58)."""
    for draft in drafts:
        made = draft.made
        if (
            made.get("kind") == Kind.COMMON
            and made.get("label") == ""
            and {"mac", "model"} <= {*made}
        ):
            made["label"] = f"{made['model'].name} {mac.format(made['mac'])}"


def find_exts_with_zeros(exts: Iterable[str | None], account: Account) -> dict[str, str]:
    """Return the extensions here and in the account that begin with 0, by what follows the zeros.

    Spreadsheet programs drop these zeros.
    """
    there = User.objects.filter(account=account, ext__startswith="0").values_list("ext", flat=True)
    found = sorted({ext for ext in (*exts, *there) if ext and ext.startswith("0")}, reverse=True)
    return {ext.lstrip("0"): ext for ext in found}


def explain_unknown_ext(ext: str, with_zeros: Mapping[str, str]) -> str:
    """Return why no one has an extension: perhaps a spreadsheet program dropped its zeros."""
    if ext.isdigit() and (other := with_zeros.get(ext.lstrip("0"))):
        return _(
            "No one in this account has this extension. Did you mean %(other)s? Spreadsheet"
            " programs drop leading zeros: format the column as text."
        ) % {"other": other}
    return _("No one in this account has this extension.")


def explain_refusal(person: User, kind: str | None) -> str | None:
    """Return why this person can't get a new phone of this kind, or None (R12, R13, R19)."""
    if kind == Kind.COMMON:
        return _("A common-area phone belongs to a place and can’t be given to a person.")
    if phone := getattr(person, "phone", None):
        return _("%(name)s already has a phone: %(mac)s.") % {
            "name": person,
            "mac": mac.format(phone.mac),
        }
    return find_obstacle(person)


def compute_label_keys(labels: list[str]) -> dict[str, str]:
    """Return each label's comparison key (R5), which only the database can compute.

    Imported labels have neither invisible characters nor other spaces.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT label, label_key(label) FROM unnest(%s::text[]) AS label", [labels])
        return dict(cursor.fetchall())

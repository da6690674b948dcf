"""Judge imported rows against each other and against the account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection
from django.utils.translation import gettext as _

from phones import mac
from phones.assignment import find_obstacle
from phones.import_rows import Draft, collect_values
from phones.models import Kind, Phone
from phones.refusals import REFUSALS
from users import refusals as users_refusals
from users.models import Account, User


def judge_people(
    drafts: Iterable[Draft], *, account: Account, there: Iterable[User], elsewhere: set[str | None]
) -> list[User]:
    """Judge rows about people against each other and the account; return the people to add."""
    by_email = {person.email: person for person in there if person.email}
    by_ext = {person.ext: person for person in there if person.ext}
    email_lines: dict[str, int] = {}
    ext_lines: dict[str, int] = {}
    new = []
    for draft in drafts:
        email, ext = draft.made.get("email"), draft.made.get("ext")
        draft.require_unique("email", email_lines)
        draft.require_unique("ext", ext_lines)
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
        draft.require_unique("mac", mac_lines)
        ext = made.pop("assigned_to")
        person = by_ext.get(ext)
        if ext and not person:
            draft.refuse("assigned_to", _("Nobody in this account has this extension."))
        else:
            made["assigned_to"] = person
        if made.get("mac") in elsewhere:
            draft.refuse("mac", REFUSALS["phones_phone_mac"].sentence)
        if phone := by_mac.get(made.get("mac", "")):
            draft.compare(phone)
            continue
        if made.get("label") and keys[made["label"]] in taken:
            draft.refuse("label", REFUSALS["phones_phone_label"].sentence)
        if person and (reason := explain_refusal(person, made.get("kind"))):
            draft.refuse("assigned_to", reason)
        if not draft.problems:
            # Makes it the person's phone for later rows, too.
            new.append(Phone(account=account, **made))
            taken.add(keys.get(made["label"], ""))
    return new


def explain_refusal(person: User, kind: str | None) -> str | None:
    """Return why this person can't get a new phone of this kind, or None (R12, R13, R19)."""
    if kind == Kind.COMMON:
        return _("A common-area phone belongs to a place and cannot be given to a person.")
    if phone := getattr(person, "phone", None):
        return _("%(name)s has a phone already: %(mac)s.") % {
            "name": person,
            "mac": mac.format(phone.mac),
        }
    return find_obstacle(person)


def compute_label_keys(labels: list[str]) -> dict[str, str]:
    """Return each label's comparison key (R5), which only the database can compute."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT label, label_key(label) FROM unnest(%s::text[]) AS label", [labels])
        return dict(cursor.fetchall())

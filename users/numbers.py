"""An account's numbers: its extensions, and the telephone numbers that it calls out with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Trim
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from users.emergency_numbers import EMERGENCY_NUMBERS
from users.models import Account, CallerNumber, User
from users.refusals import NUMBER_REFUSALS
from users.tenancy import scope
from users.tenancy.history import DELETED, versions_of
from users.tenancy.refusals import explain_refusals

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NAMED = 5  # users of a number that a refusal names; then it says that there are more


def begins_like_emergency(ext: str) -> bool:
    """Tell whether an extension is, or begins with, a number that phones dial at once (R13)."""
    return ext.startswith(EMERGENCY_NUMBERS)


# --- telephone numbers (R67) ---


def add_caller_number(*, account_id: int, number: str) -> None:
    """Enter a number in E.164 as the account's, confirmed; confirm it if the account has it.

    Raises ValidationError if it's confirmed for another account.
    """
    with explain_refusals(NUMBER_REFUSALS):
        CallerNumber.objects.update_or_create(
            account_id=account_id, e164=number, defaults={"confirmed_at": timezone.now()}
        )


def add_unconfirmed(*, account_id: int, numbers: Iterable[str]) -> None:
    """Enter the numbers that an account lacks, until support confirms them."""
    CallerNumber.objects.bulk_create(
        [CallerNumber(account_id=account_id, e164=number) for number in dict.fromkeys(numbers)],
        ignore_conflicts=True,
    )


def confirm_caller_number(number: CallerNumber) -> None:
    """Confirm that a number is the account's.

    Raises ValidationError if it's confirmed for another account.
    """
    number.confirmed_at = timezone.now()
    with explain_refusals(NUMBER_REFUSALS):
        number.save(update_fields=["confirmed_at"])


def remove_caller_number(number: CallerNumber) -> None:
    """Take a number from an account; the caller has made sure that no one uses it."""
    number.delete()


def can_be_called_back(*, account_id: int, number: str) -> bool:
    """Tell whether a dispatcher may get this number: no other account has it confirmed."""
    with scope.entered(scope="support"):
        theirs = CallerNumber.objects.filter(e164=number, confirmed_at__isnull=False)
        return not theirs.exclude(account_id=account_id).exists()


def was_removed(key: int) -> bool:
    """Tell whether there was such a telephone number in the accounts that the scope shows."""
    return versions_of(CallerNumber).filter(pgh_obj_id=key, pgh_label=DELETED).exists()


def list_choices(account_id: int) -> list[tuple[str, StrOrPromise]]:
    """Return the caller IDs that an account's lines can have, and none, as a form's choices."""
    choices: list[tuple[str, StrOrPromise]] = [("", _("None (911 can’t call back)"))]
    for number in CallerNumber.objects.filter(account_id=account_id).order_by("e164"):
        unconfirmed = _("%(number)s (not confirmed)") % {"number": number.e164}
        choices.append((number.e164, number.e164 if number.confirmed_at else unconfirmed))
    return choices


def load_numbers(numbers: QuerySet[CallerNumber]) -> QuerySet[CallerNumber]:
    """Return telephone numbers with the names of people and places that use them.

    `people` and `places` each hold at most one name more than a refusal names.
    """
    phones = Account._meta.get_field("phones").related_model._default_manager
    of_number = {"account": OuterRef("account"), "caller_id": OuterRef("e164")}
    people = User.objects.filter(**of_number).order_by("ext_number", "pk")
    name = Trim(Concat("first_name", Value(" "), "last_name"))
    person = Concat(name, Value(", "), Coalesce("ext", Value("–")))
    places = phones.filter(**of_number).order_by("label_key")
    return numbers.select_related("account").annotate(
        people=ArraySubquery(people.annotate(person=person).values("person")[: NAMED + 1]),
        places=ArraySubquery(places.values("label")[: NAMED + 1]),
    )


def is_unconfirmed() -> Exists:
    """Return the condition that a person's caller ID isn't confirmed yet."""
    of_person = CallerNumber.objects.filter(
        account=OuterRef("account"), e164=OuterRef("caller_id"), confirmed_at=None
    )
    return Exists(of_person)

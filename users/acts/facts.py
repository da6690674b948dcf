"""What confirmations about a person rest on, and what rules an act out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from users import people
from users.acting import ActRefused, Link
from users.models import User
from users.refusals import REFUSALS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def load_people(users: QuerySet[User]) -> QuerySet[User]:
    """Return people with everything that the descriptions of acts read, in one query."""
    others = people.administrators_who_can_sign_in(User.objects.all())
    others = others.filter(account=OuterRef("account")).exclude(pk=OuterRef("pk"))
    return users.select_related("phone", "sip").annotate(has_co_administrator=Exists(others))


def facts_of(user: User, by: User) -> dict[str, Any]:
    """Return what every confirmation about a person rests on."""
    phone = getattr(user, "phone", None)
    credentials = getattr(user, "sip", None)
    return {
        "key": user.pk,
        "name": str(user),
        "email": user.email or "–",
        "ext": user.ext or "–",
        "caller_id": user.caller_id,
        "plan": user.plan,
        "active": user.is_active,
        "administrator": user.is_administrator,
        "blocked": bool(user.sign_in_blocked_at),
        "second_factor": user.has_second_factor,
        "credentials": credentials.username if credentials else "",
        "phone": phone.label or phone.device if phone else "",
        "phone_key": phone.pk if phone else None,
        "own": user.pk == by.pk,
    }


def refuse_with_phone(user: User) -> None:
    """Refuse what a person with a phone can't do (R25). Raises ActRefused."""
    if phone := getattr(user, "phone", None):
        raise ActRefused(
            _("%(name)s has the phone %(phone)s. Unassign it first."),
            code="person_stays",
            facts={"name": str(user), "phone": phone.label or phone.device},
            first=link_to_unassign(user),
        )


def link_to_unassign(user: User) -> Link:
    """Return where the person's phone can be unassigned."""
    return Link(_("Unassign phone"), "phone_assigned", user.phone.pk, query="?to=nobody")


def refuse_for_last_administrator(user: User) -> None:
    """Refuse what leaves an account without an administrator who can sign in. Raises ActRefused."""
    administers = user.is_administrator and user.is_active
    if administers and not user.has_co_administrator:  # type: ignore[attr-defined]  # load_people
        raise ActRefused(REFUSALS["last_administrator"].sentence, code="last_administrator")


def warn_of_own_access(user: User, by: User) -> list[StrOrPromise]:
    """Return the danger of acts by which people shut themselves out."""
    return [OWN_ACCESS] if user.pk == by.pk else []


def tell_of_role_news(user: User) -> list[StrOrPromise]:
    """Return the consequence of acts by which the account gains or loses an administrator."""
    return [ROLE_NEWS] if user.is_administrator else []


OWN_ACCESS = _("This is you. You’ll lose access to these pages right away.")
ROLE_NEWS = _("The other administrators get an email.")

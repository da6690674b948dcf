"""Start every lookup from the administrator's own account, so other accounts' objects are 404."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import register_converter
from django_htmx.middleware import HtmxDetails

from users.models import Account, User


class AdministratorRequest(HttpRequest):
    """A request that got past AdministratorsOnly."""

    user: User
    htmx: HtmxDetails


class KeyConverter:
    """A primary key in a path: a number that PostgreSQL can hold. Any other path isn't found."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(KeyConverter, "key")


def account_of(request: AdministratorRequest) -> int:
    """Return the key of the account whose pages a request asks for.

    It is the administrator's own, or the one that support staff are visiting.
    """
    visit = getattr(request, "visit", None)
    account_id = visit.account.pk if visit else request.user.account_id
    assert account_id is not None
    return account_id


def is_visit(request: AdministratorRequest) -> bool:
    """Tell whether support staff look at these pages, and so can change nothing on them."""
    return getattr(request, "visit", None) is not None


def lock_account_for_write(request: AdministratorRequest) -> None:
    """Serialize writes per account: a POST waits for earlier ones of the same account.

    So nothing it reads can change before it writes, and a person or phone that was just removed is
    a 404 instead of an error halfway through.
    """
    if request.method == "POST":
        Account.lock(account_of(request))
        require_still_allowed(request.user)


def require_still_allowed(user: User, *, to_read: bool = False) -> None:
    """Refuse whoever lost their role while their request waited for a lock.

    Support staff need leave to act, unless they only want `to_read`.
    """
    agent = Q(is_staff=True) if to_read else Q(is_staff=True, may_act=True)
    may = Q(is_administrator=True) | agent
    active = User.objects.filter(may, pk=user.pk, is_active=True, sign_in_blocked_at=None)
    if not active.exists():
        raise PermissionDenied


def user_of(request: AdministratorRequest, key: int) -> User:
    """Return a user of the administrator's account, locked for a POST. Raises Http404."""
    lock_account_for_write(request)
    return get_object_or_404(
        User.objects.select_related("phone", "sip"), account_id=account_of(request), pk=key
    )


def parse_query(form: forms.Form) -> dict[str, Any]:
    """Return the values in a URL, as its form cleans them.

    Raises BadRequest, which names the wrong parameter. The message goes on an error page, so it
    leaves out the parameter's value.
    """
    if not form.is_valid():
        name, (error, *_) = next(iter(form.errors.as_data().items()))
        raise BadRequest(f"{name}: {error.message % ((error.params or {}) | {'value': '…'})}")
    return form.cleaned_data

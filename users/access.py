"""Where every look-up of an administrator starts: his own account. Other accounts' objects are 404."""

from __future__ import annotations

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import register_converter
from django_htmx.middleware import HtmxDetails

from users.models import Account, User


class AdministratorRequest(HttpRequest):
    """A request that got past AdministratorsOnly."""

    user: User  # type: ignore[assignment]
    htmx: HtmxDetails


class KeyConverter:
    """A primary key in a path: a number that PostgreSQL can hold, so that any other is simply not found."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(KeyConverter, "key")


def account_of(request: AdministratorRequest) -> int:
    """Return the key of the account whose pages these are: the administrator's own, or the one that support visits."""
    visit = getattr(request, "visit", None)
    account_id = visit.account.pk if visit else request.user.account_id
    assert account_id is not None
    return account_id


def lock_account_for_write(request: AdministratorRequest) -> None:
    """Let a request that changes something wait for those of the same account that came before it.

    What it then reads is what it changes: a person or phone that was just removed is 404, not a surprise on the way.
    """
    if request.method == "POST":
        Account.lock(account_of(request))


def user_of(request: AdministratorRequest, key: int) -> User:
    """Return a person of the administrator's account. Raises Http404."""
    lock_account_for_write(request)
    return get_object_or_404(
        User.objects.select_related("phone", "sip"), account_id=account_of(request), pk=key
    )


def parse_query(form: forms.Form) -> dict[str, str]:
    """Return what a URL says, as its form understands it.

    Raises BadRequest with the parameter's name for the rest. What it said is not repeated: it goes on an error page.
    """
    if not form.is_valid():
        name, (error, *_) = next(iter(form.errors.as_data().items()))
        raise BadRequest(f"{name}: {error.message % ((error.params or {}) | {'value': '…'})}")
    return form.cleaned_data

"""Find the phone that a request is about, and give the answers that several pages share."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString

from phones.models import Phone
from phones.phone_list import build_rows, select_rows
from phones.rows import render_rows
from users.access import AdministratorRequest, account_of, lock_account_for_write


def get_phone(request: AdministratorRequest, key: int, *, changes: bool = True) -> Phone:
    """Return a phone of the administrator's account. Raises Http404.

    A POST that doesn't change it (`changes=False`) takes no lock, so no one else has to wait.
    """
    if changes:
        lock_account_for_write(request)
    phones = Phone.objects.select_related(
        "assigned_to__sip", "current_address", "model", "provisioning"
    )
    return get_object_or_404(phones, account_id=account_of(request), pk=key, retired_at=None)


def get_phones(request: AdministratorRequest, keys: list[int]) -> list[Phone]:
    """Return phones of the administrator's account in the order of `keys`.

    Raises Http404 if any of them is missing.
    """
    phones = Phone.objects.select_related("assigned_to__sip", "model", "provisioning")
    found = {
        phone.pk: phone
        for phone in phones.filter(account_id=account_of(request), pk__in=keys, retired_at=None)
    }
    if len(found) != len(keys):
        raise Http404
    return [found[key] for key in keys]


def answer_with_phones(
    request: AdministratorRequest, keys: list[int], message: str, *, quiet: bool = False
) -> HttpResponse:
    """Answer a change of phones with their rows and the counters; without htmx, with the list."""
    if not request.htmx:
        if message:
            messages.success(request, message)
        return redirect("user_phones")
    context = {"rows_html": render_changed_rows(request, keys), "message": message, "quiet": quiet}
    return render(request, "phones/_changed.html", context)


def render_changed_rows(request: AdministratorRequest, keys: list[int]) -> SafeString:
    account_id = account_of(request)
    return render_rows(
        build_rows(account_id, select_rows(account_id).filter(pk__in=keys)), out_of_band=True
    )


def reload_list(request: AdministratorRequest) -> HttpResponse:
    """Reload the list, because adding or removing a phone moves rows and totals."""
    if not request.htmx:
        return redirect("user_phones")
    response = HttpResponse(status=204)
    response.headers["HX-Refresh"] = "true"
    return response

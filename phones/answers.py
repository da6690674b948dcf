"""Find the phone that a request is about, and give the answers that several pages share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url

from phones.acts.facts import load_phones
from phones.models import Phone
from phones.rows import Row, build_rows, render_rows, select_rows
from users.access import AdministratorRequest, account_of, lock_account_for_write


def get_phone(
    request: AdministratorRequest, key: int, *, changes: bool = True, removed: bool = False
) -> Phone:
    """Return a phone of the administrator's account, a removed one only if asked. Raises Http404.

    A POST that doesn't change it (`changes=False`) takes no lock, so no one else has to wait.
    """
    if changes:
        lock_account_for_write(request)
    phones = Phone.objects.select_related(
        "assigned_to__sip", "sip", "current_address", "model", "provisioning"
    )
    if not removed:
        phones = phones.filter(retired_at=None)
    return get_object_or_404(phones, account_id=account_of(request), pk=key)


def find_phones(request: AdministratorRequest, keys: list[int]) -> list[Phone]:
    """Return phones of the administrator's account in the order of `keys`.

    They have everything that acts read. Raises Http404 if any of them is missing.
    """
    phones = load_phones(Phone.objects.filter(account_id=account_of(request), pk__in=keys))
    found = {phone.pk: phone for phone in phones}
    if len(found) != len(keys):
        raise Http404
    return [found[key] for key in keys]


def read_rows(request: AdministratorRequest, keys: Sequence[int]) -> list[Row]:
    """Return the rows of phones as the list shows them now."""
    account_id = account_of(request)
    return build_rows(account_id, select_rows(account_id).filter(pk__in=keys))


def list_context(request: AdministratorRequest, keys: Sequence[int]) -> dict[str, Any]:
    """Return what the template of changed regions needs: these phones' rows."""
    return {"rows_html": render_rows(read_rows(request, keys), out_of_band=True)}


def go_to_list(request: Any, page: str) -> HttpResponse:
    """Go to a list, by its URL or the URL's name; on the list itself, load it again as it is."""
    if not getattr(request, "htmx", False):
        return redirect(page)
    url = resolve_url(page)
    response = HttpResponse(status=204)
    if (request.htmx.current_url_abs_path or "").split("?")[0] == url:
        response.headers["HX-Refresh"] = "true"
    else:
        response.headers["HX-Redirect"] = url
    return response


def reload_list(request: AdministratorRequest) -> HttpResponse:
    """Reload the list, because adding or removing a phone moves rows and totals."""
    if not request.htmx:
        return redirect("user_phones")
    response = HttpResponse(status=204)
    response.headers["HX-Refresh"] = "true"
    return response

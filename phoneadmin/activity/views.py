"""The page of an account's Activity, and its download (R37)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from phoneadmin.activity.entries import Entry, Page, Wanted, fetch_download, fetch_history
from phoneadmin.activity.sifting import COMPANY, KINDS, SUPPORT
from users.access import AdministratorRequest, account_of, parse_query
from users.csv_file import write_csv
from users.downloads import Download
from users.models import User

MOST = 50  # administrators that the filter lists
COLUMNS = (_("Time"), _("Who"), _("Support"), _("Reason"), _("What"))
NOT_ALL = _("Older entries aren’t in this file: narrow the dates, or search.")
TOO_MANY = _(
    "Your search matches too many phones or people, so some entries may be missing. Enter more of"
    " the label, MAC address or name."
)


class ActivityFilters(forms.Form):
    """The filters in the URL of the activity list."""

    q = forms.CharField(required=False, max_length=200)
    phone = forms.IntegerField(required=False, min_value=1, max_value=10**17)
    person = forms.IntegerField(required=False, min_value=1, max_value=10**17)
    since = forms.DateField(required=False, label=_("From"), input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, label=_("To"), input_formats=["%Y-%m-%d"])
    kind = forms.ChoiceField(required=False, choices=list(KINDS.items()))
    who = forms.RegexField(rf"^({SUPPORT}|{COMPANY}|[1-9][0-9]{{0,16}})$", required=False)
    before = forms.DateTimeField(required=False)


@require_GET
def activity(request: AdministratorRequest) -> HttpResponse:
    """Show who changed what and when, newest first, as its URL filters it (R37)."""
    return render(request, "activity.html", build_activity(account_of(request), request.GET))


def build_activity(account_id: int, query: QueryDict) -> dict[str, Any]:
    """Return what the page of an account's activity shows, in the account's scope."""
    asked = parse_query(ActivityFilters(query))
    administrators = User.objects.filter(account_id=account_id, is_administrator=True)
    if asked["who"].isdecimal():  # whoever is asked for is on the list
        administrators |= User.objects.filter(account_id=account_id, pk=int(asked["who"]))
    return {
        "asked": asked,
        "page": fetch_history(account_id, Wanted(**asked)),
        "kinds": KINDS,
        "actors": [
            *((str(one.pk), str(one)) for one in administrators.order_by("name_key", "pk")[:MOST]),
            (SUPPORT, _("Support")),
            (COMPANY, _("The phone company")),
        ],
    }


@require_GET
def download_activity(request: AdministratorRequest) -> Download:
    """Send the entries that the page's URL filters, up to DOWNLOADED, a line for each sentence."""
    asked = parse_query(ActivityFilters(request.GET))
    page = fetch_download(account_of(request), Wanted(**asked))
    csv = {"filename": "activity.csv", "content_type": "text/csv; charset=utf-8"}
    return Download(request, write_csv([str(name) for name in COLUMNS], _list_rows(page)), **csv)


def _list_rows(page: Page) -> Iterator[Sequence[str]]:
    """Yield the lines of the file, and where it leaves something out, a line that says so."""
    for entry in page.entries:
        for sentence in entry.sentences:
            yield _row(entry, sentence)
        if entry.cut_short:
            yield _row(entry, gettext("… and more."))
    if page.too_many:
        yield ["", "", "", "", str(TOO_MANY)]
    if page.next:
        yield ["", "", "", "", str(NOT_ALL)]


def _row(entry: Entry, sentence: str) -> Sequence[str]:
    support = gettext("yes") if entry.support else ""
    return [localtime(entry.at).isoformat(), entry.who, support, entry.reason, sentence]

"""The pages that list phones, what has changed on them, and their downloads (R4, R8, R9, R58)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET

from phones import spreadsheet
from phones.counts import count_phones
from phones.forms import SeenForm
from phones.phone_list import LISTS, Listing
from phones.rows import build_export_row, build_rows, render_rows, select_rows
from users.access import AdministratorRequest, account_of, is_visit, parse_query
from users.downloads import Download


def show_list(request: AdministratorRequest, of: type[Listing]) -> HttpResponse:
    """Show a table of phones (R4, R9), or the guide to adding one if there are none (R3)."""
    counts = count_phones(account_of(request))
    if not counts.any:
        return redirect("add_phone")
    listing = of.read(account_of(request), request.GET)
    page = listing.page(counts)
    rows = build_rows(account_of(request), page.rows)
    context = {
        "listing": listing,
        "page": page,
        "rows": rows,
        "rows_html": render_rows(rows, read_only=is_visit(request)),
        "total": listing.count_shown(counts, page),
        "counts": counts,
        "models": counts.list_models(*listing.kinds),
        "has_phones": counts.count(*listing.kinds) > 0,
    }
    part = request.htmx and request.htmx.target == "listing"
    return render(request, "phones/_listing.html" if part else "phones/phone_list.html", context)


@require_GET
def show_changes(request: AdministratorRequest) -> HttpResponse:
    """Send the rows and counters of a page that the provider or another tab has changed (R8)."""
    seen = parse_query(SeenForm(request.GET))
    versions = dict(pair.split(".") for pair in seen["rows"].split(","))
    account_id = account_of(request)
    listed = build_rows(
        account_id, select_rows(account_id).filter(pk__any=[int(key) for key in versions])
    )
    changed = [row for row in listed if row.version != versions[row.id]]
    counts = count_phones(account_id)
    seen_counts = {"user": seen["missing"], "common": seen["missing_common"]}
    if not changed and seen_counts.items() <= counts.missing.items():
        return HttpResponse(status=204)
    rows_html = render_rows(changed, out_of_band=True, read_only=is_visit(request))
    context = {"rows_html": rows_html, "counts": counts}
    return render(request, "phones/_changed_regions.html", context)


def download_list(request: AdministratorRequest, of: type[Listing]) -> Download:
    """Send the list as its URL shows it, whole, as a CSV that imports again (R9)."""
    queries = of.read(account_of(request), request.GET).list_all_rows()
    rows = (build_export_row(row) for query in queries for row in query.iterator(chunk_size=2000))
    csv = {"filename": of.file_name, "content_type": "text/csv; charset=utf-8"}
    return Download(request, spreadsheet.write_phones_csv(rows), **csv)


def list_list_pages() -> list[URLPattern]:
    """Return the URLs of each list and of its download."""

    def make_page(
        view: Callable[..., HttpResponseBase], of: type[Listing]
    ) -> Callable[..., HttpResponseBase]:
        @require_GET
        def page(request: AdministratorRequest) -> HttpResponseBase:
            return view(request, of)

        return page

    return [
        path(where, make_page(view, of), name=name)
        for of in LISTS
        for view, where, name in (
            (show_list, of.path, of.name),
            (download_list, of.file_name, of.csv_name),
        )
    ]

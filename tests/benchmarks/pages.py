"""Load one page: fill in its query, and count what it contains."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from phoneadmin.operations.embedded import EmbeddedPostgres
from tests.benchmarks.browser import Browser
from tests.benchmarks.data import Company, statements
from tests.benchmarks.measure import Variant

QUERIES = 10  # a page of ours may send so many

OF_ACCOUNT = (
    "FROM phones_phone p JOIN users_user u ON u.id = p.assigned_to_id"
    " WHERE p.account_id = %(account)s"
)
A_PHONE = f"SELECT p.id, p.mac, u.email {OF_ACCOUNT} ORDER BY p.id LIMIT 1"
MIDDLE = (
    f"SELECT u.ext_number, u.ext {OF_ACCOUNT} ORDER BY 1, 2"
    f" OFFSET (SELECT count(*) / 3 {OF_ACCOUNT}) LIMIT 1"
)


def fill(query: str, company: Company) -> str:
    """Fill a company's own values into a query."""
    if "{" not in query:
        return query
    (_, mac, email), (number, ext) = company.one(A_PHONE), company.one(MIDDLE)
    return query.format(mac=mac, email=email, middle=quote(f'[0,{number},"{ext}"]'))


@cache
def visit(browser: Browser, url: str, **headers: str) -> Variant:
    """Return the variant of loading a page, the same one for the same page."""
    return Variant(lambda: browser.get(url, **headers))


def count_facts(
    server: EmbeddedPostgres, variant: Variant, row: bytes, *, queries: int = 0, size: int = 0
) -> str:
    """Describe how many rows, bytes and queries a page has, and mark which exceed their limit.

    Each row of the page contains `row` once; a limit of 0 means no limit.
    """
    content, number = variant.run(), len(statements(server, variant.run))
    rows, count = content.count(row), len(content)
    return (
        f"{rows} rows, {count:,} bytes{mark(count, size)}, {number} queries{mark(number, queries)}"
    )


def mark(number: int, limit: int) -> str:
    return f" (MISSED {limit:,})" if limit and number > limit else ""

"""Loading one page: what to ask for, and what came."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from phoneadmin.operations.embedded import EmbeddedPostgres
from tests.benchmarks.browser import Browser
from tests.benchmarks.data import Company, statements
from tests.benchmarks.measure import Variant

QUERIES = 9  # that a page of ours may send

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
    """Put a company's own values where a query asks for them."""
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
    """Return how many rows, bytes and queries a page has, and which of them are more than allowed.

    `row` is what each row of the page contains; a limit of 0 is none.
    """
    content, number = variant.run(), len(statements(server, variant.run))
    rows, count = content.count(row), len(content)
    return (
        f"{rows} rows, {count:,} bytes{mark(count, size)}, {number} queries{mark(number, queries)}"
    )


def mark(number: int, limit: int) -> str:
    return f" (MISSED {limit:,})" if limit and number > limit else ""

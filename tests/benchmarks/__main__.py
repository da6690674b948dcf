"""How fast is it? `make bench` measures in one process and prints one table.

A line has the median and the 95th percentile of one thing, and mostly how many times longer it takes than another that
was measured in the same rounds: the same page of a small account, Django admin's list, or bare SQL. Milliseconds are
the machine's, ratios hardly. What has a limit is "ok" or "MISSED"; the rest is there to be known. "noisy" is a 95th
percentile over its limit that the machine alone may account for: the first line is work that never varies by itself.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
django.setup()

from phoneadmin.operations.embedded import EmbeddedPostgres  # noqa: E402
from tests.benchmarks import bare  # noqa: E402
from tests.benchmarks.browser import Browser  # noqa: E402
from tests.benchmarks.confirming import confirming  # noqa: E402
from tests.benchmarks.data import Company, company, database, statements, support_agent  # noqa: E402
from tests.benchmarks.measure import Variant, in_turns, say, yardstick  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS") or 200)
SPREAD = 1.5
QUERIES = 9
DROPDOWN = 40_000
FIRST_VISIT = 70_000
# What is asked of the large account, of the small one so that about as many rows come, and the limit of the ratio.
PAGES = {
    "default order": ("", "", 1.5),
    "by Ext, descending": ("?sort=-ext", "?sort=-ext", 1.5),
    "by person": ("?sort=person", "?sort=person", 1.5),
    "by label": ("?sort=label", "?sort=label", 1.5),
    "by model": ("?sort=model", "?sort=model", 1.5),
    "by MAC address": ("?sort=mac", "?sort=mac", 1.5),
    "somewhere in the middle": ("?after={middle}", "?after={middle}", 1.5),
    "last page": ("?last=1", "?last=1", 2),
    "last page, by person": ("?last=1&sort=person", "?last=1&sort=person", 2),
    "only those without address": ("?show=missing", "", None),
    "only one model": ("?model=Snom+D785", "", None),
    "search, 1 hit": ("?q={mac}", "?q={mac}", 2),
    "search, few hits": ("?q=zoe+belanger", "", 2),
    "search, many hits": ("?q=poly", "", 2),
    "search, many hits, by person": ("?q=poly&sort=person", "?sort=person", 2),
    "search, two words of many hits": ("?q=yealink+zoe", "", 2),
    "search, 2 letters": ("?q=zo", "", 2),
    "search, no hits": ("?q=nosuchphone", "?q=nosuchphone", 2),
    "search, two words, no hits": ("?q=cisco+yealink", "?q=cisco+yealink", 2),
    "search, 2 letters, no hits": ("?q=xq", "?q=xq", 2),
}
WITHOUT_ADDRESSES = (
    "default order", "by Ext, descending", "by person", "last page", "only those without address", "search, few hits",
    "search, many hits", "search, no hits",
)  # fmt: skip
PEOPLE = {
    "opened": ("", "", 1.5),
    "continued": ("?after={middle}", "?after={middle}", 1.5),
    "at its end": ("?last=1", "?last=1", 1.5),
    "1 letter typed": ("?q=a", "", 1.5),
    "2 letters typed": ("?q=an", "", 1.5),
    "3 letters typed": ("?q=ana", "", 1.5),
    "a whole name typed": ("?q=zoe+belanger", "?q=zoe", 1.5),
    "a whole email typed": ("?q={email}", "?q={email}", 1.5),
    "1 letter, no hits": ("?q=~", "?q=~", 1.5),
    "2 letters, no hits": ("?q=xq", "?q=xq", 1.5),
    "a word, no hits": ("?q=nosuchperson", "?q=nosuchperson", 1.5),
}


@dataclass(frozen=True)
class Line:
    """One line of the table: what was measured, what it is compared with, and the limits."""

    name: str
    variant: Variant
    against: Variant | None = None
    at_most: float | None = None
    at_least: float | None = None
    steady: bool = False
    facts: str = ""

    @property
    def ratio(self) -> float:
        """How many times longer it takes than the other; with `at_least`, how many times less."""
        ratio = self.variant.median / self.against.median
        return 1 / ratio if self.at_least else ratio

    def shown(self, noise: float) -> str:
        """Return the line as the table has it; `noise` is the spread of what does not vary by itself."""
        v = self.variant
        steadiness = "noisy" if SPREAD < v.spread <= SPREAD * noise else verdict(v.spread <= SPREAD)
        cells = f"{self.name:62}{v.median:8.2f}{v.p95:8.2f}{v.spread:7.2f} "
        cells += f"{steadiness if self.steady else '':7}"
        if self.against:
            cells += f"{self.against.median:8.2f}{self.ratio:7.2f} "
            if self.at_most:
                cells += f"≤ {self.at_most:<4}{verdict(self.ratio <= self.at_most):8}"
            elif self.at_least:
                cells += f"≥ {self.at_least:<4}{verdict(self.ratio >= self.at_least):8}"
        return f"{cells:108}{self.facts}"


def verdict(kept: bool) -> str:
    return "ok" if kept else "MISSED"


def main() -> None:
    """Make the data, measure, print the table."""
    say("Starting PostgreSQL and making companies …")
    with database() as server:
        small, large = company(phones=100, users=100), company(phones=100_000, users=100_000)
        bleak, bleak_large = (
            company(phones=100, users=100, missing=1),
            company(phones=100_000, users=100_000, missing=1),
        )
        staffed = company(phones=10_000, users=10_000)
        machine = Variant(yardstick)
        lines = [
            Line("This machine: the same loop again and again", machine),
            *pages(server, "User phones, 100,000 : 100", large, small, PAGES),
            *pages(server, "… 100 % without address", bleak_large, bleak, WITHOUT_ADDRESSES),
            *beside(server, small, large),
            *dropdown(server, staffed, small),
        ]
        measure("reading", lines)
        writing = [Line(*each) for each in confirming(large)]
        measure("confirming", writing)
        with server.superuser() as superuser:
            ((version, fsync),) = superuser.execute(
                "SELECT current_setting('server_version'), current_setting('fsync')"
            )
        print(
            f"Python {platform.python_version()}, Django {django.__version__}, PostgreSQL {version}, fsync {fsync}"
        )
        print(
            f"{'milliseconds':62}{'median':>8}{'p95':>8}{'p95/median':>14}{'other':>9}{'ratio':>7} limit"
        )
        for line in [*lines, *writing]:
            print(line.shown(machine.spread))
        first_visit(large)


def measure(what: str, lines: Iterable[Line]) -> None:
    variants = dict.fromkeys(
        each for line in lines for each in (line.variant, line.against) if each
    )
    say(f"Measuring {what}, {len(variants)} ways …")
    in_turns(list(variants), rounds=ROUNDS)


def pages(
    server: EmbeddedPostgres, title: str, large: Company, small: Company, names: Iterable[str]
) -> list[Line]:
    """User phones of a large account beside the same of a small one."""
    lines = []
    for name in names:
        query, reference, limit = PAGES[name]
        variant, against = (
            visit(each.browser, "/phones/" + fill(q, each))
            for each, q in ((large, query), (small, reference))
        )
        facts = facts_of(server, variant, b'id="phone-', queries=QUERIES)
        lines.append(
            Line(f"{title}: {name}", variant, against, at_most=limit, steady=True, facts=facts)
        )
    return lines


def beside(server: EmbeddedPostgres, small: Company, large: Company) -> list[Line]:
    """User phones beside Django admin's list, beside its own SQL, and compressed."""
    agent = Browser(support_agent())
    lines = []
    for size, each in (("100", small), ("100,000", large)):
        title = f"User phones of {size}"
        page = visit(each.browser, "/phones/")
        admin = visit(agent, f"/admin/benchmark/phones/phone/?account={each.id}")
        sql = bare.sent(page.run)
        floor, guarded, unguarded = (
            bare.joined(sql),
            bare.replayed(sql),
            bare.replayed(sql, role="owner"),
        )
        facts = "the other: " + facts_of(server, admin, b'name="_selected_action"')
        lines += [
            Line(
                f"{title}, beside Django admin’s list",
                page,
                admin,
                at_least=2.5,
                steady=True,
                facts=facts,
            ),
            Line(f"{title}, beside the same SQL and a joined string", page, floor),
            Line(f"{title}, its SQL with row-level security, beside without", guarded, unguarded),
            Line(
                f"{title}, compressed",
                visit(each.browser, "/phones/", HTTP_ACCEPT_ENCODING="gzip"),
                page,
            ),
        ]
    return lines


def dropdown(server: EmbeddedPostgres, large: Company, small: Company) -> list[Line]:
    """The list behind Assigned to, of 10,000 people beside that of 100."""
    lines = []
    for name, (query, reference, limit) in PEOPLE.items():
        variant, against = (
            visit(
                each.browser,
                f"/phones/{each.one(A_PHONE)[0]}/people/{fill(q, each)}",
                HTTP_HX_REQUEST="true",
            )
            for each, q in ((large, query), (small, reference))
        )
        facts = facts_of(server, variant, b'role="option"', queries=QUERIES, size=DROPDOWN)
        lines.append(
            Line(
                f"Dropdown, 10,000 : 100: {name}",
                variant,
                against,
                at_most=limit,
                steady=True,
                facts=facts,
            )
        )
    return lines


OF_ACCOUNT = "FROM phones_phone p JOIN users_user u ON u.id = p.assigned_to_id WHERE p.account_id = %(account)s"
A_PHONE = f"SELECT p.id, p.mac, u.email {OF_ACCOUNT} ORDER BY p.id LIMIT 1"
MIDDLE = f"SELECT u.ext_number, u.ext {OF_ACCOUNT} ORDER BY 1, 2 OFFSET (SELECT count(*) / 3 {OF_ACCOUNT}) LIMIT 1"


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


def facts_of(
    server: EmbeddedPostgres, variant: Variant, row: bytes, *, queries: int = 0, size: int = 0
) -> str:
    """Return how many rows, bytes and queries a page has, and where it has more than it may."""
    content, number = variant.run(), len(statements(server, variant.run))
    rows, count = content.count(row), len(content)
    return (
        f"{rows} rows, {count:,} bytes{over(count, size)}, {number} queries{over(number, queries)}"
    )


def over(number: int, limit: int) -> str:
    return f" (MISSED {limit:,})" if limit and number > limit else ""


def first_visit(company: Company) -> None:
    """Print what is loaded by a browser that never was here."""
    parts = company.browser.first_visit("/phones/")
    total = sum(parts.values())
    print(
        f"\nFirst visit, compressed: {total:,} bytes, at most {FIRST_VISIT:,}: {verdict(total <= FIRST_VISIT)}"
    )
    for url, size in parts.items():
        print(f"{size:9,} {url}")


if __name__ == "__main__":
    main()

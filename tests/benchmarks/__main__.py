"""Measure how fast the pages are, in one process, and print two tables (`make bench`).

The first table shows User phones in accounts of every size (sizes.py). A line of the second shows
the median and the 95th percentile of one thing, and usually how many times as long it takes as
another thing measured in the same rounds: the same page of a small account, Django admin's list, or
bare SQL. Milliseconds depend on the machine, ratios hardly do. A line with a limit says "ok" or
"MISSED". "noisy" means that the machine alone may explain a 95th percentile over its limit: the
first line measures work that never varies by itself. SIZES=100,5000 OTHERS=50 ROUNDS=20 measures
less.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
django.setup()

from phoneadmin.operations.embedded import EmbeddedPostgres  # noqa: E402
from tests.benchmarks import bare  # noqa: E402
from tests.benchmarks.browser import Browser  # noqa: E402
from tests.benchmarks.confirming import confirming  # noqa: E402
from tests.benchmarks.data import Company, company, crowd, database, support_agent  # noqa: E402
from tests.benchmarks.measure import Variant, in_turns, say, yardstick  # noqa: E402
from tests.benchmarks.pages import A_PHONE, QUERIES, count_facts, fill, visit  # noqa: E402
from tests.benchmarks.sizes import (  # noqa: E402
    IN_ORDER,
    NARROWED,
    Row,
    compare_sizes,
    show_sizes,
)

ROUNDS = int(os.environ.get("ROUNDS") or 200)
# Phones of the accounts to compare, the smallest first, and the number of other accounts.
SIZES = [int(size) for size in (os.environ.get("SIZES") or "100,1000,10000,100000").split(",")]
OTHERS = int(os.environ.get("OTHERS") or 1000)
OTHERS_PHONES = 100
SPREAD = 1.5
STAFF = 10_000
DROPDOWN = 40_000
FIRST_VISIT = 70_000
# The query for a large account without addresses, the query that gets about as many rows from a
# small one, and the limit of the ratio.
WITHOUT_ADDRESSES = {
    "default order": ("", "", IN_ORDER),
    "by Ext, descending": ("?sort=-ext", "?sort=-ext", IN_ORDER),
    "by person": ("?sort=person", "?sort=person", IN_ORDER),
    "last page": ("?last=1", "?last=1", IN_ORDER),
    "only those without address": ("?show=missing", "", NARROWED),
    "search, few hits": ("?q=zoe+belanger", "", NARROWED),
    "search, many hits": ("?q=poly", "", NARROWED),
    "search, no hits": ("?q=nosuchphone", "?q=nosuchphone", NARROWED),
}
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
    """One line of the table: a measured variant, the one to compare it with, and the limits."""

    name: str
    variant: Variant
    against: Variant | None = None
    at_most: float | None = None
    at_least: float | None = None
    steady: bool = False
    facts: str = ""

    @property
    def ratio(self) -> float:
        """How many times as long it takes as the other; with `at_least`, the inverse."""
        ratio = self.variant.median / self.against.median
        return 1 / ratio if self.at_least else ratio

    def shown(self, noise: float) -> str:
        """Return the line of the table; `noise` is the spread of the yardstick."""
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
    """Make the data, measure, print the tables."""
    say("Starting PostgreSQL and making companies …")
    with database() as server:
        crowd(accounts=OTHERS, phones=OTHERS_PHONES)
        companies = [company(phones=size, users=size) for size in SIZES]
        small, large = companies[0], companies[-1]
        bleak, bleak_large = (
            company(phones=size, users=size, missing=1) for size in (SIZES[0], SIZES[-1])
        )
        staffed = company(phones=min(STAFF, SIZES[-1]), users=min(STAFF, SIZES[-1]))
        machine = Variant(yardstick)
        rows = compare_sizes(server, companies)
        title = f"User phones, {SIZES[-1]:,} : {SIZES[0]:,}, all without address"
        lines = [
            Line("This machine: the same loop again and again", machine),
            *pages(server, title, bleak_large, bleak),
            *beside(server, small, large),
            *dropdown(server, staffed, small),
        ]
        measure("reading", lines, rows)
        writing = [Line(*each) for each in confirming(large)]
        measure("confirming", writing)
        describe(server)
        show_sizes(rows, SIZES, OTHERS)
        print(
            f"\n{'milliseconds':62}{'median':>8}{'p95':>8}{'p95/median':>14}"
            f"{'other':>9}{'ratio':>7} limit"
        )
        for line in [*lines, *writing]:
            print(line.shown(machine.spread))
        first_visit(large)


def describe(server: EmbeddedPostgres) -> None:
    """Print which versions were measured."""
    with server.connect_as_superuser() as superuser:
        ((version, fsync),) = superuser.execute(
            "SELECT current_setting('server_version'), current_setting('fsync')"
        )
    print(
        f"Python {platform.python_version()}, Django {django.__version__},"
        f" PostgreSQL {version}, fsync {fsync}"
    )


def measure(what: str, lines: Iterable[Line], rows: Iterable[Row] = ()) -> None:
    """Measure every variant in these lines and rows, in turns; a shared variant only once."""
    variants = dict.fromkeys(
        each for line in lines for each in (line.variant, line.against) if each
    ) | dict.fromkeys(each for row in rows for each in row.variants)
    say(f"Measuring {what}, {len(variants)} ways …")
    in_turns(list(variants), rounds=ROUNDS)


def pages(server: EmbeddedPostgres, title: str, large: Company, small: Company) -> list[Line]:
    """Compare User phones of a large account with the same pages of a small one."""
    lines = []
    for name, (query, reference, limit) in WITHOUT_ADDRESSES.items():
        variant, against = (
            visit(each.browser, "/phones/" + fill(q, each))
            for each, q in ((large, query), (small, reference))
        )
        facts = count_facts(server, variant, b'id="phone-', queries=QUERIES)
        lines.append(
            Line(f"{title}: {name}", variant, against, at_most=limit, steady=True, facts=facts)
        )
    return lines


def beside(server: EmbeddedPostgres, small: Company, large: Company) -> list[Line]:
    """Compare User phones with Django admin's list, with its own SQL, and compressed."""
    agent = Browser(support_agent())
    lines = []
    for size, each in ((SIZES[0], small), (SIZES[-1], large)):
        title = f"User phones of {size:,}"
        page = visit(each.browser, "/phones/")
        admin = visit(agent, f"/admin/benchmark/phones/phone/?account={each.id}")
        sql = bare.sent(page.run)
        floor, guarded, unguarded = (
            bare.joined(sql),
            bare.replayed(sql),
            bare.replayed(sql, role="owner"),
        )
        facts = "the other: " + count_facts(server, admin, b'name="_selected_action"')
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
    """Compare the Assigned to list of very many people with that of few."""
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
        facts = count_facts(server, variant, b'role="option"', queries=QUERIES, size=DROPDOWN)
        lines.append(
            Line(
                f"Dropdown, {min(STAFF, SIZES[-1]):,} : {SIZES[0]:,}: {name}",
                variant,
                against,
                at_most=limit,
                steady=True,
                facts=facts,
            )
        )
    return lines


def first_visit(company: Company) -> None:
    """Print what a browser loads on its first visit."""
    parts = company.browser.first_visit("/phones/")
    total = sum(parts.values())
    print(
        f"\nFirst visit, compressed: {total:,} bytes, at most {FIRST_VISIT:,}:"
        f" {verdict(total <= FIRST_VISIT)}"
    )
    for url, size in parts.items():
        print(f"{size:9,} {url}")


if __name__ == "__main__":
    main()

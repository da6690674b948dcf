"""User phones in accounts of every size, in every order, filter and search, in one table.

A customer must not wait longer because they have grown, nor because of others in the database: the
planner judges an account by the average of all, so the measured ones stand among many others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from phoneadmin.operations.embedded import EmbeddedPostgres
from tests.benchmarks.data import Company
from tests.benchmarks.measure import Variant
from tests.benchmarks.pages import QUERIES, count_facts, fill, visit

IN_ORDER = 1.3
NARROWED = 2.0
ORDERS = {
    f"by {name}{', descending' * bool(descends)}": f"{descends}{key}"
    for key, name in {
        "ext": "Ext",
        "person": "person",
        "label": "label",
        "model": "model",
        "mac": "MAC address",
        "status": "status",
    }.items()
    for descends in ("", "-")
}
# What is asked in every order, because hits may lie together in one: the phones of one model have
# neighboring MAC addresses.
IN_EVERY_ORDER = {
    "only those without address": "show=missing",
    "only one model": "model=Snom+D785",
    "only those not registered": "status=not-registered",
    "search, many hits": "q=poly",
}
# The query for each account, and the one that gets about as many rows from the smallest account.
FILTERS = {
    "only those assigned": ("?show=assigned", "?show=assigned"),
    "only those that are free": ("?show=free", ""),
    "only one model, without address": ("?model=Snom+D785&show=missing", ""),
    "only those that need a restart": ("?status=needs-restart", "?status=needs-restart"),
    "search, words of nearly all addresses": ("?q=floor+st", ""),
    "search, a street and a model": ("?q=gold+st+snom", ""),
    "search, 1 hit": ("?q={mac}", "?q={mac}"),
    "search, few hits": ("?q=zoe+belanger", ""),
    "search, 2 letters, last page": ("?q=zo&last=1", "?last=1"),
    "search, many hits, without address": ("?q=poly&show=missing", ""),
    "search, two words of many hits": ("?q=yealink+zoe", ""),
    "search, 2 letters": ("?q=zo", ""),
    "search, no hits": ("?q=nosuchphone", "?q=nosuchphone"),
    "search, two words, no hits": ("?q=cisco+yealink", "?q=cisco+yealink"),
    "search, 2 letters, no hits": ("?q=xq", "?q=xq"),
}


def name_pages() -> Iterator[tuple[str, str, str, float]]:
    """Yield each page's name, its query, the query for the smallest account, and the limit."""
    for name, sort in ORDERS.items():
        yield name, f"?sort={sort}", f"?sort={sort}", IN_ORDER
        yield f"{name}, last page", f"?sort={sort}&last=1", f"?sort={sort}&last=1", IN_ORDER
    yield "by Ext, somewhere in the middle", "?after={middle}", "?after={middle}", IN_ORDER
    for name, query in IN_EVERY_ORDER.items():
        for order, sort in ORDERS.items():
            if sort.startswith("-"):
                continue
            for page, last in (("", ""), (", last page", "&last=1")):
                asked, reference = f"?{query}&sort={sort}{last}", f"?sort={sort}{last}"
                yield f"{name}, {order}{page}", asked, reference, NARROWED
    for name, (query, reference) in FILTERS.items():
        yield name, query, reference, NARROWED


@dataclass(frozen=True)
class Row:
    """One page in accounts of every size, the smallest first.

    `limit` is how many times as long the page may take in a larger account.
    """

    name: str
    variants: Sequence[Variant]
    limit: float
    facts: str

    @property
    def ratios(self) -> list[float]:
        """How many times as long each larger account takes as the smallest."""
        return [each.median / self.variants[0].median for each in self.variants[1:]]

    def shown(self) -> str:
        """Return the line of the table: milliseconds, ratios, limit, verdict, facts."""
        cells = f"{self.name:54}" + "".join(f"{each.median:9.2f}" for each in self.variants)
        cells += " " + "".join(f"{ratio:6.2f}" for ratio in self.ratios)
        verdict = "ok" if max(self.ratios) <= self.limit else "MISSED"
        return f"{cells}  ≤ {self.limit:<4}{verdict:8}{self.facts}"


def compare_sizes(server: EmbeddedPostgres, companies: Sequence[Company]) -> list[Row]:
    """Return the rows of the table, not yet measured; `companies` have the smallest first."""
    rows = []
    for name, query, reference, limit in name_pages():
        asked = [reference] + [query] * (len(companies) - 1)
        variants = [
            visit(company.browser, "/phones/" + fill(each, company))
            for company, each in zip(companies, asked, strict=True)
        ]
        facts = count_facts(server, variants[-1], b'id="phone-', queries=QUERIES)
        rows.append(Row(name, variants, limit, facts))
    return rows


def show_sizes(rows: Sequence[Row], sizes: Sequence[int], others: int) -> None:
    """Print the table."""
    print(f"\nUser phones, milliseconds by the account's phones, among {others:,} other accounts")
    print(f"{'':54}" + "".join(f"{size:9,}" for size in sizes) + "  times as long  limit")
    for row in rows:
        print(row.shown())

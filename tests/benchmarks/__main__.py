"""How fast is it? `make bench` measures in one process and prints one table, with the ratios that issue by issue must hold.

Every line has the median and the 95th percentile of one thing, and mostly its ratio to another that was measured in
the same rounds: the same page of a small account, Django admin's list, or bare SQL. Milliseconds depend on the machine,
ratios hardly do. A ratio with a limit is "ok" or "MISSED"; the others are there to be known.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
django.setup()

from django.db import connection  # noqa: E402

from phoneadmin.postgres import EmbeddedPostgres  # noqa: E402
from tests.benchmarks.browser import Browser  # noqa: E402
from tests.benchmarks.confirming import confirming  # noqa: E402
from tests.benchmarks.data import Company, bare, company, database, statements, support_agent  # noqa: E402
from tests.benchmarks.measure import Variant, in_turns, say  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS") or 200)
STEADY = 1.5
QUERIES = 8
FIRST_VISIT = 70_000
DROPDOWN = 40_000
# What is asked of 100,000 phones, of 100 (so that about as many rows come), and how many times longer it may take.
PAGES = [
    ("default order", "", "", 1.5),
    ("by Ext, descending", "?sort=-ext", "?sort=-ext", 1.5),
    ("by person", "?sort=person", "?sort=person", 1.5),
    ("by label", "?sort=label", "?sort=label", 1.5),
    ("by model", "?sort=model", "?sort=model", 1.5),
    ("by MAC", "?sort=mac", "?sort=mac", 1.5),
    ("only address missing", "?show=missing", "?show=all", 1.5),
    ("only one model, by Ext", "?model=Snom+D785", "", 1.5),
    ("in the middle", "?after={middle}", "?after={middle}", 1.5),
    ("last page", "?last=1", "?last=1", 2),
    ("last page, by person", "?last=1&sort=person", "?last=1&sort=person", 2),
    ("search, one hit", "?q={mac}", "?q={mac}", 2),
    ("search, few hits", "?q=zoe+belanger", "?q=e", 2),
    ("search, many hits", "?q=poly", "?q=e", 2),
    ("search, many hits, by person", "?q=poly&sort=person", "?q=e&sort=person", 2),
    ("search, two common words", "?q=yealink+zoe", "?q=e", 2),
    ("search, two letters", "?q=zo", "?q=e", 2),
    ("search, no hits", "?q=nosuchphone", "?q=nosuchphone", 2),
    ("search, no hits, two letters", "?q=xq", "?q=xq", 2),
    ("search, no hits, two common words", "?q=cisco+yealink", "?q=cisco+yealink", 2),
]
# The same for the dropdown, of 10,000 people and of 100.
PEOPLE = [
    ("opened", "", "", 1.5),
    ("continued", "?after={middle}", "?after=[0,10,%2210%22]", 1.5),
    ("End key", "?last=1", "?last=1", 1.5),
    ("1 letter", "?q=a", "?q=a", 1.5),
    ("2 letters", "?q=an", "?q=a", 1.5),
    ("3 letters", "?q=ana", "?q=a", 1.5),
    ("first and last name", "?q=zoe+belanger", "?q=zo", 1.5),
    ("one hit", "?q={email}", "?q={email}", 1.5),
    ("no hits", "?q=nosuchperson", "?q=nosuchperson", 1.5),
    ("no hits, 1 letter", "?q=~", "?q=~", 1.5),
    ("no hits, 2 letters", "?q=xq", "?q=xq", 1.5),
]


@dataclass(frozen=True)
class Line:
    """One line of the table: a variant, what it is compared with, and the limit of the ratio."""

    variant: Variant
    against: Variant | None = None
    at_most: float | None = None
    at_least: float | None = None
    steady: bool = False
    facts: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times longer it takes; with `at_least`, how many times less."""
        if not self.against:
            return None
        ratio = self.variant.median / self.against.median
        return 1 / ratio if self.at_least else ratio

    def __str__(self) -> str:
        variant, ratio = self.variant, self.ratio
        spread = variant.p95 / variant.median
        cells = f"{variant.name:58}{variant.median:8.2f}{variant.p95:8.2f}{spread:6.2f}"
        cells += f" {verdict(spread <= STEADY) if self.steady else '':6}"
        cells += f"{ratio:8.2f}" if ratio else " " * 8
        limit = f"≤ {self.at_most}" if self.at_most else f"≥ {self.at_least}" if self.at_least else ""
        kept = not limit or (ratio <= self.at_most if self.at_most else ratio >= self.at_least)
        return f"{cells} {limit:6}{verdict(kept) if limit else '':7}{self.facts}"


def verdict(kept: bool) -> str:
    return "ok" if kept else "MISSED"


def main() -> None:
    """Make the data, measure, print the table."""
    say("Starting PostgreSQL and making companies …")
    with database() as server:
        small, large = company(phones=100, users=100), company(phones=100_000, users=100_000)
        bleak_small = company(phones=100, users=100, missing=1)
        bleak_large = company(phones=100_000, users=100_000, missing=1)
        staffed = company(phones=10_000, users=10_000)
        agent = Browser(support_agent())
        lines = [
            *pages(server, "2 %", small, large, agent),
            *pages(server, "100 %", bleak_small, bleak_large, agent),
            *dropdown(server, small, staffed),
        ]
        say(f"Measuring {len(lines)} kinds of reading …")
        in_turns([line.variant for line in lines], rounds=ROUNDS)
        say("Measuring confirmations …")
        writing = [Line(v, against, at_most=limit) for v, against, limit in confirming(large)]
        in_turns([line.variant for line in writing], rounds=ROUNDS)
        print(f"{'milliseconds':58}{'median':>8}{'p95':>8}{'p95/median':>12} {'ratio':>8} {'limit':13}facts")
        for line in [*lines, *writing]:
            print(line)
        first_visit(large)


def pages(server: EmbeddedPostgres, missing: str, small: Company, large: Company, agent: Browser) -> list[Line]:
    """User phones of 100,000 phones and of 100, Django admin's list of the same, and what the page consists of."""
    ours = {key: Browser(each.administrator) for key, each in (("small", small), ("large", large))}
    title = f"User phones ({missing} missing)"
    lines, known = [], {}
    for name, query, reference, limit in PAGES:
        urls = [f"/phones/{fill(query, each)}" for each, query in ((small, reference), (large, query))]
        if (known_one := known.get(urls[0])) is None:
            known_one = known[urls[0]] = Variant(f"{title}, 100: {urls[0]}", visit(ours["small"], urls[0]))
            lines.append(Line(known_one, steady=True, facts=facts(server, known_one, 'id="phone-')))
        variant = Variant(f"{title}, 100,000: {name}", visit(ours["large"], urls[1]))
        lines.append(
            Line(variant, known_one, at_most=limit, steady=True, facts=facts(server, variant, 'id="phone-', QUERIES))
        )
    for size, each, page in (("100", small, known["/phones/"]), ("100,000", large, lines[1].variant)):
        url = f"/admin/benchmark/phones/phone/?account={each.id}"
        admin = Variant(f"Django admin ({missing}), {size}", visit(agent, url))
        lines.append(Line(admin, page, facts=facts(server, admin, 'name="_selected_action"')))
        again = Variant(f"{title}, {size}: beside Django admin", page.run)
        lines.append(Line(again, admin, at_least=2.5, steady=True))
        browser = ours["small" if each is small else "large"]
        sql = sent(page)
        app, owner = bare(), bare("owner")
        floor = Variant(f"{title}, {size}: its SQL and a joined string", lambda app=app, sql=sql: floor_page(app, sql))
        guarded = Variant(f"{title}, {size}: its SQL", lambda app=app, sql=sql: replay(app, sql))
        unguarded = Variant(
            f"{title}, {size}: its SQL without row-level security", lambda owner=owner, sql=sql: replay(owner, sql)
        )
        compressed = Variant(f"{title}, {size}: compressed", visit(browser, "/phones/", HTTP_ACCEPT_ENCODING="gzip"))
        lines += [
            Line(floor),
            Line(Variant(f"{title}, {size}: beside its floor", page.run), floor),
            Line(unguarded),
            Line(guarded, unguarded),
            Line(compressed, page),
        ]
    return lines


def dropdown(server: EmbeddedPostgres, small: Company, large: Company) -> list[Line]:
    """The list behind Assigned to, of 10,000 people and of 100."""
    ours = {each: Browser(each.administrator) for each in (small, large)}
    lines, known = [], {}
    for name, query, reference, limit in PEOPLE:
        urls = [
            f"/phones/{each.ask(A_PHONE)[0][0]}/people/{fill(query, each)}"
            for each, query in ((small, reference), (large, query))
        ]
        if (known_one := known.get(urls[0])) is None:
            known_one = Variant(f"Dropdown, 100: {urls[0].partition('people/')[2]}", visit(ours[small], urls[0], **HTMX))
            known[urls[0]] = known_one
            lines.append(Line(known_one, facts=facts(server, known_one, 'role="option"')))
        variant = Variant(f"Dropdown, 10,000: {name}", visit(ours[large], urls[1], **HTMX))
        lines.append(
            Line(
                variant,
                known_one,
                at_most=limit,
                steady=True,
                facts=facts(server, variant, 'role="option"', QUERIES, DROPDOWN),
            )
        )
    return lines


HTMX = {"HTTP_HX_REQUEST": "true"}
OF_ACCOUNT = "FROM phones_phone p JOIN users_user u ON u.id = p.assigned_to_id WHERE p.account_id = %(account)s"
A_PHONE = f"SELECT p.id, p.mac, u.email {OF_ACCOUNT} ORDER BY p.id LIMIT 1"
MIDDLE = f"SELECT u.ext_number, u.ext {OF_ACCOUNT} ORDER BY 1, 2 OFFSET (SELECT count(*) / 3 {OF_ACCOUNT}) LIMIT 1"


def fill(query: str, company: Company) -> str:
    """Put this company's own values where a query asks for them."""
    if "{" not in query:
        return query
    ((_, mac, email),), ((number, ext),) = company.ask(A_PHONE), company.ask(MIDDLE)
    return query.format(mac=mac, email=email, middle=quote(f'[0,{number},"{ext}"]'))


def visit(browser: Browser, url: str, **headers: str) -> Any:
    def run() -> Any:
        answer = browser.get(url, **headers)
        assert answer.status == 200, (url, answer.status, answer.text[-2000:])
        return answer

    return run


def facts(server: EmbeddedPostgres, variant: Variant, row: str, queries: int = 0, size: int = 0) -> str:
    """Return how many rows, bytes and queries there are, and whether that is too much."""
    answer = variant.run()
    number = len(statements(server, variant.run))
    text = f"{answer.text.count(row):3} rows, {len(answer.body):7,} bytes, {number} queries"
    if size:
        text += f", bytes {verdict(len(answer.body) <= size)}"
    return f"{text}, queries {verdict(number <= queries)}" if queries else text


def sent(variant: Variant) -> list[tuple[str, Any]]:
    """Return the SQL that a page sends, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        variant.run()
    return seen


def replay(connection: Any, sql: Sequence[tuple[str, Any]]) -> list[Any]:
    """Send the same SQL in one transaction, and return the rows of the last."""
    with connection.transaction(), connection.cursor() as cursor:
        for statement, params in sql:
            cursor.execute(statement, params)
            rows = cursor.fetchall()
        return rows


def floor_page(connection: Any, sql: Sequence[tuple[str, Any]]) -> bytes:
    """Return what the simplest program would: the rows, joined."""
    rows = replay(connection, sql)
    return "".join(f"<tr><td>{'<td>'.join(map(str, row))}</tr>\n" for row in rows).encode()


def first_visit(company: Company) -> None:
    """Print what a browser loads that never was here."""
    parts = Browser(company.administrator).first_visit("/phones/")
    total = sum(parts.values())
    print(f"\nFirst visit, compressed: {total:,} bytes, limit {FIRST_VISIT:,}: {verdict(total <= FIRST_VISIT)}")
    for url, size in parts.items():
        print(f"  {size:7,} {url}")


if __name__ == "__main__":
    main()

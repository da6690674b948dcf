"""kill -9 of every program under load: what was acknowledged is there, nothing is half-done, all
works again by itself.

Kills are no crashes of the machine, but PostgreSQL runs here as it does in production, with fsync.
"""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

import pytest

from phoneadmin.operations import keys
from phoneadmin.operations.embedded import EmbeddedPostgres
from tests.waiting import wait_until

from . import checks
from .conftest import Survivor
from .load import load
from .product import TARGETS, Product, owner
from .told import count_figures

AT_ONCE = ("page", "change", "fetch", "register")  # what people and telephones wait for
LATER = "address in force"  # what the worker does
BACK_AGAIN = 60.0  # seconds until everything must work again
# seconds that anything may live on without its supervisor; what noticed nothing would live on for
# ever
GONE = 20.0
HOLDING = {"PostgreSQL", "job worker"}  # are killed while a job waits for an answer
SOAK = 20
TIMES = [pytest.param(1, marks=pytest.mark.ci), pytest.param(SOAK, marks=pytest.mark.soak)]


@dataclass
class Kill:
    """One kill, and for how many seconds there was no success of each kind."""

    target: str
    at: float  # time.time
    seconds: dict[str, float] = field(default_factory=dict)


def kill(survivor: Survivor, product: Product, target: str) -> Kill:
    """Kill a program under load, and return when all works again that people and telephones wait
    for.
    """
    ledger = survivor.ledger
    with ExitStack() as stack:
        held = stack.enter_context(survivor.job_interrupted()) if target in HOLDING else None
        calm = stack.enter_context(load(product, survivor.company, ledger, survivor.generator))
        started = time.time()
        wait_until(lambda: ledger.next_success("change", started), BACK_AGAIN)
        assert held is None or held.obeyed.wait(BACK_AGAIN)
        complete, killed = product.kill(target), Kill(target, time.time())
        survivor.kills += 1
        calm.set()
        if held:
            held.released.set()
        wait_until(complete, BACK_AGAIN)
        back = time.time()
        wait_until(lambda: all(ledger.next_success(kind, back) for kind in AT_ONCE), BACK_AGAIN)
    for kind in AT_ONCE:
        killed.seconds[kind] = ledger.without(kind, killed.at, ledger.next_success(kind, back))
    assert_whole(survivor, product)
    return killed


def assert_whole(survivor: Survivor, product: Product) -> None:
    with owner(survivor.data) as connection:
        checks.whole(connection, survivor.account, survivor.ledger)
        checks.addresses(connection, survivor.account, survivor.ledger)
        checks.registrations(product, connection, survivor.account)
    assert 500 not in survivor.ledger.statuses, "a page showed an error that nobody had thought of"


def assert_all_jobs_done_once(survivor: Survivor, kills: list[Kill]) -> None:
    checks.jobs_done(lambda: owner(survivor.data))
    with owner(survivor.data) as connection:
        checks.addresses(connection, survivor.account, survivor.ledger)
        checks.provider_told(connection, survivor.account, survivor.play)
        worked = checks.put_in_force(connection, survivor.account)
    for one in kills:
        one.seconds[LATER] = min(ended for began, ended in worked if began > one.at) - one.at


def put_in_force_since(survivor: Survivor, since: float) -> bool:
    with owner(survivor.data) as connection:
        return any(began > since for began, _ in checks.put_in_force(connection, survivor.account))


def print_table(kills: list[Kill]) -> None:
    print("\nseconds without success after kill -9: median (longest)")
    print(f"{'':20}" + "".join(f"{kind:>20}" for kind in (*AT_ONCE, LATER)))
    for target in TARGETS:
        columns = [
            [one.seconds[kind] for one in kills if one.target == target]
            for kind in (*AT_ONCE, LATER)
        ]
        print(
            f"{target:20}"
            + "".join(f"{f'{median(one):.1f} ({max(one):.1f})':>20}" for one in columns)
        )


def print_figures(survivor: Survivor) -> None:
    """Check once more that all is whole, and print what the load amounted to so far."""
    with owner(survivor.data) as connection:
        did = checks.whole(connection, survivor.account, survivor.ledger)
    print(count_figures(survivor.ledger, did) | {"kills": survivor.kills})


@pytest.mark.parametrize("times", TIMES)
def test_everything_survives_the_kill_of_any_program(survivor, times):
    product = survivor.running()
    with owner(survivor.data) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    kills = [kill(survivor, product, target) for _ in range(times) for target in TARGETS]
    with load(product, survivor.company, survivor.ledger, survivor.generator):
        wait_until(lambda: put_in_force_since(survivor, kills[-1].at), BACK_AGAIN)
    assert_all_jobs_done_once(survivor, kills)
    print_table(kills)
    print_figures(survivor)


@pytest.mark.parametrize("times", TIMES)
def test_nothing_lives_on_without_its_supervisor(survivor, times):
    """kill -9, and Ctrl-C, under load; what both leave in the data folder is whole, and the next
    start works on it.
    """
    for end in (signal.SIGKILL, signal.SIGINT) * times:
        product = survivor.running()
        assert_whole(survivor, product)
        with load(product, survivor.company, survivor.ledger, survivor.generator):
            started = time.time()
            wait_until(lambda started=started: survivor.ledger.next_success("change", started))
            product.process.send_signal(end)
            survivor.kills += 1
            product.process.wait(30)
            wait_until(lambda product=product: not product.processes(), GONE)
    with (
        EmbeddedPostgres(survivor.data, keys.load_keys(survivor.data)),
        owner(survivor.data) as connection,
    ):
        checks.addresses(connection, survivor.account, survivor.ledger)
        print_figures(survivor)

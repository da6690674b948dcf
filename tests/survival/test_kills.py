"""kill -9 of every program under load loses nothing acknowledged and leaves nothing half-done.

Afterward everything works again by itself. A kill is not a crash of the machine, but PostgreSQL
runs here as in production, with fsync.
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

AT_ONCE = ("page", "change", "fetch", "register")  # what people and telephones notice
LATER = "address in force"  # what the worker does
BACK_AGAIN = 60.0  # seconds until everything must work again
# seconds that a process may outlive its supervisor; one that doesn't notice would live on for
# ever
GONE = 20.0
HOLDING = {"PostgreSQL", "job worker"}  # killed while a job waits for the provider's answer
SOAK = 20
TIMES = [pytest.param(1, marks=pytest.mark.ci), pytest.param(SOAK, marks=pytest.mark.soak)]


@dataclass
class Kill:
    """One kill, and for how many seconds each kind of action had no success."""

    target: str
    at: float  # time.time
    seconds: dict[str, float] = field(default_factory=dict)


def kill(survivor: Survivor, product: Product, target: str) -> Kill:
    """Kill a program under load; return once what people and telephones need works again."""
    ledger = survivor.ledger
    with ExitStack() as stack:
        held = stack.enter_context(survivor.job_interrupted()) if target in HOLDING else None
        calm = stack.enter_context(load(product, survivor.company, ledger, survivor.generator))
        started = time.time()
        wait_until(lambda: ledger.next_success("change", started), BACK_AGAIN)
        assert held is None or held.obeyed.wait(BACK_AGAIN)
        complete, killed = product.kill(target), Kill(target, time.time())
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
        checks.assert_history(connection, survivor.account, survivor.ledger)
        checks.assert_addresses(connection, survivor.account, survivor.ledger)
        checks.assert_registrations(product, connection, survivor.account)
    assert 500 not in survivor.ledger.statuses, "a page showed an unexpected error"


def assert_all_jobs_done_once(survivor: Survivor, kills: list[Kill]) -> None:
    checks.wait_for_jobs(lambda: owner(survivor.data))
    with owner(survivor.data) as connection:
        checks.assert_addresses(connection, survivor.account, survivor.ledger)
        checks.assert_provider(connection, survivor.account, survivor.play)
        worked = checks.read_times_in_force(connection, survivor.account)
    for one in kills:
        one.seconds[LATER] = min(ended for began, ended in worked if began > one.at) - one.at


def put_in_force_since(survivor: Survivor, since: float) -> bool:
    with owner(survivor.data) as connection:
        return any(
            began > since for began, _ in checks.read_times_in_force(connection, survivor.account)
        )


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


@pytest.mark.parametrize("times", TIMES)
def test_nothing_lives_on_without_its_supervisor(survivor, times):
    """Kill and interrupt the supervisor under load; the next start works on what is left."""
    for end in (signal.SIGKILL, signal.SIGINT) * times:
        product = survivor.running()
        assert_whole(survivor, product)
        with load(product, survivor.company, survivor.ledger, survivor.generator):
            started = time.time()
            wait_until(lambda started=started: survivor.ledger.next_success("change", started))
            product.process.send_signal(end)
            product.process.wait(30)
            wait_until(lambda product=product: not product.processes(), GONE)
    with (
        EmbeddedPostgres(survivor.data, keys.load_keys(survivor.data)),
        owner(survivor.data) as connection,
    ):
        checks.assert_history(connection, survivor.account, survivor.ledger)
        checks.assert_addresses(connection, survivor.account, survivor.ledger)

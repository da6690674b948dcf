"""What must be true of a company after any kill: its state, history, registrar and E911 provider.

The history is the record of what committed. It is read transaction by transaction, in the order
in which they held the account's lock, and replayed against the rule, which is written here a
second time without a look at phones/assignment.py.
"""

from __future__ import annotations

import time
from bisect import bisect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
import pytest

from phoneadmin.operations import keys
from tests.e911.providers.plays import TelnyxPlay
from tests.waiting import wait_until
from users import sip

from .load import Attempt, Ledger, register
from .product import Product

DOMAIN = "sip.phoneadmin.test"
FORMER = 20  # earlier usernames that the registrar is tried with
STALE_JOBS = 180.0  # seconds, at most, until all jobs are done

VERSIONS = """
SELECT pgh_id, (pgh_context ->> 'user')::bigint, pgh_created_at, pgh_obj_id, assigned_to_id,
    label, current_address_id
FROM phones_phoneevent WHERE account_id = %s ORDER BY pgh_id
"""
USERNAMES = """
SELECT (pgh_context ->> 'user')::bigint, pgh_created_at, user_id, username
FROM users_sipcredentialsevent WHERE account_id = %s ORDER BY pgh_id
"""
PHONES = (
    "SELECT id, assigned_to_id, label, current_address_id FROM phones_phone WHERE account_id = %s"
)
COUNTED = """
SELECT kind, model_id, phones, assigned, missing_address
FROM phones_phonecount WHERE account_id = %s AND phones <> 0
"""
COUNTS = """
SELECT kind, model_id, count(*), count(assigned_to_id),
    count(assigned_to_id) FILTER (WHERE current_address_id IS NULL)
FROM phones_phone WHERE account_id = %s AND retired_at IS NULL GROUP BY 1, 2
"""
ADDRESSES = """
SELECT address.house_number, address.set_by_id, address.phone_id, address.status,
    phone.id IS NOT NULL, address.known
FROM e911_emergencyaddress AS address
LEFT JOIN phones_phone AS phone ON phone.current_address_id = address.id
WHERE address.account_id = %s
"""
IN_FORCE = """
SELECT address.house_number, address.known -> 'address' ->> 'id', person.caller_id,
    btrim(person.first_name || ' ' || person.last_name)
FROM phones_phone AS phone
JOIN e911_emergencyaddress AS address ON address.id = phone.current_address_id
LEFT JOIN users_user AS person ON person.id = phone.assigned_to_id
WHERE phone.account_id = %s
"""
PUT_IN_FORCE = """
SELECT extract(epoch FROM address.set_at)::float AS began,
    extract(epoch FROM min(version.pgh_created_at))::float AS ended
FROM e911_emergencyaddress AS address
JOIN e911_emergencyaddressevent AS version ON version.pgh_obj_id = address.id
WHERE address.account_id = %s AND version.status = 'accepted' GROUP BY address.id ORDER BY ended
"""
UNFINISHED = """
SELECT count(*) FROM procrastinate_jobs
WHERE status IN ('todo', 'doing', 'failed', 'aborting') AND task_name <> 'e911.resume'
"""
WAITING = """
SELECT task_name, args, status, attempts, scheduled_at, heartbeat.last_heartbeat, now()
FROM procrastinate_jobs LEFT JOIN procrastinate_workers AS heartbeat ON heartbeat.id = worker_id
WHERE status IN ('todo', 'doing') AND task_name <> 'e911.resume'
"""
FAILED = (
    "SELECT task_name, args, status, attempts FROM procrastinate_jobs WHERE status IN"
    " ('failed', 'aborted')"
)

Facts = tuple[int | None, str, int | None]  # of a phone: its holder, its label, its current address


@dataclass
class Change:
    """What one transaction of one administrator did, according to the history."""

    by: int | None
    at: datetime
    phones: dict[int, Facts] = field(default_factory=dict)
    credentials: dict[int, str] = field(default_factory=dict)


def read_history(owner: psycopg.Connection, account: int) -> list[Change]:
    """Return all changes of phones in order."""
    found: dict[tuple[int | None, datetime], Change] = {}
    for _, by, at, phone, *facts in owner.execute(VERSIONS, [account]):
        found.setdefault((by, at), Change(by, at)).phones[phone] = tuple(facts)
    for by, at, person, username in owner.execute(USERNAMES, [account]):
        if (by, at) in found:
            found[by, at].credentials[person] = username
        else:
            assert by is None, f"{person} got new SIP credentials without an assignment"  # R14, R22
    return list(found.values())


def assert_history(owner: psycopg.Connection, account: int, ledger: Ledger) -> None:
    """Assert that the history has every acknowledged change, none by halves, and nothing else."""
    state: dict[int, Facts] = {}
    attempts: dict[int, list[Attempt]] = {}
    for attempt in ledger.attempts:
        attempts.setdefault(attempt.by, []).append(attempt)
    answered: Counter[int] = Counter()
    holders: dict[int, list[tuple[datetime, int | None]]] = {}
    for change in read_history(owner, account):
        before = {phone: facts[0] for phone, facts in state.items()}
        moved = {
            phone: (before[phone], facts[0])
            for phone, facts in change.phones.items()
            if phone in before and before[phone] != facts[0]
        }
        if change.by is None:
            assert not moved, "only administrators assign"
        else:
            attempt = find_attempt(attempts[change.by], change)
            answered[id(attempt)] += 1
            assert_fits(change, attempt, before, moved)
        state |= change.phones
        for phone, (_, now) in moved.items():
            holders.setdefault(phone, []).append((change.at, now))
        having = [facts[0] for facts in state.values() if facts[0]]
        assert len(having) == len(set(having)), f"someone has two phones after {change}"  # R13
    assert max(answered.values(), default=1) == 1, "something was done twice"
    for attempt in ledger.attempts:
        if attempt.acknowledged and attempt.what != "address" and not answered[id(attempt)]:
            # Acknowledged without a change (R17), because another administrator had just done
            # the same.
            assert attempt.what == "assign" and attempt.value in possible_holders(
                holders[attempt.phone], attempt
            ), f"{attempt}, lost"
    assert state == {phone: tuple(facts) for phone, *facts in owner.execute(PHONES, [account])}
    current = owner.execute(
        "SELECT user_id, username FROM users_sipcredentials WHERE account_id = %s", [account]
    )
    assert dict(current.fetchall()) == dict(row[2:] for row in owner.execute(USERNAMES, [account]))
    assert set(owner.execute(COUNTED, [account])) == set(owner.execute(COUNTS, [account])), (
        "the counters are wrong"
    )


def assert_fits(
    change: Change,
    attempt: Attempt,
    before: dict[int, int | None],
    moved: dict[int, tuple[int | None, int | None]],
) -> None:
    """Assert that a transaction did everything that was asked for, and nothing else."""
    assert not attempt.refused, f"{attempt} was refused, and happened"
    wanted = (
        expected_moves(before, attempt.phone, attempt.value) if attempt.what == "assign" else {}
    )
    assert moved == wanted, f"not what {attempt} asked for"
    people = {person for pair in moved.values() for person in pair if person}
    # R14
    assert change.credentials.keys() == people, f"{attempt} did not change the right credentials"
    if attempt.what == "label":
        assert {phone: facts[1] for phone, facts in change.phones.items()} == {
            attempt.phone: attempt.value
        }


def find_attempt(attempts: list[Attempt], change: Change) -> Attempt:
    """Return the attempt behind a change: its author's last one before the transaction began."""
    place = bisect(attempts, change.at, key=lambda attempt: attempt.began)
    assert place, f"nobody asked for {change}"
    return attempts[place - 1]


def possible_holders(
    holders: list[tuple[datetime, int | None]], attempt: Attempt
) -> set[int | None]:
    """Return everyone who may have had a phone while an attempt was made.

    `holders` has the holders in order, each with the time at which their transaction began. The
    last three count, because two that began earlier, one per other administrator, may commit later.
    """
    before = [holder for at, holder in holders if at <= attempt.began][-3:]
    return {*before, *(holder for at, holder in holders if attempt.began < at <= attempt.ended)}


def expected_moves(
    before: dict[int, int | None], phone: int, person: int | None
) -> dict[int, tuple[int | None, int | None]]:
    """Apply an assignment as R14 defines it; return each changed phone's old and new holder."""
    moves = {phone: (before[phone], person)}
    if person:
        moves |= {
            other: (person, None)
            for other, holder in before.items()
            if holder == person and other != phone
        }
    return {key: (was, now) for key, (was, now) in moves.items() if was != now}


def assert_addresses(owner: psycopg.Connection, account: int, ledger: Ledger) -> None:
    """Assert that each acknowledged address is on record once, and that pointers are right."""
    found = {house: row for house, *row in owner.execute(ADDRESSES, [account])}
    assert (
        len(found)
        == owner.execute(
            f"SELECT count(*) FROM ({ADDRESSES}) AS all_of_them", [account]
        ).fetchone()[0]
    )
    asked = {one.value: one for one in ledger.attempts if one.what == "address"}
    assert found.keys() <= asked.keys()
    for house, attempt in asked.items():
        assert house in found or not attempt.acknowledged, f"{attempt} is lost"
        if house in found:
            assert not attempt.refused
            assert found[house][:2] == [attempt.by, attempt.phone]
            _, _, status, in_force, _ = found[house]
            assert (status == "accepted") == in_force, f"{attempt} is half-done: {found[house]}"


def assert_registrations(product: Product, owner: psycopg.Connection, account: int) -> None:
    """Assert that the registrar accepts everyone's current credentials and no former ones (R33)."""
    key = keys.load_keys(product.data).sip_key
    rows = [row[2:] for row in owner.execute(USERNAMES, [account])]
    current = dict(rows)
    former = [username for person, username in rows if username != current[person]][-FORMER:]

    def ask_registrar(username: str) -> int:
        """Ask until there is a verdict: each registrar process may report a lost database once."""
        return wait_until(
            lambda: {500: 0}.get(
                status := register(product, username, sip.derive_password(key, username), DOMAIN),
                status,
            )
        )

    assert {name: ask_registrar(name) for name in current.values()} == dict.fromkeys(
        current.values(), 200
    )
    assert {name: ask_registrar(name) for name in former} == dict.fromkeys(former, 401)


def read_times_in_force(owner: psycopg.Connection, account: int) -> list[tuple[float, float]]:
    """Return when each address was set and put in force (time.time), in order of the latter."""
    return owner.execute(PUT_IN_FORCE, [account]).fetchall()


def wait_for_jobs(connect: Callable[[], psycopg.Connection]) -> None:
    """Wait until the worker has done all its jobs. Fails if a job is lost."""
    deadline = time.monotonic() + STALE_JOBS
    while True:
        with connect() as owner:
            (left,) = owner.execute(UNFINISHED).fetchone()
            failed = owner.execute(FAILED).fetchall()
        assert not failed, f"given up: {failed}"
        if not left:
            return
        if time.monotonic() > deadline:
            with connect() as owner:
                pytest.fail(f"{left} jobs are never done: {owner.execute(WAITING).fetchall()}")
        time.sleep(0.1)


def assert_provider(owner: psycopg.Connection, account: int, play: TelnyxPlay) -> None:
    """Assert that the provider has exactly the addresses in force, each once, with its caller."""
    in_force = {house: row for house, *row in owner.execute(IN_FORCE, [account])}
    there = Counter(row["house_number"] for row in play.addresses.values())
    registered = {house for house, (known, *_) in in_force.items() if known}
    assert there == Counter(registered), "an address is duplicated, missing or left behind"
    for house, (known, number, name) in in_force.items():
        if number:
            assert known, (
                f"nobody at the provider has heard of {house} Gold St, from where {name} calls"
            )
            callers = [
                one
                for one in play.endpoints.values()
                if one["dynamic_emergency_address_id"] == known
            ]
            assert [(one["callback_number"], one["caller_name"]) for one in callers] == [
                (number, name)
            ]

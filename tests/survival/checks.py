"""What must hold of a company whatever was killed: its state, its history, its registrar, and its
E911 provider.

The history is read as the record of what committed: transaction by transaction, in the order in
which they held the account's lock, and replayed against a rule written here once more, without a
look at phones/assignment.py.
"""

from __future__ import annotations

import time
from bisect import bisect
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import psycopg
import pytest

from phoneadmin.operations import keys
from tests.waiting import wait_until
from users import sip

from .conftest import Provider
from .ledger import Attempt, Ledger
from .load import register
from .past import GONE, Change, Facts, read_changes, read_usernames
from .product import Product
from .told import assert_keys_kept, assert_told

DOMAIN = "sip.phoneadmin.test"
FORMER = 20  # earlier usernames that the registrar is tried with
STALE_JOBS = 180.0  # seconds, at most, until all jobs are done

PHONES = """
SELECT id, assigned_to_id, label, current_address_id, mac, retired_at IS NOT NULL
FROM phones_phone WHERE account_id = %s
"""
PEOPLE = """
SELECT id, btrim(first_name || ' ' || last_name) FROM users_user WHERE account_id = %s
"""
SIP = "SELECT user_id, username FROM users_sipaccount WHERE account_id = %s AND kind = 'person'"
COUNTED = """
SELECT kind, model_id, phones, assigned, missing_address
FROM phones_phonecount WHERE account_id = %s AND phones <> 0
"""
COUNTS = """
SELECT kind, model_id, count(*), count(assigned_to_id),
    count(*) FILTER (
        WHERE current_address_id IS NULL AND (kind = 'common' OR assigned_to_id IS NOT NULL)
    )
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

Did = dict[int, Change | None]  # by the id() of an attempt, what it did; None for an address


def whole(owner: psycopg.Connection, account: int, ledger: Ledger) -> Did:
    """Return what each attempt did.

    Assert that every acknowledged change is there, once, that nothing half-done is, that nothing
    else happened, and that everybody was told so.
    """
    phones: dict[int, Facts] = {}
    people: dict[int, str] = {}
    attempts: dict[int, list[Attempt]] = {}
    for attempt in ledger.attempts:
        attempts.setdefault(attempt.by, []).append(attempt)
    did: Did = {}
    holders: dict[int, list[tuple[datetime, int | None]]] = {}
    gone: dict[tuple[str, int], datetime] = {}  # by the act that does it, and the row
    for change in read_changes(owner, account):
        moved = {
            phone: (phones[phone].holder, facts.holder)
            for phone, facts in change.phones.items()
            if phone in phones and phones[phone].holder != facts.holder
        }
        if change.by is None:
            assert not moved, "nobody but an administrator assigns"
        else:
            attempt = asked_by(attempts[change.by], change)
            assert id(attempt) not in did, f"{attempt} was done twice: {did[id(attempt)]}, {change}"
            did[id(attempt)] = change
            assert_fits(change, attempt, phones, moved)
        phones |= change.phones
        for person, (what, name) in change.people.items():
            people[person] = name
            if what == GONE:
                del people[person]
                gone["delete", person] = change.at
        for phone, (_, now) in moved.items():
            holders.setdefault(phone, []).append((change.at, now))
        for phone, now in change.phones.items():
            if now.is_retired:
                gone.setdefault(("remove", phone), change.at)
        having = [facts.holder for facts in phones.values() if facts.holder]
        assert len(having) == len(set(having)), f"somebody has two phones after {change}"  # R13
    did |= find_addresses(owner, account, ledger)
    for attempt in ledger.attempts:
        if attempt.is_acknowledged and id(attempt) not in did:
            # What was so already is acknowledged without a change (R17): somebody else had just
            # done the same.
            if attempt.what == "assign":
                assert attempt.value in held(holders[attempt.row], attempt), f"{attempt}, lost"
            else:
                went = gone.get((attempt.what, attempt.row))
                assert went and went < attempt.ended, f"{attempt}, lost; gone at {went}"
    assert phones == {phone: Facts(*facts) for phone, *facts in owner.execute(PHONES, [account])}
    assert people == dict(owner.execute(PEOPLE, [account]).fetchall())
    present, _ = read_usernames(owner, account)
    assert present == dict(owner.execute(SIP, [account]).fetchall())
    assert set(owner.execute(COUNTED, [account])) == set(owner.execute(COUNTS, [account])), (
        "the counters are wrong"
    )
    assert_told(ledger.attempts, did)
    assert_keys_kept(owner, account, ledger, did)
    return did


def assert_fits(
    change: Change,
    attempt: Attempt,
    before: dict[int, Facts],
    moved: dict[int, tuple[int | None, int | None]],
) -> None:
    """Assert that a transaction did what was asked for, all of it, and nothing else."""
    what, row, value = attempt.what, attempt.row, attempt.value
    now, added = change.phones, [phone for phone in change.phones if phone not in before]
    wanted = assigned(before, row, value) if what == "assign" else {}
    assert moved == wanted, f"not what {attempt} asked for"
    persons = {person for pair in moved.values() for person in pair if person}
    if what == "add person":
        assert list(change.people.values()) == [("insert", value)], f"{attempt}: {change}"
        persons = set(change.people)
    elif what == "delete":
        assert [(key, did) for key, (did, _) in change.people.items()] == [(row, GONE)]
        assert change.credentials == {row: ""}
        persons = {row}
    else:
        assert not change.people, f"{attempt} changed people: {change}"
    # R14, R22
    assert change.credentials.keys() == persons, f"{attempt} changed other credentials: {change}"
    if what == "assign":
        for phone, facts in now.items():
            assert facts == replace(before[phone], holder=facts.holder), f"{attempt}: {change}"
        return
    expected = {}
    if what == "label":
        expected = {row: replace(before[row], label=value)}
    elif what == "add phone":
        expected = dict.fromkeys(added, Facts(None, value[1], None, value[0], False))
        assert len(added) == 1, f"{attempt}: {change}"
    elif what in ("remove", "replace"):
        assert not before[row].is_retired, f"{attempt}: {change}"
        expected = {row: replace(before[row], address=None, is_retired=True)}
        assert len(added) == (what == "replace"), f"{attempt}: {change}"
        expected |= {new: replace(before[row], mac=value) for new in added}
    assert now == expected, f"{attempt}: {change}"


def asked_by(attempts: list[Attempt], change: Change) -> Attempt:
    """Return the attempt that a change comes from: the last one that its author began before its
    transaction.
    """
    place = bisect(attempts, change.at, key=lambda attempt: attempt.began)
    assert place, f"nobody asked for {change}"
    return attempts[place - 1]


def held(holders: list[tuple[datetime, int | None]], attempt: Attempt) -> set[int | None]:
    """Return whose a phone was while an attempt was made, by when (transactions began) it became
    whose.

    Two that began earlier, one of each other administrator, may still have had to commit.
    """
    before = [holder for at, holder in holders if at <= attempt.began][-3:]
    return {*before, *(holder for at, holder in holders if attempt.began < at <= attempt.ended)}


def assigned(
    before: dict[int, Facts], phone: int, person: int | None
) -> dict[int, tuple[int | None, int | None]]:
    """Return what the five confirmations of R14 do: of each phone that changes, whose it was and
    whose it is.
    """
    moves = {phone: (before[phone].holder, person)}
    if person:
        moves |= {
            other: (person, None)
            for other, facts in before.items()
            if facts.holder == person and other != phone
        }
    return {key: (was, now) for key, (was, now) in moves.items() if was != now}


def find_addresses(owner: psycopg.Connection, account: int, ledger: Ledger) -> Did:
    """Return the attempts that stored an address."""
    found = {house for house, *_ in owner.execute(ADDRESSES, [account])}
    asked = {one.value: one for one in ledger.attempts if one.what == "address"}
    assert found <= asked.keys()
    return {id(asked[house]): None for house in found}


def addresses(owner: psycopg.Connection, account: int, ledger: Ledger) -> None:
    """Assert that every acknowledged address is on record, once, and that each phone's pointer says
    which one holds.
    """
    rows = owner.execute(ADDRESSES, [account]).fetchall()
    found = {house: row for house, *row in rows}
    assert len(found) == len(rows), "an address was stored twice"
    for attempt in ledger.attempts:
        if attempt.what != "address":
            continue
        assert attempt.value in found or not attempt.is_acknowledged, f"{attempt} is lost"
        if attempt.value in found:
            by, phone, status, in_force, _ = found[attempt.value]
            assert (by, phone) == (attempt.by, attempt.row)
            assert (status == "accepted") == in_force, f"{attempt} is half-done"


def registrations(product: Product, owner: psycopg.Connection, account: int) -> None:
    """Assert that the registrar accepts everyone's current credentials and no former ones (R33)."""
    key = keys.load_keys(product.data).sip_key
    current, former = read_usernames(owner, account)
    former = former[-FORMER:]

    def verdict(username: str) -> int:
        """Ask until it is one; each of the registrar's processes may say once that it lost the
        database.
        """
        return wait_until(
            lambda: {500: 0}.get(
                status := register(product, username, sip.derive_password(key, username), DOMAIN),
                status,
            )
        )

    assert {name: verdict(name) for name in current.values()} == dict.fromkeys(
        current.values(), 200
    )
    assert {name: verdict(name) for name in former} == dict.fromkeys(former, 401)


def put_in_force(owner: psycopg.Connection, account: int) -> list[tuple[float, float]]:
    """Return when (in time.time) each address was set, and when the worker put it in force, in the
    latter's order.
    """
    return owner.execute(PUT_IN_FORCE, [account]).fetchall()


def jobs_done(connect: Callable[[], psycopg.Connection]) -> None:
    """Wait until all that the worker has to do is done. Fails where a job is lost."""
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


def provider_told(owner: psycopg.Connection, account: int, play: Provider) -> None:
    """Assert that the E911 provider has exactly the addresses in force, each once, with who calls
    from there.
    """
    assert not play.doubled, "registered twice"
    in_force = {house: row for house, *row in owner.execute(IN_FORCE, [account])}
    there = Counter(row["house_number"] for row in play.addresses.values())
    registered = {house for house, (known, *_) in in_force.items() if known}
    assert there == Counter(registered), "an address is there twice, or not there, or left behind"
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

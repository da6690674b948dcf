"""The history of a company as the record of what committed, transaction by transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import psycopg

PHONES = """
SELECT pgh_id, (pgh_context ->> 'id')::bigint, pgh_created_at, pgh_obj_id, assigned_to_id,
    label, current_address_id, mac, retired_at IS NOT NULL
FROM phones_phoneevent WHERE account_id = %s ORDER BY pgh_id
"""
PEOPLE = """
SELECT (pgh_context ->> 'id')::bigint, pgh_created_at, pgh_obj_id, pgh_label,
    btrim(first_name || ' ' || last_name)
FROM users_userevent WHERE account_id = %s ORDER BY pgh_id
"""
CREDENTIALS = """
SELECT (pgh_context ->> 'id')::bigint, pgh_created_at, user_id, username, pgh_label
FROM users_sipaccountevent WHERE account_id = %s AND kind = 'person' ORDER BY pgh_id
"""
GONE = "delete"  # the label of a row's last version


@dataclass(frozen=True)
class Facts:
    """What is known of a phone."""

    holder: int | None
    label: str
    address: int | None
    mac: str
    is_retired: bool


@dataclass
class Change:
    """What one transaction of one administrator did."""

    by: int | None
    at: datetime
    phones: dict[int, Facts] = field(default_factory=dict)
    people: dict[int, tuple[str, str]] = field(default_factory=dict)  # what was done, name
    credentials: dict[int, str] = field(default_factory=dict)  # "" if they're gone


def read_changes(owner: psycopg.Connection, account: int) -> list[Change]:
    """Return all changes of phones, people and credentials.

    Those of phones, and those of people, are in the order in which they held the account's lock.
    """
    found: dict[tuple[int | None, datetime], Change] = {}

    def change(by: int | None, at: datetime) -> Change:
        return found.setdefault((by, at), Change(by, at))

    for _, by, at, phone, *facts in owner.execute(PHONES, [account]):
        change(by, at).phones[phone] = Facts(*facts)
    for by, at, person, what, name in owner.execute(PEOPLE, [account]):
        change(by, at).people[person] = what, name
    for by, at, person, username, label in owner.execute(CREDENTIALS, [account]):
        change(by, at).credentials[person] = "" if label == GONE else username
    return list(found.values())


def read_usernames(owner: psycopg.Connection, account: int) -> tuple[dict[int, str], list[str]]:
    """Return each person's present SIP username, and all former ones, the latest last."""
    present: dict[int, str] = {}
    all_of_them = []
    for _, _, person, username, label in owner.execute(CREDENTIALS, [account]):
        all_of_them.append(username)
        present[person] = username
        if label == GONE:
            del present[person]
    return present, [name for name in all_of_them if name not in set(present.values())]

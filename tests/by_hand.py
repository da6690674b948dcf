"""Write rows with SQL as the database's owner, bypassing row-level security and our code."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

# Every phone has a record of its provisioning from the start.
PROVISION = (
    "UPDATE phones_provisioning SET (account_id, token_hash, code_hash, code_until) ="
    " (%s, %s, %s, %s) WHERE phone_id = %s"
)


def insert(owner: psycopg.Connection, table: str, **values: Any) -> int:
    """Insert a row and return its key, the first column."""
    names = sql.SQL(", ").join(map(sql.Identifier, values))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
        sql.Identifier(table), names, sql.SQL(", ").join([sql.Placeholder()] * len(values))
    )
    return owner.execute(statement, list(values.values())).fetchone()[0]


def account(owner, name: str) -> int:
    return insert(owner, "users_account", name=name, created_at="now")


def person(owner, account: int | None, first_name: str, **fields: Any) -> int:
    fields = {"ext": None, "plan": "pro", "is_staff": account is None} | fields
    return insert(
        owner, "users_user", account_id=account, first_name=first_name, last_name="Person",
        password="!", email=f"{first_name.lower()}@example.com", is_superuser=False,
        is_administrator=False, is_active=True, created_at="now", **fields,
    )  # fmt: skip


def phone(owner, account: int, mac: str, assigned_to: int | None = None, **fields: Any) -> int:
    fields = {"kind": "user", "label": "", "model_id": model(owner, "Snom D785")} | fields
    return insert(
        owner, "phones_phone", account_id=account, mac=mac, assigned_to_id=assigned_to, search="",
        model_name="", created_at="now", **fields,
    )  # fmt: skip


def address(owner, account: int, phone: int, status: str, line: str = "1 Elm Street") -> int:
    blank = dict.fromkeys([
        "county", "house_number_suffix", "pre_directional", "street_type_before", "street_type",
        "post_directional", "building", "floor", "unit_type", "unit", "room",
    ], "")  # fmt: skip
    return insert(
        owner, "e911_emergencyaddress", account_id=account, phone_id=phone, status=status,
        typed=line, standardised=line, country="US", state="NY",
        city="New York", house_number="1", street_name="Elm", postal_code="10038", set_at="now",
        **blank,
    )  # fmt: skip


def credentials(owner, account: int, user: int) -> int:
    return insert(
        owner, "users_sipaccount", account_id=account, kind="person", user_id=user,
        username=f"u{user}", ha1="0" * 32, key_fingerprint="", changed_at="now",
    )  # fmt: skip


def own_account(owner, account: int, phone: int, kind: str) -> int:
    return insert(
        owner, "users_sipaccount", account_id=account, kind=kind, phone_id=phone,
        username=f"{kind[0]}{phone}", ha1="0" * 32, key_fingerprint="", changed_at="now",
    )  # fmt: skip


def model(owner, name: str) -> int:
    return owner.execute("SELECT id FROM phones_phonemodel WHERE name = %s", [name]).fetchone()[0]


def two_companies(owner: psycopg.Connection) -> dict[str, int]:
    """Write two companies with people, phones and addresses; return their keys by name.

    They are gone when the owner's transaction is rolled back.
    """
    acme, other = account(owner, "Acme"), account(owner, "Other")
    uma, vic, wyn = (
        person(owner, acme, name, ext=ext)
        for name, ext in (("Uma", "11"), ("Vic", "12"), ("Wyn", "13"))
    )
    ben = person(owner, acme, "Ben", ext="14", plan="basic")
    eve = person(owner, other, "Eve", ext="11")
    credentials(owner, acme, wyn), credentials(owner, other, eve)
    insert(
        owner, "users_credentialsrecord", account_id=acme, user_id=wyn, user_name="Wyn",
        username="u", what="looked", by_id=uma, by_name="Uma", at="now",
    )  # fmt: skip
    for key in ("key", "another key"):
        insert(
            owner, "users_knownbrowser", account_id=acme, user_id=wyn, key_hash=key, stamp="",
            proved_password=True, proved_code=False, user_agent="", address="192.0.2.1",
            created_at="now", last_used_at="now",
        )  # fmt: skip
    for key in ("key", "another key"):
        insert(
            owner, "users_requestkey", account_id=acme, actor="person:1", key=key, digest="",
            answer="{}", at="now",
        )  # fmt: skip
    front = phone(owner, acme, "805ec0000001", uma, label="Front desk")
    current, pending = (
        address(owner, acme, front, "accepted"),
        address(owner, acme, front, "pending"),
    )
    owner.execute("UPDATE phones_phone SET current_address_id = %s WHERE id = %s", [current, front])
    owner.execute(PROVISION, [acme, "token", "code", "now", front])
    moved = phone(owner, acme, "805ec0000007", label="Moved")
    address(owner, acme, moved, "withdrawn")
    for company, number in ((acme, "+14155550100"), (other, "+14155550111")):
        insert(owner, "users_callernumber", account_id=company, e164=number, confirmed_at="now")
    lobby = phone(owner, acme, "805ec0000004", kind="common", label="Lobby", ext="50")
    free = phone(owner, acme, "805ec0000003")
    own_account(owner, acme, lobby, "place"), own_account(owner, acme, free, "standby")
    return {
        "acme": acme, "other": other, "uma": uma, "vic": vic, "wyn": wyn, "ben": ben, "eve": eve,
        "sam": person(owner, None, "Sam"), "front": front,
        "vics": phone(owner, acme, "805ec0000002", vic), "free": free,
        "moved": moved, "lobby": lobby,
        "retired": phone(owner, acme, "805ec0000001", retired_at="now", label="front DESK"),
        "theirs": phone(owner, other, "805ec0000006", label="Front desk"),
        "current": current, "pending": pending,
    }  # fmt: skip

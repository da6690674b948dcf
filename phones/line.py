"""Work out line 1 of phones: what each would get now, whether it got that, and if it registers.

Lists, restarts and provisioning all start from `build_occupant`, so they can't disagree (R32, R34).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.db import connection

from phones import registrar_client as registrar
from phones.provisioning.make import Line, Transport


@dataclass(frozen=True, slots=True)
class Occupant:
    """The person on line 1, as the phone learns about them."""

    username: str
    ext: str
    name: str
    caller_id: str


@dataclass(frozen=True, slots=True)
class State:
    """How a phone's line is doing; if unknown, both `registered` and `unregistered` are false."""

    free: bool
    registered: bool
    unregistered: bool
    needs_restart: bool
    askable: bool  # it can be asked to restart


def build_line(occupant: Occupant | None, password: str) -> Line | None:
    """Return line 1 as a phone gets it, or None if the phone has no person."""
    if occupant is None:
        return None
    return Line(
        username=occupant.username,
        password=password,
        domain=settings.SIP_DOMAIN,
        host=settings.SIP_HOST,
        port=settings.SIP_PORT,
        transport=cast(Transport, settings.SIP_TRANSPORT),
        ext=occupant.ext,
        name=occupant.name,
        caller_id=occupant.caller_id,
        expires=settings.SIP_EXPIRES,
    )


def fingerprint_line(make: str, occupant: Occupant | None) -> str:
    """Fingerprint everything in a configuration that people would notice: 32 hexadecimal digits.

    The password is left out, because it follows from the username.
    """
    facts: list[Any] = [make]
    if occupant:
        facts += [
            occupant.username,
            occupant.ext,
            occupant.name,
            occupant.caller_id,
            settings.SIP_DOMAIN,
        ]
        facts += [settings.SIP_HOST, settings.SIP_PORT, settings.SIP_TRANSPORT]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def load_states(account_id: int, phone_ids: Iterable[int]) -> dict[int, State]:
    """Return the line states of an account's phones by their keys, in one query."""
    known = registrar.is_reachable()
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"account": account_id, "phones": list(phone_ids)})
        return {phone_id: _state(*facts, known=known) for phone_id, *facts in cursor}


# For each phone: its make, its person, the fingerprint of its last configuration, the SIP username
# it uses, and whether the person's line is registered.
LINES = """
WITH listed AS MATERIALIZED (
    SELECT id, model_id, assigned_to_id FROM phones_phone
    WHERE account_id = %(account)s AND id = ANY (%(phones)s)
)
SELECT listed.id, model.family, credentials.username,
    person.ext, person.first_name, person.last_name, person.caller_id,
    provisioning.delivered, provisioning.username, registered.until IS NOT NULL,
    listed.id IN (SELECT phones_askable(ARRAY (SELECT id FROM listed)))
FROM listed
JOIN phones_phonemodel AS model ON model.id = listed.model_id
LEFT JOIN users_user AS person ON person.id = listed.assigned_to_id
LEFT JOIN users_sipcredentials AS credentials ON credentials.user_id = person.id
LEFT JOIN phones_provisioning AS provisioning ON provisioning.phone_id = listed.id
LEFT JOIN phones_registered(ARRAY (SELECT assigned_to_id FROM listed)) AS registered
    ON registered.user_id = person.id
"""


def _state(
    make: str,
    username: str | None,
    ext: str | None,
    first_name: str | None,
    last_name: str | None,
    caller_id: str | None,
    delivered: str | None,
    used: str | None,
    registered: bool,
    askable: bool,
    *,
    known: bool,
) -> State:
    now = build_occupant(username, ext, first_name, last_name, caller_id)
    # A phone that registers with credentials we didn't deliver was set up by hand, so a restart
    # wouldn't change it.
    by_hand = registered and used != username
    return State(
        free=now is None,
        registered=known and registered,
        unregistered=known and now is not None and not registered,
        needs_restart=bool(delivered) and delivered != fingerprint_line(make, now) and not by_hand,
        askable=known and askable,
    )


def build_occupant(
    username: str | None,
    ext: str | None,
    first_name: str | None,
    last_name: str | None,
    caller_id: str | None,
) -> Occupant | None:
    """Return the person on line 1, or None if there is no one."""
    if not username:
        return None
    return Occupant(username, ext or "", f"{first_name} {last_name}", caller_id or "")

"""Work out line 1 of phones: what each would get now, whether it got that, and if it registers.

Fetching and previews start from `phones_desks`, a function of the database, which also keeps what a
phone should have (`Provisioning.wanted`), so they can't disagree (R32, R34, R52).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.db import connection

from phones import emergency, lock
from phones import registrar_client as registrar
from phones.models import Phone
from phones.provisioning.clock import read_clock
from phones.provisioning.make import Desk, Line, LineKind, Make, Transport, fit_on_one_line
from phones.provisioning.makes import MAKES
from users import sip


@dataclass(frozen=True, slots=True)
class Facts:
    """What a phone's configuration is made of, as `phones_desks` returns it."""

    phone_id: int
    account_id: int
    make: str
    mac: str
    kind: LineKind | None  # of line 1; None: it is off
    username: str | None
    key_fingerprint: str
    ext: str | None
    name: str
    caller_id: str | None
    time_zone: str | None
    country: str
    language: str
    ext_length: int
    outside_prefix: str
    admin_generation: int
    admin_key: str | None  # None: the phone has never got a password
    wanted: str


@dataclass(frozen=True, slots=True)
class State:
    """How a phone's line is doing; if unknown, both `registered` and `unregistered` are false.

    While another device holds the line, the phone isn't registered.
    """

    free: bool
    registered: bool
    unregistered: bool
    needs_restart: bool
    askable: bool  # it can be asked to restart
    held_by: str = ""  # what another device that holds the line calls itself (R51)
    unfetched: bool = False  # the phone never fetched its configuration


@dataclass(frozen=True, slots=True)
class Registration:
    """A phone's registration, as `phones_registered` returns it; `until` is None if there is none.

    It may be another device's that knows the line's credentials. Devices say what they are, `agent`
    when they register and `fetched_as` when they fetch, and that is all we know.
    """

    make: Make
    until: datetime | None
    agent: str | None
    address: str | None
    has_former: bool  # the phone is registered with the username that it had before
    fetched_as: str | None
    fetched_from: str | None

    @property
    def is_own(self) -> bool:
        """Whether the phone itself is registered, as far as we can tell (R51).

        A phone whose firmware goes by another name than its make's is known by having fetched under
        such a name from the address that it registers from.
        """
        if self.until is None or is_agent_of_phone(self.make, self.agent):
            return self.until is not None
        is_renamed = bool(self.fetched_as) and not self.make.is_agent(self.fetched_as or "")
        return is_renamed and self.fetched_from == self.address


def build_desk(facts: Facts, address: str) -> Desk:
    """Return everything that a phone gets; it fetches from `address`.

    Raises users.sip.UnknownKey if a password can no longer be derived.
    """
    return describe_desk(
        facts,
        address=address,
        sip_password=sip.password_of(cast(sip.Derivable, facts)) if facts.username else "",
        admin_password=lock.password_of(
            facts.phone_id, generation=facts.admin_generation, key_fingerprint=facts.admin_key
        ),
    )


def describe_desk(facts: Facts, *, address: str, sip_password: str, admin_password: str) -> Desk:
    """Return everything that a phone gets, with these secrets or what stands in their place."""
    return Desk(
        line=_build_line(facts, sip_password),
        address=address,
        admin_password=admin_password,
        clock=read_clock(facts.time_zone or settings.PHONE_TIME_ZONE),
        ntp_servers=settings.NTP_SERVERS,
        country=cast(Any, facts.country),
        language=cast(Any, facts.language),
        ext_length=facts.ext_length,
        outside_prefix=facts.outside_prefix,
        reaches_emergency=emergency.leaves_system(),
        check_certificates=settings.CHECK_CERTIFICATES and address.startswith("https:"),
    )


def _build_line(facts: Facts, password: str) -> Line | None:
    if facts.kind is None or not facts.username:
        return None
    return Line(
        username=facts.username,
        password=password,
        domain=settings.SIP_DOMAIN,
        host=settings.SIP_HOST,
        port=settings.SIP_PORT,
        transport=cast(Transport, settings.SIP_TRANSPORT),
        ext=facts.ext or "",
        name=facts.name,
        caller_id=facts.caller_id or "",
        expires=settings.SIP_EXPIRES,
        kind=facts.kind,
    )


def load_facts(phone_ids: Iterable[int]) -> dict[int, Facts]:
    """Return what the configurations of phones are made of, by the phones' keys, in one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM phones_desks(%s)", [list(phone_ids)])
        return {row[0]: Facts(*row) for row in cursor}


def load_states(account_id: int, phone_ids: Iterable[int]) -> dict[int, State]:
    """Return the line states of an account's phones by their keys, in one query."""
    known = registrar.is_reachable()
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"account": account_id, "phones": list(phone_ids)})
        return {
            phone_id: _make_state(
                Registration(MAKES[make], *registration),
                known,
                free=free,
                needs_restart=needs,
                unfetched=unfetched,
            )
            for phone_id, free, needs, unfetched, make, *registration in cursor
        }


def _make_state(found: Registration, known: bool, **facts: bool) -> State:
    is_held = found.until is not None and not found.is_own
    return State(
        **facts,
        registered=known and found.is_own,
        unregistered=known and not found.is_own,
        askable=known and (found.is_own or found.has_former),
        held_by=fit_on_one_line(found.agent) if known and is_held else "",
    )


def load_registration(phone: Phone) -> Registration:
    """Return a phone's registration. Its `model` must be loaded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM phones_registered(%s)", [[phone.pk]])
        _phone_id, *found = cursor.fetchone()
    return Registration(MAKES[phone.model.family], *found)


def is_agent_of_phone(make: Make, agent: str | None) -> bool:
    """Tell whether a device that calls itself `agent` may be a phone of this make."""
    return not make.agent or not agent or agent == NO_AGENT or make.is_agent(agent)


NO_AGENT = "n/a"  # what Kamailio notes for a device that doesn't say what it is

# For each phone: whether it's free, needs a restart and never fetched, its make, its registration.
LINES = """
WITH listed AS MATERIALIZED (
    SELECT id, kind, model_id, assigned_to_id FROM phones_phone
    WHERE account_id = %(account)s AND id = ANY (%(phones)s)
)
SELECT listed.id, listed.assigned_to_id IS NULL AND listed.kind = 'user',
    provisioning.delivered <> '' AND provisioning.delivered <> provisioning.wanted,
    provisioning.delivered = '',
    model.family, registered.until, registered.agent, registered.address, registered.has_former,
    registered.fetched_as, registered.fetched_from
FROM listed
JOIN phones_phonemodel AS model ON model.id = listed.model_id
JOIN phones_provisioning AS provisioning ON provisioning.phone_id = listed.id
LEFT JOIN phones_registered(ARRAY (SELECT id FROM listed)) AS registered
    ON registered.phone_id = listed.id
"""

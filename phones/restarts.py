"""Ask phones to restart, so that they fetch what an assignment changed (R34)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from django.db import connection

from phones import line
from phones import registrar_client as registrar
from phones.models import Phone, Restart
from phones.provisioning.makes import MAKES
from users.models import User

MAX_PHONES = 12  # per request: if all of them are silent, the answer takes 12 seconds
PAUSE = 0.1  # seconds between two phones, so that a building's phones don't all restart at once
AT_A_TIME = 4  # phones whose answer is awaited


@dataclass(frozen=True)
class RestartOutcome:
    """What a phone answered when asked to restart; None if it has no line to be asked by."""

    phone: Phone
    answer: registrar.Answer | None
    held_by: str = ""  # the other device that holds its line, if the answer is HELD

    @property
    def was_asked(self) -> bool:
        """Whether the phone understood."""
        return self.answer is registrar.Answer.ASKED


def find_reachable(phones: Sequence[Phone]) -> set[int]:
    """Return the keys of the phones that can be asked to restart now (R43)."""
    return {key for key, state in _load_states(phones).items() if state.askable}


def find_holders(phones: Sequence[Phone]) -> dict[int, str]:
    """Return which other device holds the line of which phone, by the phones' keys (R51)."""
    return {key: state.held_by for key, state in _load_states(phones).items() if state.held_by}


def _load_states(phones: Sequence[Phone]) -> dict[int, line.State]:
    return line.load_states(phones[0].account_id, [phone.pk for phone in phones])


def request_restarts(phones: Sequence[Phone], *, by: User | None) -> list[RestartOutcome]:
    """Ask these phones of one account to restart; record who asked and what each answered.

    While another device holds a phone's line, that device isn't asked in the phone's place. Their
    `model`, `provisioning`, `sip` and `assigned_to.sip` must be loaded.
    """
    with connection.cursor() as cursor:  # this transaction holds no locks that others wait for
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    held = find_holders(phones)
    waiting = []
    with ThreadPoolExecutor(max_workers=AT_A_TIME) as pool:
        for n, phone in enumerate(phones):
            time.sleep(PAUSE if n else 0)
            waiting.append(
                pool.submit(
                    _asked,
                    MAKES[phone.model.family].restart_event,
                    _usernames(phone),
                    is_held=phone.pk in held,
                )
            )
    outcomes = [
        RestartOutcome(phone, answer.result(), held.get(phone.pk, ""))
        for phone, answer in zip(phones, waiting, strict=True)
    ]
    Restart.objects.bulk_create(
        Restart(account_id=phone.account_id, phone=phone, by=by, answer=outcome.answer or "")
        for phone, outcome in zip(phones, outcomes, strict=True)
    )
    return outcomes


def _usernames(phone: Phone) -> list[tuple[str, bool]]:
    """Return the SIP usernames a phone may be registered with, and whether each is the current one.

    The one the phone still uses comes first: after a change, another device may already have
    registered with the current one.
    """
    used = phone.provisioning.username
    credentials = getattr(phone.assigned_to or phone, "sip", None)
    present = credentials.username if credentials else ""
    return [(name, name == present) for name in dict.fromkeys((used, present)) if name]


def _asked(
    event: str, usernames: list[tuple[str, bool]], *, is_held: bool
) -> registrar.Answer | None:
    answer = None
    for username, is_present in usernames:
        if is_present and is_held:
            return registrar.Answer.HELD
        try:
            answer = registrar.ask_to_restart(username, event)
        except registrar.Unreachable:
            return registrar.Answer.UNREACHABLE
        if answer is registrar.Answer.ASKED and not is_present:
            with suppress(registrar.Unreachable):  # then it ends by itself
                registrar.remove_registration(username)  # it was kept only for this
        if answer is not registrar.Answer.NOT_REGISTERED:
            return answer
    return answer

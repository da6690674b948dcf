"""Carry out a repeated request once (R42), by the key that its form or client gave it.

A form that was sent twice (a double click, a lost answer, a restarted browser) carries the same key
both times. The first request leaves its answer in the transaction of its change; any repeat gets
that answer, even if what it acted on is gone. Keys are kept for longer than a session lasts (R65).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, fields
from uuid import uuid4

from django.core.exceptions import BadRequest, ValidationError
from django.db import connection, transaction
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext as _

from users.models import RequestKey
from users.refusals import REFUSALS
from users.tenancy import scope
from users.tenancy.refusals import make_error

FIELD = "key"
FORM = re.compile(r"[0-9A-Za-z-]{16,64}")
PATIENCE = "20s"  # longer than twelve silent phones take to be given up (phones/restarts.py)
# What a repeat may send differently: tokens of the form, and a proof that was asked for meanwhile.
NOT_PART_OF_IT = re.compile(r"csrfmiddlewaretoken|proof-.*")
# Waits for an open transaction that holds the same key.
CLAIM = """
INSERT INTO users_requestkey (account_id, actor, key, digest, answer, at)
VALUES (%s, %s, %s, %s, '{}', now()) ON CONFLICT DO NOTHING RETURNING id
"""


class KeyReused(Exception):
    """The key came with a different request before, so this one wasn't carried out."""


@dataclass(frozen=True)
class Answer:
    """What a person is told after an act, and goes on with. Holds no secret: it is stored."""

    message: str = ""  # HTML
    rows: tuple[int, ...] = ()  # the keys of the list's rows that changed
    url: str = ""  # the page to go on with, "" for the list
    is_problem: bool = False  # something didn't work


# Another release may have kept more, or less.
KNOWN = tuple(field.name for field in fields(Answer))


def make_key() -> str:
    """Return a fresh key for a form."""
    return uuid4().hex


def carry_out_once(
    request: HttpRequest,
    *,
    account_id: int | None,
    do: Callable[[], Answer],
    is_quick: bool = True,
) -> Answer:
    """Return what `do` answers, or what it answered when this request came before.

    `account_id` is None for support staff, whose keys belong to no account. If `do` raises, nothing
    has happened and the key is free again; only a phone that was asked to restart stays asked. If
    `do` isn't quick, a repeat waits for it longer than others wait for locks. Raises KeyReused, and
    BadRequest if there is no key.
    """
    key = request.POST.get(FIELD, "")
    if not FORM.fullmatch(key):
        raise BadRequest(_("key: this form is incomplete. Open it again."))
    with transaction.atomic():
        with connection.cursor() as cursor:
            if not is_quick:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute(CLAIM, [account_id, _actor(request), key, _digest(request)])
            claimed = cursor.fetchone()
        if claimed is None:
            earlier = find_answer(request, account_id=account_id)
            assert earlier is not None
            return earlier
        answer = do()
        RequestKey.objects.filter(pk=claimed[0]).update(answer=asdict(answer))
        return answer


def find_answer(request: HttpRequest, *, account_id: int | None) -> Answer | None:
    """Return what this request was answered when it came before, or None.

    Raises KeyReused.
    """
    if not FORM.fullmatch(request.POST.get(FIELD, "")):
        return None
    whose = {"account": account_id} if account_id else {"account__isnull": True}
    with _where_keys_are(account_id):
        kept = RequestKey.objects.filter(
            **whose, actor=_actor(request), key=request.POST.get(FIELD, "")
        ).first()
    if kept is None:
        return None
    if kept.digest != _digest(request):
        raise KeyReused
    known = {name: kept.answer[name] for name in KNOWN if name in kept.answer}
    return Answer(**known | {"rows": tuple(known.get("rows", ()))})


def find_repeat(request: HttpRequest, *, account_id: int | None) -> Answer | None:
    """Return what this same request was answered before; None also if only its key came before."""
    with suppress(KeyReused):
        return find_answer(request, account_id=account_id)
    return None


def submit_once(
    request: HttpRequest, form: Form, *, account_id: int, do: Callable[[], Answer]
) -> Answer | None:
    """Return the answer of `do`, carried out once, or None with the reason as the form's error."""
    try:
        return carry_out_once(request, account_id=account_id, do=do)
    except ValidationError as error:
        form.add_error(None, error)
    except KeyReused:
        form.add_error(None, make_error(REFUSALS, "form_sent"))
    return None


def remember_answer(request: HttpRequest, *, account_id: int | None, answer: Answer) -> None:
    """Keep the answer of a request whose goal usually tells that it was done (R17).

    A repeat needs it only if someone changed the situation again in between.
    """
    if not FORM.fullmatch(request.POST.get(FIELD, "")):
        return
    kept = RequestKey(
        account_id=account_id,
        actor=_actor(request),
        key=request.POST[FIELD],
        digest=_digest(request),
        answer=asdict(answer),
    )
    with _where_keys_are(account_id):
        RequestKey.objects.bulk_create([kept], ignore_conflicts=True)


def _where_keys_are(account_id: int | None) -> AbstractContextManager[None]:
    """Enter the scope of support staff's keys, which belong to no account."""
    return nullcontext() if account_id else scope.entered(scope="support")


def _actor(request: HttpRequest) -> str:
    return f"person:{request.user.pk}"


def _digest(request: HttpRequest) -> str:
    sent = sorted(
        (name, values)
        for name, values in request.POST.lists()
        if not NOT_PART_OF_IT.fullmatch(name)
    )
    return hashlib.sha256(json.dumps([request.get_full_path(), sent]).encode()).hexdigest()

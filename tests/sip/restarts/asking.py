"""Ask phones to restart, and read what the page and the record say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from requests.utils import parse_dict_header

from phones import assignment, line, restarts
from phones.models import Phone, Restart
from phones.registrar_client import Answer
from tests.waiting import wait_until
from users.models import Account, User
from users.request_keys import make_key
from users.tenancy import scope

from ..conftest import credentials
from ..messages import Message
from ..probe import Probe

PAGE = "/phones/restart/"
AGAIN = "Unplug it and plug it back in"  # as the question and the answer say it


class ChallengingPhone(Probe):
    """A phone that obeys only a sender who knows its line's password (RFC 2617)."""

    qop = ""

    def _take(self, data: bytes) -> None:
        request = Message(data.decode())
        if request.method == "NOTIFY":
            self.answers["NOTIFY"] = 200 if self.proven(request) else 401
            self.challenge = lambda request: self.demand() if self.answers["NOTIFY"] == 401 else ""
        super()._take(data)

    def demand(self) -> str:
        qop = f', qop="{self.qop}"' if self.qop else ""
        return (
            'WWW-Authenticate: Digest realm="desk", nonce="dcd98b7102dd",'
            f' opaque="5ccc069c"{qop}, algorithm=MD5'
        )

    def proven(self, request: Message) -> bool:
        kind, _, answer = request.header("Authorization").partition(" ")
        said = parse_dict_header(answer)
        if kind != "Digest" or (said["username"], said["opaque"]) != (self.username, "5ccc069c"):
            return False
        counted = f"{said['nc']}:{said['cnonce']}:{said['qop']}:" if self.qop else ""
        secret, asked = md5(f"{self.username}:desk:{self.password}"), md5(f"NOTIFY:{said['uri']}")
        return said["response"] == md5(f"{secret}:dcd98b7102dd:{counted}{asked}")


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@contextmanager
def seen_by(account_id: int) -> Iterator[None]:
    """Open one transaction that sees this account, as its administrator's request does."""
    with transaction.atomic(), scope.entered(account_id=account_id):
        yield


def asked(by: User, *phones: Phone) -> list[Answer | None]:
    """Ask phones to restart, and return what they answered."""
    with seen_by(by.account_id):
        chosen = Phone.objects.select_related("assigned_to__sip", "model", "provisioning").in_bulk()
        return [
            each.answer
            for each in restarts.request_restarts([chosen[phone.pk] for phone in phones], by=by)
        ]


def notified(probe: Probe, *, times: int = 1) -> None:
    """Assert how many NOTIFYs have reached a phone, which answers each before recording it."""
    wait_until(lambda: probe.received.qsize() >= times)
    assert [probe.received.get().method for _ in range(probe.received.qsize())] == [
        "NOTIFY"
    ] * times


def assign(phone: Phone, person: User | None) -> None:
    moves = [assignment.Move(phone.pk, person and person.pk)]
    with seen_by(phone.account_id):
        plan = assignment.plan(account_id=phone.account_id, moves=moves)
        assignment.carry_out(account_id=phone.account_id, moves=moves, seen=plan.seen)


def state(phone: Phone) -> line.State:
    with seen_by(phone.account_id):
        return line.load_states(phone.account_id, [phone.pk])[phone.pk]


def on_record(account: Account) -> list[tuple[int, int | None, str]]:
    """Return phone, administrator and answer of each recorded restart."""
    with seen_by(account.pk):
        return list(Restart.objects.order_by("id").values_list("phone", "by", "answer"))


def username(user: User) -> str:
    return credentials(user)[0]


def keys(*phones: Phone) -> str:
    """Return phones the way a form names them."""
    return ",".join(str(phone.pk) for phone in phones)


def question(browser: Client, *phones: Phone) -> HttpResponse:
    """Open the page that asks whether to restart phones."""
    return browser.get(PAGE, {"phones": keys(*phones)})


def restart(browser: Client, *phones: Phone, **further: Any) -> HttpResponse:
    """Confirm that phones are to restart, as somebody does who has read the question."""
    shown = question(browser, *phones)
    seen, key = shown.context["confirmation"].seen, shown.context["request_key"]
    form = {"phones": keys(*phones), "seen": seen, "key": key}
    return browser.post(shown.wsgi_request.get_full_path(), form, **further)


def unread(*phones: Phone) -> dict[str, str]:
    """Return a form that confirms a question nobody has read."""
    return {"phones": keys(*phones), "seen": "0" * 32, "key": make_key()}


def text(response: HttpResponse) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()))


def message(response: HttpResponse) -> str:
    """Return the answer's message about the phones, without the link beside it."""
    said = re.search(r'id="messages".*?<p>(.*?)</p>', response.content.decode(), re.S)[1]
    said = re.sub(r'<a class="(why|button)".*?</a>', "", said, flags=re.S)
    return unescape(" ".join(re.sub(r"</?strong>", "", said).replace("<br>", " ").split()))


def status(page: HttpResponse, phone: Phone) -> str:
    """Return what the list says of a phone's line, as a screen reader reads it."""
    row = re.search(
        rf'<tr id="phone-{phone.pk}".*?<td class="status">(.*?)</td>', page.content.decode(), re.S
    )[1]
    row = re.sub(r'<span aria-hidden="true".*?</span>', "", row, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())

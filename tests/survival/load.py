"""Load on a running phoneadmin, of people who click twice and try again until they get an answer.

Administrators change things, each one after another; a virtual telephone fetches its configuration
and registers, as each of the company's phones in turn.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPConnection, HTTPException, HTTPMessage
from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.phones.provisioning import readers
from tests.sip.messages import Message
from tests.sip.probe import Probe

from .ledger import DONE, REFUSED, Attempt, Ledger, Sending
from .product import Product

PATIENCE = 15.0  # seconds: longer than anything in the product waits for a lock
# seconds that a client waits before it does the next thing, under load and afterwards
PAUSE, CALM = 0.05, 0.2
AT_ONCE, AGAIN = 0.15, 0.3  # how often a form is sent twice at once, and again after its answer
NOBODY = None
CSRF = "c" * 32
SPARE_PEOPLE, SPARE_PHONES = 4, 6  # at most, for a while
PAGES = {"/phones/", "/users/"}  # where an act goes on

houses = count(1)  # no two addresses are alike, so each can be told at the provider
labels = count(1)
people = count(1)
devices = count(1)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: HTTPMessage


@dataclass
class Client:
    """Whoever does something over and over again, in a thread of its own."""

    product: Product
    company: dict[str, Any]
    ledger: Ledger
    calm: threading.Event
    over: threading.Event
    generator: random.Random

    def run(self) -> None:
        while not self.over.wait(CALM if self.calm.is_set() else PAUSE):
            self.act()

    def act(self) -> None:
        raise NotImplementedError

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer | None:
        """Make a request on a connection of its own and return the answer, None if none came."""
        connection = HTTPConnection("127.0.0.1", self.product.port, timeout=PATIENCE)
        answer = None
        with suppress(OSError, HTTPException):
            connection.request(
                method, path, body, {"Host": f"localhost:{self.product.port}", **headers}
            )
            response = connection.getresponse()
            answer = Answer(response.status, response.read().decode(), response.headers)
        connection.close()
        self.ledger.statuses[answer and answer.status] += 1
        assert not answer or answer.status != 503 or int(answer.headers["Retry-After"]) > 0
        return answer


@dataclass
class Administrator(Client):
    """Assigns phones at random, and now and then looks at the list."""

    me: dict[str, Any]

    def run(self) -> None:
        """Before anything else, insist on what got no answer before the product was ended."""
        last = self.ledger.last_of(self.me["id"])
        if last and not last.has_answer:
            self.insist(last)
        super().run()

    def act(self) -> None:
        phone = self.generator.choice(self.company["phones"])["id"]
        person = self.generator.choice([*(one["id"] for one in self.company["people"]), NOBODY])
        to = person or "nobody"
        if form := self.open(f"/phones/{phone}/assigned/?to={to}"):
            self.change("assign", phone, person, f"/phones/{phone}/assigned/", form, to=to)

    def get(self, path: str) -> Answer | None:
        began = time.time()
        answer = self.ask("GET", path, **self.headers)
        if answer and answer.status == 200:
            self.ledger.succeeded("page", began)
        return answer

    def post(self, path: str, body: str) -> Answer | None:
        kind = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": CSRF}
        return self.ask("POST", path, body, **kind, **self.headers)

    def open(self, path: str) -> dict[str, str]:
        """Return what a page's form sends along; nothing if there's no form to be had now."""
        shown = self.get(path)
        return hidden(shown.text) if shown and shown.status == 200 else {}

    def change(
        self, what: str, row: int, value: Any, path: str, form: dict[str, str], **typed: Any
    ) -> None:
        """Ask for a change until it is answered, more than once now and then."""
        sent = form | typed
        attempt = Attempt(self.me["id"], what, row, value, path, urlencode(sent), sent["key"])
        self.ledger.attempts.append(attempt)
        if self.generator.random() < AT_ONCE:
            with ThreadPoolExecutor(2) as both:
                for sending in [both.submit(self.send, attempt) for _ in range(2)]:
                    sending.result()
        else:
            self.send(attempt)
        self.insist(attempt)
        while attempt.is_acknowledged and self.generator.random() < AGAIN:
            self.send(attempt)

    def insist(self, attempt: Attempt) -> None:
        """Send a form again until it is answered, or all is over."""
        while not attempt.has_answer and not self.over.wait(PAUSE):
            self.send(attempt)

    def send(self, attempt: Attempt) -> None:
        """Send a form, and put on the ledger what became of it."""
        sending = Sending(bool(attempt.sendings), datetime.now(UTC))
        attempt.sendings.append(sending)
        began = time.time()
        answer = self.post(attempt.path, attempt.body)
        if answer:
            sending.status = answer.status
            sending.location = answer.headers.get("Location", "")
        sending.ended = datetime.now(UTC)
        if sending.has_answer:
            assert sending.status in (DONE, *REFUSED), (attempt, answer)
        if sending.is_success:
            assert re.sub(r"\d+/setup/$", "", sending.location) in PAGES, (attempt, answer)
            self.ledger.succeeded("change", began)

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.me['session']}; csrftoken={CSRF}"}


@dataclass
class Writer(Administrator):
    """Gives phones labels and emergency addresses."""

    def act(self) -> None:
        phone = self.generator.choice(self.company["phones"])["id"]
        if self.generator.random() < 0.25:
            label, path = f"Desk {next(labels)}", f"/phones/{phone}/label/"
            if form := self.open(path):
                self.change("label", phone, label, path, form, label=label)
            return
        house, path = str(next(houses)), f"/phones/{phone}/address/"
        typed = {
            "country": "US",
            "street": f"{house} Gold St",
            "city": "New York",
            "state": "NY",
            "postal_code": "10038",
        }
        understood = self.post(path, urlencode(typed))
        if understood and (chosen := re.search(r'name="chosen" value="([^"]+)"', understood.text)):
            form = hidden(understood.text)
            self.change("address", phone, house, path, form, chosen=unescape(chosen[1]))


@dataclass
class Clerk(Administrator):
    """Adds people and phones that nobody needs, replaces phones, and takes all of them away."""

    def act(self) -> None:
        if self.generator.random() < 0.5:
            self.act_on_people()
        else:
            self.act_on_phones()

    def act_on_people(self) -> None:
        if not (listed := self.get("/users/?q=Spare")):
            return
        there = re.findall(r'<tr id="user-(\d+)"', listed.text)
        if self.is_to_add(there, SPARE_PEOPLE):
            name = f"Person {next(people)}"
            if form := self.open("/users/add/"):
                typed = {"first_name": "Spare", "last_name": name, "plan": "plus"}
                self.change("add person", 0, f"Spare {name}", "/users/add/", form, **typed)
        else:
            person = self.generator.choice(there)
            if form := self.open(path := f"/users/{person}/delete/"):
                self.change("delete", int(person), None, path, form)

    def act_on_phones(self) -> None:
        if not (listed := self.get("/phones/?q=Spare")):
            return
        there = re.findall(r'<tr id="phone-(\d+)"', listed.text)
        if self.is_to_add(there, SPARE_PHONES):
            mac, label = f"805ec1{next(devices):06x}", f"Spare {next(labels)}"
            if form := self.open("/phones/add/"):
                typed = {"mac": mac, "model": self.choose_model(), "label": label, "kind": "user"}
                self.change("add phone", 0, (mac, label), "/phones/add/", form, **typed)
            return
        phone = self.generator.choice(there)
        if self.generator.random() < 0.5:
            if form := self.open(path := f"/phones/{phone}/remove/"):
                self.change("remove", int(phone), None, path, form)
        elif form := self.open(path := f"/phones/{phone}/replace/"):
            mac = f"805ec1{next(devices):06x}"
            typed = {"mac": mac, "model": self.choose_model()}
            self.change("replace", int(phone), mac, path, form, **typed)

    def is_to_add(self, there: list[str], most: int) -> bool:
        return not there or (len(there) < most and self.generator.random() < 0.5)

    def choose_model(self) -> str:
        return str(self.generator.choice(self.company["models"]))


class Impatient(Probe):
    """A user agent that gives up soon: on loopback a live registrar answers in milliseconds."""

    def response(self, patience: float = 0.5) -> Message:
        return super().response(patience)


@dataclass
class Telephones(Client):
    """Boots as one phone after another."""

    def act(self) -> None:
        phone = self.generator.choice(self.company["phones"])
        began = time.time()
        text = self.fetch(phone)
        if text is None:
            return
        self.ledger.succeeded("fetch", began)
        if line := readers.READERS[phone["make"]](text):
            began = time.time()
            if register(self.product, line["username"], line["password"], line["domain"]) == 200:
                self.ledger.succeeded("register", began)

    def fetch(self, phone: dict[str, Any]) -> str | None:
        """Return the file with line 1, None if it can't be had now."""
        file = readers.requests(phone["make"], phone["mac"])[-1]
        answer = self.ask("GET", f"/p/{phone['token']}/{file}")
        return answer.text if answer and answer.status == 200 else None


def hidden(text: str) -> dict[str, str]:
    """Return what the form of an act's page sends along: what was seen, and its request key."""
    found = re.findall(r'<input type="hidden" name="(seen|key)" value="(\w+)">', text)
    form = dict(found)
    assert len(form) == len(found), found
    return form


def register(product: Product, username: str, password: str, domain: str) -> int:
    """Return the status that somebody who registers so gets, 0 for silence."""
    with Impatient(product.registrar, username, password, domain) as probe:
        try:
            return probe.register()
        except TimeoutError:
            return 0


@contextmanager
def load(
    product: Product, company: dict[str, Any], ledger: Ledger, generator: random.Random
) -> Iterator[threading.Event]:
    """Put load on for the time of a block, and yield what calms it: to see that all works again
    takes a little only.

    At the block's end every request that was made has an answer or never gets one.
    """
    calm, over = threading.Event(), threading.Event()
    common = (product, company, ledger, calm, over)
    kinds = (Administrator, Administrator, Writer, Clerk, Clerk)
    clients: list[Client] = [
        kind(*common, random.Random(generator.random()), me)
        for kind, me in zip(kinds, company["administrators"], strict=True)
    ]
    clients.append(Telephones(*common, random.Random(generator.random())))
    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(client.run) for client in clients]
        try:
            yield calm
        finally:
            over.set()
    for client in running:
        client.result()

"""Load on a running phoneadmin, and a ledger of its requests and answers.

Three administrators change things, each one request after another; a virtual telephone fetches its
configuration and registers, as each of the company's phones in turn.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPConnection, HTTPException, HTTPMessage
from itertools import count, pairwise
from typing import Any
from urllib.parse import urlencode

from tests.phones.provisioning import readers
from tests.sip.messages import Message
from tests.sip.probe import Probe

from .product import Product

PATIENCE = 15.0  # seconds; nothing in the product waits longer for a lock
PAUSE, CALM = 0.05, 0.2  # seconds between a client's actions, under load and after it
DONE, REFUSED = 302, (409, 422)
NOBODY = None
CSRF = "c" * 32

houses = count(1)  # all addresses differ, so that the provider's can be told apart
labels = count(1)


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: int
    text: str
    headers: HTTPMessage


@dataclass
class Attempt:
    """A request to change something.

    Without a status, or with 5xx, nobody knows whether it was carried out.
    """

    by: int
    what: str
    phone: int
    value: Any
    began: datetime
    ended: datetime | None = None
    status: int | None = None

    @property
    def acknowledged(self) -> bool:
        return self.status == DONE

    @property
    def refused(self) -> bool:
        return self.status in REFUSED


@dataclass
class Ledger:
    """All attempts, and when (in time.time) each success of a kind began and ended."""

    attempts: list[Attempt] = field(default_factory=list)
    successes: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    statuses: Counter[int | None] = field(default_factory=Counter)

    def succeeded(self, kind: str, began: float) -> None:
        self.successes.setdefault(kind, []).append((began, time.time()))

    def next_success(self, kind: str, since: float) -> float | None:
        """Return when the first success that began after `since` ended, or None."""
        return next((ended for began, ended in self.successes.get(kind, []) if began > since), None)

    def without(self, kind: str, since: float, until: float) -> float:
        """Return the longest time in seconds without a success between two times."""
        ends = [ended for _, ended in self.successes[kind] if since < ended < until]
        return max(after - before for before, after in pairwise([since, *ends, until]))


@dataclass
class Client:
    """A thread of its own that does one thing over and over."""

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
        """Make a request on a new connection; return the answer, or None if there was none."""
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
    """Assigns phones at random, and sometimes looks at the list."""

    me: dict[str, Any]

    def act(self) -> None:
        phone = self.generator.choice(self.company["phones"])["id"]
        person = self.generator.choice([*(one["id"] for one in self.company["people"]), NOBODY])
        to = person or "nobody"
        shown = self.get(f"/phones/{phone}/assigned/?to={to}")
        if shown and (seen := re.search(r'name="seen" value="(\w+)"', shown.text)):
            self.change("assign", phone, person, f"/phones/{phone}/assigned/", to=to, seen=seen[1])

    def get(self, path: str) -> Answer | None:
        began = time.time()
        answer = self.ask("GET", path, **self.headers)
        if answer and answer.status == 200:
            self.ledger.succeeded("page", began)
        return answer

    def post(self, path: str, **form: Any) -> Answer | None:
        kind = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": CSRF}
        return self.ask("POST", path, urlencode(form), **kind, **self.headers)

    def change(self, what: str, phone: int, value: Any, path: str, **form: Any) -> None:
        """Send a change, and enter its outcome in the ledger."""
        attempt = Attempt(self.me["id"], what, phone, value, datetime.now(UTC))
        self.ledger.attempts.append(attempt)
        began = time.time()
        answer = self.post(path, **form)
        attempt.ended = datetime.now(UTC)
        if answer:
            attempt.status = answer.status
            assert answer.status != DONE or answer.headers["Location"] == "/phones/", answer
        if attempt.acknowledged:
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
            label = f"Desk {next(labels)}"
            return self.change("label", phone, label, f"/phones/{phone}/label/", label=label)
        house = str(next(houses))
        typed = {
            "country": "US",
            "street": f"{house} Gold St",
            "city": "New York",
            "state": "NY",
            "postal_code": "10038",
        }
        understood = self.post(f"/phones/{phone}/address/", **typed)
        chosen = (
            re.search(r'name="chosen" value="([^"]+)"', understood.text) if understood else None
        )
        if chosen:
            self.change(
                "address", phone, house, f"/phones/{phone}/address/", chosen=unescape(chosen[1])
            )


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
        """Return the file with line 1, or None if it is not available now."""
        file = readers.requests(phone["make"], phone["mac"])[-1]
        answer = self.ask("GET", f"/p/{phone['token']}/{file}")
        return answer.text if answer and answer.status == 200 else None


def register(product: Product, username: str, password: str, domain: str) -> int:
    """Register with these credentials; return the status, or 0 for silence."""
    with Impatient(product.registrar, username, password, domain) as probe:
        try:
            return probe.register()
        except TimeoutError:
            return 0


@contextmanager
def load(
    product: Product, company: dict[str, Any], ledger: Ledger, generator: random.Random
) -> Iterator[threading.Event]:
    """Put the product under load for a block, and yield the switch that calms it.

    Calm load is enough to see that everything works again. When the block ends, every request has
    been answered or never will be.
    """
    calm, over = threading.Event(), threading.Event()
    common = (product, company, ledger, calm, over)
    clients = [
        *(
            Administrator(*common, random.Random(generator.random()), me)
            for me in company["administrators"][:2]
        ),
        Writer(*common, random.Random(generator.random()), company["administrators"][2]),
        Telephones(*common, random.Random(generator.random())),
    ]
    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(client.run) for client in clients]
        try:
            yield calm
        finally:
            over.set()
    for client in running:
        client.result()

"""Strangers and the registrar (R49): nothing they send is passed on, logged or kept in memory."""

from __future__ import annotations

import os
import random
import re
import socket
import threading
import time
from pathlib import Path
from statistics import median

import pytest
from django.conf import settings

from tests.waiting import wait_until

from .conftest import Registrar
from .office import Office, in_call, silent, uri
from .probe import Probe

ODD = [
    "x",
    "-1",
    "\x01",
    "9" * 21,
    "",
    "<",
    '"',
    ";;;",
    "sip:",
    "a\x00b",
    "%n%s",
    "é",
    "z" * 300,
    "{",
    "\x1b[31mred\x1b[0m",
    "<sip:a@b",
    "lr",
    "k=",
]
METHODS = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REGISTER",
    "OPTIONS",
    "MESSAGE",
    "REFER",
    "UPDATE",
    "INFO",
    "SUBSCRIBE",
    "NOTIFY",
    "PUBLISH",
    "PRACK",
    "FOO",
    "notify",
]
NEVER_ERRORS = [
    ["Max-Forwards: x"],
    ["Max-Forwards: -1"],
    ["Max-Forwards: 70", "Authorization: Digest \x01"],
    ["Max-Forwards: 70", "Route: <sip:"],
]
ADDRESSES = [
    f"127.9.{n // 200}.{n % 200 + 1}" for n in range(256)
]  # so that no single address is over the limit


def odd_request(generator: random.Random, number: int, host: str, port: int, handle: str) -> bytes:
    """Return a mostly valid request with one odd part."""

    def odd() -> str:
        return generator.choice(ODD)

    def now_and_then(share: float) -> bool:
        return generator.random() < share

    method = generator.choice(METHODS)
    registrar = f"127.0.0.1:{settings.SIP_LISTEN.rpartition(':')[2]}"
    target = generator.choice(
        [
            f"sip:{settings.SIP_DOMAIN}",
            uri("102"),
            "sip:z@127.0.0.60:7999",
            f"sip:{handle}b@{registrar}",
            f"sip:{generator.getrandbits(128):032x}a@127.0.0.1",
        ]
    )
    user = generator.choice(["101", "u0000000000000000", odd()])
    via = generator.choice(["", ";rport", ";maddr=127.0.0.60", ";received=127.0.0.60"])
    lines = [
        f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{number}{via}",
        f"Max-Forwards: {generator.choice(['70', '70', '70', '0', odd()])}",
        f"From: <sip:{user}@{generator.choice([settings.SIP_DOMAIN] * 2 + ['x', odd()])}>"
        f";tag={odd() if now_and_then(0.2) else number}",
        f"To: <sip:{user if now_and_then(0.5) else odd()}@{settings.SIP_DOMAIN}>"
        + (f";tag={odd() or 1}" if now_and_then(0.5) else ""),
        f"Call-ID: {odd() if now_and_then(0.1) else f'c{number}'}",
        f"CSeq: {odd() if now_and_then(0.1) else number} {method if now_and_then(0.9) else 'X'}",
    ]
    digest = (
        f'Digest username="{user}", realm="{settings.SIP_DOMAIN}", nonce="{odd()}",'
        f' uri="sip:x", response="{"a" * 32}"'
    )
    routes = ["<sip:127.0.0.1:5060;lr>", "<sip:127.0.0.60:7999;lr>", "<sip:", odd()]
    further = {
        0.4: f"Route: {generator.choice(routes)}",
        0.41: "Authorization: " + generator.choice([f"Digest {odd()}", "Basic x", digest]),
        0.3: f"Contact: {generator.choice(['*', '<sip:a@127.0.0.60:7999>', odd()])}",
        0.2: f"Expires: {odd()}",
        0.21: f"Replaces: {odd()};to-tag={odd()};from-tag={odd()}",
        0.22: f"Event: {generator.choice(['refer', 'check-sync', odd()])}",
        0.1: odd(),
    }
    lines += [line for share, line in further.items() if now_and_then(share)]
    if now_and_then(0.1):
        generator.shuffle(lines)
    if now_and_then(0.05):
        lines.pop(generator.randrange(len(lines)))
    body = odd() if now_and_then(0.2) else ""
    lines.append(f"Content-Length: {odd() if now_and_then(0.05) else len(body.encode())}")
    first = f"{method} {target if now_and_then(0.9) else odd()} SIP/2.0"
    packet = "\r\n".join([first, *lines, "", body]).encode()
    if now_and_then(0.02):
        packet = packet[: generator.randrange(len(packet))]
    if now_and_then(0.02):
        packet = generator.randbytes(generator.randrange(1, 400))
    return packet


def private_memory(registrar: Registrar) -> int:
    """Return the private memory of the registrar's processes in KiB."""
    total = 0
    for pid in registrar.children():
        found = re.search(r"Pss_Anon:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())
        total += int(found[1])
    return total


def shared_memory(registrar: Registrar) -> int:
    """Return how many bytes of Kamailio's shared memory are in use."""
    return registrar.call("core.shmmem")[1]["used"]


def errors(registrar: Registrar, after: int = 0) -> list[str]:
    """Return the log's lines after its first bytes that report errors."""
    text = registrar.log.read_text(errors="replace")[after:]
    return [line for line in text.splitlines() if re.search(" ERROR| CRITICAL|BUG", line)]


def send_odd_requests(office: Office, count: int) -> None:
    """Send odd requests from many addresses during a call, and check that none has an effect."""
    registrar, ann, bob = office.registrar, office.ann, office.bob
    caller, _ = in_call(ann, bob, "102")
    handle = caller.target[4:36]
    generator = random.Random(49)
    log_before = registrar.log.stat().st_size
    strangers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in ADDRESSES]
    private = shared = 0
    try:
        for address, stranger in zip(ADDRESSES, strangers, strict=True):
            stranger.bind((address, 0))
            stranger.setblocking(False)
        for number in range(count):
            stranger = strangers[number % len(strangers)]
            stranger.sendto(
                odd_request(generator, number, *stranger.getsockname(), handle), registrar.address
            )
            if number % 50 == 0:  # no faster than it answers
                assert registrar.answers()
            if number == count // 10:
                private, shared = private_memory(registrar), shared_memory(registrar)
        assert ann.ask_within(caller, "INFO").status == 200
        assert ann.hang_up() == 200
        assert [bob.wait_for("INFO sip:").method, bob.wait_for("BYE sip:").method] == [
            "INFO",
            "BYE",
        ]
        assert all(silent(phone) for phone in office.everybody)
        assert errors(registrar, log_before) == []
        assert registrar.log.stat().st_size - log_before < 2000
        # Transactions and counters of strangers expire by themselves.
        wait_until(lambda: shared_memory(registrar) <= shared * 1.02)
        grown = private_memory(registrar) - private
        print(
            f"{count} odd requests: private memory {grown:+} KiB, shared "
            f"{shared_memory(registrar) - shared:+} bytes"
        )
        assert grown < 4096
    finally:
        for stranger in strangers:
            stranger.close()


def test_nothing_that_strangers_send_is_passed_on_or_logged_as_an_error(office: Office):
    send_odd_requests(office, 2_000)


@pytest.mark.soak
def test_a_hundred_thousand_odd_requests_of_strangers(office: Office):
    send_odd_requests(office, int(os.environ.get("SOAK_STRANGERS") or 100_000))


@pytest.mark.parametrize(
    "lines", NEVER_ERRORS, ids=lambda lines: lines[-1].partition(":")[0] + lines[-1][-2:]
)
def test_request_that_once_filled_the_log_leaves_no_line(office: Office, lines: list[str]):
    size = office.registrar.log.stat().st_size
    for method in ("REGISTER", "INVITE", "OPTIONS", "BYE"):
        with office.registrar.probe("nobody", "", host="127.0.0.77") as stranger:
            text = "\r\n".join(
                [
                    f"{method} {uri('102')} SIP/2.0",
                    f"Via: SIP/2.0/UDP {stranger.host}:{stranger.port};branch=z9hG4bK1;rport",
                    *lines,
                    "From: <sip:x@x>;tag=1",
                    f"To: <{uri('102')}>",
                    "Call-ID: 1",
                    f"CSeq: 1 {method}",
                    "Content-Length: 0",
                    "",
                    "",
                ]
            )
            stranger.write(text)
    assert office.ann.ask("OPTIONS", f"sip:{settings.SIP_DOMAIN}").status == 200
    assert errors(office.registrar, size) == []


ENOUGH = 3000 * 3 + 1  # requests: more than the registrar answers in three periods


def flood(address: str, target: tuple[str, int], stop: threading.Event, answers: list[int]) -> None:
    """Send REGISTER without credentials as fast as this process can, until it is told to stop.

    It sends ENOUGH in any case.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((address, 0))
        sender.setblocking(False)
        host, port = sender.getsockname()
        number = answered = 0
        while number < ENOUGH or not stop.is_set():
            number += 1
            text = (
                f"REGISTER sip:{settings.SIP_DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP "
                f"{host}:{port};branch=z9hG4bK{number}\r\n"
                f"Max-Forwards: 70\r\nFrom: <{uri('x')}>;tag=1\r\nTo: <{uri('x')}>\r\nCall-ID: "
                f"{number}\r\n"
                f"CSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                sender.sendto(text.encode(), target)
                while sender.recv(2000):
                    answered += 1
            except BlockingIOError:
                pass
        answers += [number, answered]


def milliseconds(phone: Probe, times: int) -> float:
    """Return the median time of a registration, challenge included."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        assert phone.register() == 200
        took.append((time.perf_counter() - started) * 1000)
    return median(took)


@pytest.mark.ci
def test_flood_from_one_address_is_silenced_and_registered_phones_of_that_address_are_not(
    office: Office,
):
    """A flood may come from, or forge, an office's address, and its phones must still be heard."""
    phone = office.registrar.probe_of(office.people["ann"], host="127.0.0.50")
    phone.repeats = 0.2  # a full socket buffer drops anyone's packets
    quiet = milliseconds(phone, 20)
    stop, answers = threading.Event(), []
    attack = threading.Thread(
        target=flood, args=(phone.host, office.registrar.address, stop, answers)
    )
    attack.start()
    try:
        busy = milliseconds(phone, 40)
        assert phone.invite("102") == 200
    finally:
        stop.set()
        attack.join()
    sent, answered = answers
    print(
        f"{sent} requests, {answered} answered; a registration took {quiet:.1f} ms before and "
        f"{busy:.1f} ms meanwhile"
    )
    assert answered <= 3000 * 3 < sent

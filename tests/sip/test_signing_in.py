"""Phones sign in to the registrar; attackers capture, forge and guess (R22, R32, R33)."""

from __future__ import annotations

import random
import re
import time
from statistics import median

import pytest
from django.conf import settings
from django.db import transaction

from users import sip
from users.tenancy import scope

from .conftest import credentials, update
from .messages import Message
from .office import ELSEWHERE, HOME, uri


def test_right_password_registers_where_the_packet_came_from(registrar, ann, registered):
    phone = registrar.probe_of(ann)
    phone.contact = "<sip:ann@10.1.2.3:5060>"  # its own address as a phone behind a router sees it
    assert phone.register() == 200
    assert registered() == [(phone.username, f"sip:127.0.0.1:{phone.port}")]
    assert phone.unregister() == 200
    assert registered() == []


def test_registration_is_as_long_as_asked_within_the_limit(registrar, ann, owner):
    phone = registrar.probe_of(ann)
    left = (
        "SELECT extract(epoch FROM expires - now() AT TIME ZONE 'UTC')::float"
        " FROM registrar.location"
    )
    for asked, granted in ((60, 60), (100_000, settings.SIP_EXPIRES)):
        assert phone.register(asked) == 200
        assert granted - 2 <= owner.execute(left).fetchone()[0] <= granted
        owner.rollback()


def test_newest_telephone_of_a_person_is_the_only_one(registrar, ann, registered):
    first, second = registrar.probe_of(ann), registrar.probe_of(ann)
    assert [first.register(), second.register()] == [200, 200]
    assert registered() == [(second.username, f"sip:127.0.0.1:{second.port}")]


def test_wrong_password_and_unknown_name_get_the_same_answer(registrar, ann, registered):
    username, _ = credentials(ann)
    answers = []
    for name in (username, "u0123456789abcdef"):
        phone = registrar.probe(name, "wrong")
        text = phone.request("REGISTER", HOME).text
        for own in (name, str(phone.port), phone.tag, phone.call_id):
            text = text.replace(own, "…")
        answers.append(re.sub(r'branch=\S+|nonce="[^"]*"|(?m:^To: .*$)', "…", text))
    assert answers[0] == answers[1] and answers[0].startswith("SIP/2.0 401")
    assert registered() == []


@pytest.mark.parametrize("fields", [{"plan": "basic"}, {"is_active": False}])
def test_person_without_a_line_is_refused_at_once(registrar, ann, fields):  # R22
    phone = registrar.probe_of(ann)
    assert phone.register() == 200
    update(ann, **fields)
    assert phone.register() == 401


def test_change_of_credentials_counts_from_the_very_commit(registrar, ann, record_property):  # R33
    """Before the commit only the old ones work; right after it, only the new ones."""
    old, took = registrar.probe_of(ann), []
    for _ in range(30):
        with transaction.atomic(), scope.entered(scope="support"):
            sip.issue_credentials([ann])
            new = registrar.probe_of(ann)
            assert new.register() == 401
            assert old.register() == 200
        committed = time.perf_counter()
        assert old.register() == 401
        took.append(time.perf_counter() - committed)
        assert new.register() == 200
        old = new
    record_property("ms from commit to refusal, median", round(median(took) * 1000, 1))
    assert median(took) < 1, "nothing is cached for a second or more"


def test_change_that_is_rolled_back_never_counts(registrar, ann):
    old = registrar.probe_of(ann)
    with transaction.atomic(), scope.entered(scope="support"):
        sip.issue_credentials([ann])
        new = registrar.probe_of(ann)
        transaction.set_rollback(True)
    assert (old.register(), new.register()) == (200, 401)


# --- captured, forged, guessed --------------------------------------------------------------------


def rebranched(request: bytes) -> str:
    """Return the same request with a new branch, which a replay must have."""
    return re.sub(
        r"branch=z9hG4bK\w+", f"branch=z9hG4bK{random.getrandbits(64):x}", request.decode()
    )


def test_captured_register_is_not_accepted_a_second_time(registrar, ann, registered):
    phone = registrar.probe_of(ann)
    assert phone.register() == 200
    captured = phone.sent
    assert phone.unregister() == 200
    for attempt in (rebranched(captured), captured):
        phone.write(attempt)
        # The same packet gets the earlier answer again, because UDP may duplicate packets.
        phone.response()
        assert registered() == []
    thief = registrar.probe_of(ann, host=ELSEWHERE)
    thief.write(rebranched(captured))
    assert thief.response().status == 401
    assert registered() == []


def test_captured_register_that_never_arrived_is_refused_from_elsewhere(registrar, ann, registered):
    phone = registrar.probe_of(ann)
    challenged = phone.ask("REGISTER", HOME)
    captured = phone.authorization("REGISTER", HOME, challenged)
    thief = registrar.probe_of(ann, host=ELSEWHERE)
    refused = thief.ask("REGISTER", HOME, captured)
    assert refused.status == 401 and registered() == []


def test_register_that_udp_repeats_is_answered_each_time(registrar, ann, registered):
    phone = registrar.probe_of(ann)
    challenged = phone.ask("REGISTER", HOME)
    phone.send("REGISTER", HOME, phone.authorization("REGISTER", HOME, challenged))
    phone.write(phone.sent)  # while it may still be at the first one, and once it has answered that
    assert phone.response().status == 200
    for _ in range(3):
        phone.write(phone.sent)
        assert phone.response().status == 200
    assert len(registered()) == 1


def test_nonce_that_a_telephone_uses_again_is_called_stale_and_not_the_password_wrong(
    registrar, ann
):
    phone = registrar.probe_of(ann)
    challenged = phone.ask("REGISTER", HOME)
    authorization = phone.authorization("REGISTER", HOME, challenged)
    assert phone.ask("REGISTER", HOME, authorization).status == 200
    again = phone.ask("REGISTER", HOME, authorization)
    assert again.status == 401 and "stale=true" in again.header("WWW-Authenticate").lower()
    assert phone.ask("REGISTER", HOME, phone.authorization("REGISTER", HOME, again)).status == 200


def test_nonce_that_the_registrar_never_gave_is_challenged_anew(registrar, ann):
    phone = registrar.probe_of(ann)
    challenged = phone.ask("REGISTER", HOME)
    forged = Message(re.sub(r'nonce="[^"]*"', f'nonce="{"A" * 48}"', challenged.text))
    assert phone.ask("REGISTER", HOME, phone.authorization("REGISTER", HOME, forged)).status == 401


def test_credentials_register_nobody_elses_name(registrar, ann, bob, registered):
    username, password = credentials(ann)
    phone = registrar.probe(credentials(bob)[0], password, digest_username=username)
    assert phone.request("REGISTER", HOME).status == 401
    assert registered() == []


def test_caller_is_whoever_signed_in_whatever_from_says(registrar, ann, bob):
    """A phone that a transfer makes call someone may put another extension into From (R49)."""
    username, password = credentials(ann)
    called = registrar.probe_of(bob)
    assert called.register() == 200
    phone = registrar.probe("102", password, digest_username=username)
    assert phone.invite("102") == 486
    assert called.wait_for("INVITE sip:").header("From").startswith(f'"Ann Lee" <{uri("101")}>')


def test_username_with_a_domain_in_the_digest_is_refused(registrar, ann):
    username, password = credentials(ann)
    assert (
        registrar.probe(
            username, password, digest_username=f"{username}@{settings.SIP_DOMAIN}"
        ).register()
        == 401
    )


def test_other_domain_is_refused(registrar, ann):
    phone = registrar.probe_of(ann)
    assert phone.request("REGISTER", HOME, to=f"sip:{phone.username}@example.com").status == 403
    phone.domain = "example.com"
    assert phone.register() == 403


def test_guessing_is_silenced_for_that_name_from_that_address_only(registrar, ann, bob):
    username, password = credentials(ann)
    guesser = registrar.probe(username, "wrong")
    assert [guesser.register() for _ in range(20)] == [401] * 20
    challenged = guesser.ask("REGISTER", HOME)
    guesser.password = password  # the right password, but too late
    guesser.send("REGISTER", HOME, guesser.authorization("REGISTER", HOME, challenged))
    assert registrar.probe_of(bob).register() == 200
    with pytest.raises(TimeoutError):
        guesser.response(0.5)
    assert registrar.probe(username, password, host=ELSEWHERE).register() == 200

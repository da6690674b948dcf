"""A phone's page says why it isn't registered, from what was seen of it (R68)."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import connection, connections, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from phones import fetching, registrar_client, trouble
from phones.models import Fetch, Phone, Provisioning, Restart
from tests import factories
from tests.waiting import wait_until
from users.tenancy import scope

from ..conftest import change, free_port
from .asking import asked, assign, seen_by, state
from .conftest import YEALINK

EARLIER = timedelta(minutes=10)


def trouble_of(phone: Phone) -> trouble.Trouble | None:
    with seen_by(phone.account_id):
        found = Phone.objects.select_related("model", "provisioning").get(pk=phone.pk)
        return trouble.find_trouble(found)


def code_of(phone: Phone) -> str:
    """Return the code of a phone's trouble, or "" if it has none."""
    found = trouble_of(phone)
    return found.code if found else ""


def update(model: type, phone: Phone, **values: object) -> None:
    with transaction.atomic(), scope.entered(scope="support"):
        model.objects.filter(phone=phone).update(**values)


def make_code(phone: Phone) -> str:
    with transaction.atomic(), scope.entered(scope="support"):
        return fetching.create_code(phone)


def fetch(phone: Phone, secret: str) -> str:
    """Fetch a phone's file; return the token in it."""
    with transaction.atomic():
        file = fetching.serve_file(
            secret=secret, file=f"{phone.mac}.cfg", sender="192.0.2.1", agent=YEALINK, record=True
        )
    return re.search("/p/([0-9a-f]{32})/", file.text)[1]


def test_registered_phone_has_no_trouble(desk, boot):
    boot(desk)
    assert trouble_of(desk) is None


def test_phone_that_nobody_connected(desk):
    assert code_of(desk) == "not_connected"


def test_phone_whose_address_is_not_entered_yet_and_then_too_old(desk):
    make_code(desk)
    assert code_of(desk) == "code_waits"
    update(Provisioning, desk, code_until=timezone.now() - EARLIER)
    found = trouble_of(desk)
    assert found.code == "code_expired"
    assert "get another address" in found.advice


def test_phone_that_fetched_its_first_file_and_was_never_seen_again(desk):
    fetch(desk, make_code(desk))
    found = trouble_of(desk)
    assert found.code == "fetched_once"
    assert "from 192.0.2.1" in found.reason


def test_phone_that_fetched_and_never_signed_in(desk, settings):
    fetch(desk, fetch(desk, make_code(desk)))
    settings.SIP_HOST, settings.SIP_PORT = "sip.example.com", 5070
    found = trouble_of(desk)
    assert found.code == "fetched"
    assert "may not let it reach sip.example.com:5070 (UDP)" in found.advice


def test_new_address_for_a_phone_that_fetched_before_does_not_hide_that(desk):
    fetch(desk, fetch(desk, make_code(desk)))
    update(Provisioning, desk, delivered_at=timezone.now() - 2 * EARLIER)
    update(Fetch, desk, last_at=timezone.now() - 2 * EARLIER)
    make_code(desk)
    assert code_of(desk) == "fetched"


def test_phone_that_still_signs_in_with_its_earlier_credentials(uma, desk, boot, registrar):
    probe = boot(desk)
    change(uma)
    assert code_of(desk) == "not_restarted"
    assert probe.register() == 401
    assert code_of(desk) == "not_restarted"  # its registration is still there to be asked by
    registrar_client.remove_registration(probe.username)
    assert code_of(desk) == "removal"
    # The same phone at another address: of one address, a refusal is recorded once a minute.
    moved = registrar.probe(probe.username, probe.password, host="127.0.0.9")
    moved.agent = probe.agent
    assert moved.register() == 401
    found = trouble_of(desk)
    assert found.code == "username"
    assert "from 127.0.0.9" in found.reason


def test_phone_with_a_wrong_password_until_it_fetches_again(desk, boot, registrar):
    probe = boot(desk)
    probe.unregister()
    wrong = registrar.probe(probe.username, "mistyped")
    wrong.agent = YEALINK
    assert wrong.register() == 401
    assert code_of(desk) == "password"
    fetch(desk, make_code(desk))
    assert code_of(desk) == "fetched_once"


def test_what_other_devices_did_with_the_line_is_not_the_phones_trouble(uma, desk, boot, registrar):
    probe = boot(desk)
    probe.unregister()
    softphone = registrar.probe_of(uma)
    softphone.agent = "Linphone/5.2"
    assert [softphone.register(), softphone.unregister()] == [200, 200]
    wrong = registrar.probe(probe.username, "mistyped")
    wrong.agent = "Linphone/5.2"
    assert wrong.register() == 401
    assert code_of(desk) == "fetched_once"


def test_phone_whose_line_a_softphone_has(uma, desk, boot, registrar):
    boot(desk)
    softphone = registrar.probe_of(uma, host="127.0.0.8")
    softphone.agent = "Linphone/5.2"
    assert softphone.register() == 200
    found = trouble_of(desk)
    assert found.code == "held"
    assert re.search("since .*: Linphone/5.2, from 127.0.0.8", found.reason)


def test_phone_that_stopped_renewing_its_registration(desk, boot):
    probe = boot(desk)
    assert probe.register(expires=1) == 200
    update(Fetch, desk, last_at=timezone.now() - EARLIER)
    wait_until(lambda: state(desk).unregistered)
    assert code_of(desk) == "expiry"


def test_phone_that_signed_out(desk, boot):
    boot(desk).unregister()
    assert code_of(desk) == "removal"


def test_phone_that_was_asked_to_restart_and_is_not_back(alice, uma, desk, boot):
    boot(desk)
    change(uma)
    asked(alice, desk)
    assert code_of(desk) == "restarting"
    update(Restart, desk, at=timezone.now() - EARLIER)
    update(Fetch, desk, last_at=timezone.now() - 2 * EARLIER)
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE registrar.line SET ended_at = %s", [timezone.now() - 2 * EARLIER])
    assert code_of(desk) == "not_back"


def test_free_phone_that_has_not_come_back_on_standby(alice, desk, boot):  # R50
    boot(desk)
    assign(desk, None)
    assert code_of(desk) == "not_restarted"
    asked(alice, desk)
    assert code_of(desk) == "restarting"
    boot(desk)
    assert trouble_of(desk) is None


def test_nothing_is_known_without_the_registrar(desk, boot, settings):
    boot(desk)
    settings.REGISTRAR_RPC = f"127.0.0.1:{free_port()}"
    assert code_of(desk) == "unknown"


def test_trouble_is_found_with_few_queries(uma, desk, boot):
    boot(desk).unregister()
    change(uma)
    with CaptureQueriesContext(connection) as queries, seen_by(desk.account_id):
        found = Phone.objects.select_related("model", "provisioning").get(pk=desk.pk)
        before = len(queries)
        assert trouble.find_trouble(found)
        assert len(queries) - before == 4


def test_every_situation_has_a_sentence_and_what_to_do():
    words = dict.fromkeys(("at", "since"), timezone.now())
    words |= {"address": "192.0.2.1", "device": "Linphone/5.2"}
    for code in trouble.SENTENCES:
        said = trouble._say(code, **words)
        assert said.reason.endswith(".") and said.advice.endswith("."), code
        assert "%" not in said.reason + said.advice, code


def test_moments_are_the_readers(desk):
    make_code(desk)
    update(Provisioning, desk, code_until="2031-07-01T16:30:00Z")
    with timezone.override("America/Chicago"), translation.override("en-us"):
        assert "good until July 1, 2031, 11:30 a.m. CDT." in trouble_of(desk).reason


def test_fragment_shows_what_devices_call_themselves_as_text(uma, desk, boot, registrar):
    boot(desk)
    hostile = registrar.probe_of(uma)
    hostile.agent = "<script>alert(1)</script>"
    assert hostile.register() == 200
    html = render_to_string("phones/_registration_trouble.html", {"trouble": trouble_of(desk)})
    assert "&lt;script&gt;" in html and "<script>" not in html
    assert render_to_string("phones/_registration_trouble.html", {"trouble": None}).strip() == ""


def test_another_account_learns_nothing(acme, desk, boot):
    boot(desk).unregister()
    elsewhere = factories.account("Other")
    with seen_by(elsewhere.pk), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM phones_line_seen(%s)", [desk.pk])
        assert cursor.fetchall() == []

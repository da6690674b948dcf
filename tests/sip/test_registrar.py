"""The SIP registrar, met by telephones and by any other sender (R22, R32, R33, R34, R40)."""

from __future__ import annotations

import random
import re
import socket
import time
from statistics import median

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from tests import factories
from tests.waiting import wait_until
from users import sip
from users.models import Account, User
from users.tenancy import scope

from .conftest import Registrar, change, credentials, free_port
from .probe import Message, Probe

HOME = f"sip:{settings.SIP_DOMAIN}"
ELSEWHERE = "127.0.0.2"  # another address than the one that telephones of the tests speak from


@pytest.fixture
def acme(registrar) -> Account:
    return factories.account("Acme")


@pytest.fixture
def ann(acme) -> User:
    return factories.person(acme, "Ann", "Lee", ext="101", caller_id="+14155550101")


@pytest.fixture
def bob(acme) -> User:
    return factories.person(acme, "Bob", "Ross", ext="102")


@pytest.fixture
def phones(registrar, ann, bob) -> tuple[Probe, Probe]:
    """Ann's and Bob's telephones, registered."""
    both = registrar.probe_of(ann), registrar.probe_of(bob)
    assert [phone.register() for phone in both] == [200, 200]
    return both


@pytest.fixture
def registered(registrar, owner):
    """Ask who is registered, in order, and where."""

    def ask() -> list[tuple[str, str]]:
        found = owner.execute(
            "SELECT username, received FROM registrar.location ORDER BY id"
        ).fetchall()
        owner.rollback()
        return found

    return ask


def update(user: User, **fields: object) -> None:
    with transaction.atomic(), scope.entered(scope="support"):
        User.objects.filter(pk=user.pk).update(**fields)


def silent(phone: Probe) -> bool:
    """Tell whether nothing has reached a telephone, by what would come after it."""
    return phone.received.empty()


def uri(user: str) -> str:
    return f"sip:{user}@{settings.SIP_DOMAIN}"


# --- signing in -----------------------------------------------------------------------------------


def test_right_password_registers_where_the_packet_came_from(registrar, ann, registered):
    phone = registrar.probe_of(ann)
    phone.contact = "<sip:ann@10.1.2.3:5060>"  # what a telephone behind a router believes
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
    """The new ones are refused until then, the old ones from then on, at the very next request."""
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
    assert median(took) < 1, "nothing is kept for a second or more"


def test_change_that_is_rolled_back_never_counts(registrar, ann):
    old = registrar.probe_of(ann)
    with transaction.atomic(), scope.entered(scope="support"):
        sip.issue_credentials([ann])
        new = registrar.probe_of(ann)
        transaction.set_rollback(True)
    assert (old.register(), new.register()) == (200, 401)


# --- captured, forged, guessed --------------------------------------------------------------------


def rebranched(request: bytes) -> str:
    """Return the same request with a new branch, as someone who replays it must send it."""
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
        # The same packet gets the earlier answer again, because UDP may have repeated it.
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
    """A phone that a transfer makes call somebody may put another extension into From (R49)."""
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
    guesser.password = password  # now he has got it, but too late
    guesser.send("REGISTER", HOME, guesser.authorization("REGISTER", HOME, challenged))
    assert registrar.probe_of(bob).register() == 200
    with pytest.raises(TimeoutError):
        guesser.response(0.5)
    assert registrar.probe(username, password, host=ELSEWHERE).register() == 200


# --- calling --------------------------------------------------------------------------------------


def test_call_by_extension_is_answered_and_ends(registrar, phones):
    ann, bob = phones
    bob.answers["INVITE"] = 200
    answered = ann.request("INVITE", uri("102"), to=uri("102"))
    assert answered.status == 200
    assert answered.header("From") == f"<{uri(ann.username)}>;tag={ann.tag}", (
        "to itself it is who it said"
    )
    ann.begin(answered)
    assert ann.hang_up() == 200
    # By UDP, one after the other may overtake it.
    assert sorted(bob.received.get(timeout=5).method for _ in range(3)) == ["ACK", "BYE", "INVITE"]


def test_old_registration_neither_rings_nor_calls_from_the_commit_on(
    registrar, phones, bob, registered
):  # R33
    ann, old = phones
    change(bob)
    assert ann.invite("102") == 480
    assert old.invite("101") == 407
    assert old.register() == 401
    assert silent(old) and silent(ann)
    assert [name for name, _ in registered()] == [ann.username, old.username], (
        "it is how to ask that phone to restart"
    )
    new = registrar.probe_of(bob)
    assert new.register() == 200
    assert ann.invite("102") == 486
    assert new.received.get(timeout=5).method == "INVITE" and silent(old)


def test_extensions_of_another_account_are_not_there(registrar, phones):
    stranger = factories.person(factories.account("Other"), "Sam", "Stranger", ext="201")
    phone = registrar.probe_of(stranger)
    assert phone.register() == 200
    ann, _ = phones
    assert ann.invite("201") == ann.invite(phone.username) == phone.invite("101") == 404
    assert silent(phone) and silent(ann)


def test_same_extension_in_two_accounts_rings_at_home(registrar, phones):
    namesake = factories.person(factories.account("Other"), ext="102")
    phone = registrar.probe_of(namesake)
    assert phone.register() == 200
    ann, bob = phones
    assert ann.invite("102") == 486
    assert bob.received.get(timeout=5).method == "INVITE" and silent(phone)


@pytest.mark.parametrize(
    "number", ["911", "933", "112", "100", "*97", "102'--", "+14155550102", "00000000102"]
)
def test_what_is_nobodys_extension_is_not_found(registrar, phones, number):  # R13, R40
    ann, bob = phones
    assert ann.invite(number) == 404
    assert silent(bob)


def test_address_elsewhere_is_not_called(registrar, phones):
    ann, bob = phones
    assert ann.request("INVITE", f"sip:102@127.0.0.1:{bob.port}").status == 404
    assert ann.request("INVITE", uri("102"), f"Route: <sip:127.0.0.1:{bob.port};lr>").status == 486
    assert bob.received.get(timeout=5).header("Route") == ""


def test_person_who_may_register_but_has_no_extension_cannot_call(registrar, phones, ann):
    update(ann, ext=None)
    assert phones[0].invite("102") == 403


def test_caller_is_who_the_row_says(registrar, phones):  # R32
    ann, bob = phones
    claims = [
        f"{name}: <sip:911@evil.example>"
        for name in ("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID")
    ]
    assert ann.invite("102", *claims) == 486
    call = bob.received.get(timeout=5)
    assert call.header("From").startswith(f'"Ann Lee" <{uri("101")}>')
    assert call.headers("P-Asserted-Identity") == [f'"Ann Lee" <{uri("101")}>, <tel:+14155550101>']
    assert "evil" not in call.text and "Authorization" not in call.text


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ('Ann "Ace"', "O\\Hara", 'Ann "Ace" O\\Hara'),
        ("Zoë", "Łukasz-Ñandú 漢字", "Zoë Łukasz-Ñandú 漢字"),
        ("Ann\r\nX-Evil: yes\r\n\r\n", "Lee\x7f\x85", "AnnX-Evil: yes Lee"),
        ("$rU $(avp(ha1))", "%rm", "$rU $(avp(ha1)) %rm"),
        ('"' * 60, "\\" * 60, '"' * 60),
    ],
)
def test_no_name_breaks_out_of_its_quotation_marks(registrar, phones, ann, first, last, shown):
    update(ann, first_name=first, last_name=last.strip())
    assert phones[0].invite("102") == 486
    call = phones[1].received.get(timeout=5)
    for field in ("From", "P-Asserted-Identity"):
        quoted = re.match(r'"((?:[^"\\]|\\.)*)" <', call.header(field))
        assert re.sub(r"\\(.)", r"\1", quoted[1]) == shown
    assert call.headers("X-Evil") == []


@pytest.mark.parametrize(
    "method", ["SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "INFO", "UPDATE", "BYE", "NONSENSE"]
)
def test_other_requests_are_not_served(registrar, phones, method):
    ann, bob = phones
    assert ann.request(method, uri("102"), to=uri("102")).status == 405
    assert silent(bob)


def test_call_over_tcp_and_to_udp_and_back(registrar, ann, bob):
    over_tcp, over_udp = registrar.probe_of(ann, transport="tcp"), registrar.probe_of(bob)
    assert [over_tcp.register(), over_udp.register()] == [200, 200]
    for caller, called, ext in ((over_tcp, over_udp, "102"), (over_udp, over_tcp, "101")):
        called.answers["INVITE"] = 200
        assert caller.invite(ext) == 200
        assert caller.hang_up() == 200
        # The registrar's processes pass them on: one after the other may overtake it.
        assert sorted(called.received.get(timeout=5).method for _ in range(3)) == [
            "ACK",
            "BYE",
            "INVITE",
        ]
    over_tcp.close()
    assert registrar.check_sync(over_tcp.username) == 408


# --- asking a telephone to restart ----------------------------------------------------------------


def test_request_to_restart_reaches_the_telephone_without_our_secret(registrar, phones):  # R34
    ann, _ = phones
    assert registrar.check_sync(ann.username) == 200
    asked = ann.received.get(timeout=5)
    assert (asked.method, asked.header("Event")) == ("NOTIFY", "check-sync;reboot=true")
    assert registrar.key not in asked.text and asked.headers("X-Registrar-Key") == []


def test_request_to_restart_reaches_the_old_telephone_until_it_is_forgotten(
    registrar, phones, ann, registered
):  # R33
    old, other = phones
    change(ann)
    assert registrar.check_sync(old.username) == 200
    assert registrar.call("ul.rm", "location", f"{old.username}@{settings.SIP_DOMAIN}")[0] == 200
    assert [name for name, _ in registered()] == [other.username]
    assert registrar.check_sync(old.username) == 480


def test_answer_to_the_request_to_restart_is_the_telephones_own(registrar, phones):
    ann, bob = phones
    bob.answers["NOTIFY"], ann.answers["NOTIFY"] = 489, None
    assert registrar.check_sync(bob.username) == 489
    started = time.monotonic()
    assert registrar.check_sync(ann.username) == 408
    assert 3 < time.monotonic() - started < 20, "four seconds, and not the half minute of RFC 3261"


def test_telephone_that_challenges_the_request_to_restart_is_heard(registrar, phones):
    ann, _ = phones
    ann.answers["NOTIFY"] = 401
    ann.challenge = lambda request: (
        'WWW-Authenticate: Digest realm="phone", nonce="n1", algorithm=MD5'
    )
    to = uri(ann.username)
    headers = (
        f"From: <{uri('restart')}>\r\nTo: <{to}>\r\nEvent: check-sync\r\n"
        f"X-Registrar-Key: {registrar.key}\r\n"
    )
    _, answer = registrar.call(
        "tm.t_uac_wait", "NOTIFY", to, "sip:{}:{}".format(*registrar.address), ".", headers
    )
    assert "401" in str(answer) and 'realm="phone", nonce="n1"' in str(answer)


@pytest.mark.parametrize("key", ["", "wrong", "0" * 64])
def test_request_to_restart_without_the_secret_is_refused(registrar, phones, key):
    ann, _ = phones
    assert registrar.check_sync(ann.username, key=key) == 405
    assert silent(ann)


@pytest.mark.parametrize("host", ["127.0.0.1", ELSEWHERE])
@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Event: check-sync;reboot=true",),
        ("Event: check-sync", "X-Registrar-Key: wrong"),
        ("Event: check-sync", "Route: {}"),
    ],
)
def test_request_to_restart_from_outside_is_refused(registrar, phones, bob, host, headers):  # R34
    ann, _ = phones
    route = f"<sip:127.0.0.1:{ann.port};lr>"
    with registrar.probe_of(bob, host=host) as outsider:
        for to in (uri(ann.username), f"<{uri(ann.username)}>;tag=1"):
            sent = [header.format(route) for header in headers]
            assert outsider.request("NOTIFY", uri(ann.username), *sent, to=to).status in (405, 481)
    assert silent(ann)


def test_right_secret_from_another_address_is_refused(registrar, phones):
    ann, _ = phones
    with registrar.probe("nobody", "", host=ELSEWHERE) as outsider:
        assert (
            outsider.ask("NOTIFY", uri(ann.username), f"X-Registrar-Key: {registrar.key}").status
            == 405
        )
    assert silent(ann)


def test_remote_control_needs_its_secret_and_its_own_port(registrar):
    assert registrar.call("core.uptime")[0] == 200
    for wrong in ("", "wrong", registrar.key[:-1], registrar.key + "0"):
        assert registrar.call("core.uptime", key=wrong) == (401, None)
    assert registrar.call("core.uptime", port=registrar.address[1]) == (404, None)


def test_port_of_the_remote_control_is_no_way_in_for_telephones(registrar, ann):
    phone = registrar.probe_of(ann, transport="tcp", registrar=registrar.rpc)
    phone.send("REGISTER", HOME)
    with pytest.raises(TimeoutError):
        phone.response(0.5)


# --- what it tells --------------------------------------------------------------------------------


def test_answers_tell_no_version(registrar, ann):
    phone = registrar.probe_of(ann)
    for method in ("OPTIONS", "REGISTER", "SUBSCRIBE", "INVITE"):
        text = phone.request(method, f"sip:{settings.SIP_DOMAIN}").text
        assert "Server: phoneadmin\r\n" in text
        assert not re.search(r"kamailio|5\.6\.[0-9]", text, re.IGNORECASE)


def test_log_holds_nothing_that_one_can_sign_in_with(registrar, ann, owner):
    phone = registrar.probe_of(ann)
    assert phone.register() == 200
    captured = phone.sent
    generator = random.Random(1)
    for _ in range(300):
        position = generator.randrange(len(captured))
        phone.write(captured[:position])
        phone.write(captured[:position] + b"\0\xff" + captured[position:])
    assert registrar.probe(phone.username, "wrong").register() == 401
    log = registrar.log.read_text(errors="replace")
    (ha1,) = owner.execute("SELECT ha1 FROM users_sipcredentials").fetchone()
    response = re.search(rb'response="(\w+)"', captured)[1].decode()
    for secret in (
        phone.password,
        ha1,
        response,
        registrar.key,
        settings.REGISTRAR_DATABASE["PASSWORD"],
    ):
        assert secret not in log


# --- what it survives -----------------------------------------------------------------------------


def garbage(phone: Probe, generator: random.Random) -> bytes:
    """Return one packet: noise, or a good request with parts changed, repeated, cut or moved."""
    if generator.random() < 0.2:
        return generator.randbytes(generator.randrange(1, 1400))
    packet = bytearray(phone.sent)
    for _ in range(generator.randrange(1, 6)):
        start = generator.randrange(len(packet))
        end = min(len(packet), start + generator.randrange(1, 60))
        piece = bytes(packet[start:end])
        match generator.randrange(5):
            case 0:
                packet[start:end] = generator.randbytes(len(piece))
            case 1:
                del packet[start:end]
            case 2:
                packet[start:start] = piece * generator.randrange(1, 30)
            case 3:
                lines = bytes(packet).split(b"\r\n")
                generator.shuffle(lines)
                packet = bytearray(b"\r\n".join(lines))
            case 4:
                word = generator.choice(
                    [
                        b"-1",
                        b"4294967296",
                        b"%s%n",
                        b"\0",
                        b'"',
                        b"<",
                        b">;tag=",
                        b"sip:",
                        b"\r\n\r\n",
                        b"9" * 300,
                    ]
                )
                packet[start:start] = word
        if not packet:
            return b"\r\n"
    return bytes(packet[:60_000])


def test_garbage_stops_nothing(registrar, phones, ann):
    """A few thousand packets, and streams over TCP that are cut anywhere; always the same ones."""
    seen, generator = registrar.children(), random.Random(20)
    phone, _ = phones
    requests = []
    for method, target in (
        ("REGISTER", HOME),
        ("INVITE", uri("102")),
        ("NOTIFY", uri("101")),
        ("OPTIONS", HOME),
        ("BYE", uri("102")),
    ):
        phone.request(
            method, target, "Event: check-sync", "Route: <sip:127.0.0.1;lr;k=0>", "Expires: 60"
        )
        requests.append(phone.sent)
    attacker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with attacker:
        attacker.bind((ELSEWHERE, 0))
        for number in range(4000):
            phone.sent = generator.choice(requests)
            attacker.sendto(garbage(phone, generator), registrar.address)
            if number % 200 == 0:
                assert registrar.answers()
    for number in range(300):
        phone.sent = generator.choice(requests)
        with socket.create_connection(
            registrar.rpc if number % 5 == 0 else registrar.address
        ) as stream:
            try:
                for _ in range(generator.randrange(1, 4)):
                    stream.sendall(garbage(phone, generator))
            except OSError:
                pass  # it may hang up on us
    assert registrar.probe_of(ann).register() == 200
    assert registrar.probe_of(ann, transport="tcp").register() == 200
    assert registrar.answers()
    assert registrar.children() == seen, "a process has died"


def test_database_that_goes_is_an_error_of_ours_and_comes_back(registrar, phones, postgres):
    ann, _ = phones
    role = settings.REGISTRAR_DATABASE["USER"]
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
    with postgres.superuser() as superuser:
        superuser.execute(cut)
        assert ann.register() == 200, "a connection that was cut is made again"
        try:
            superuser.execute(f"ALTER ROLE {role} NOLOGIN")
            superuser.execute(cut)
            assert ann.register() == 500
            assert ann.invite("102") == 500
        finally:
            superuser.execute(f"ALTER ROLE {role} LOGIN")
    wait_until(lambda: ann.register() == 200)
    assert ann.invite("102") == 486


def test_restart_of_the_registrar_loses_no_registration(registrar, phones):
    ann, bob = phones
    registrar.stop()
    registrar.start()
    assert ann.invite("102") == 486
    assert registrar.check_sync(bob.username) == 200


# --- what it may see ------------------------------------------------------------------------------


def test_role_sees_its_views_and_its_registrations_only(registrar, ann, registrar_role):
    ask = registrar_role.execute
    assert ask("SELECT username FROM subscriber").fetchall() == [(credentials(ann)[0],)]
    assert ask("SELECT ext FROM extension").fetchall() == [("101",)]
    assert ask("SELECT count(*) FROM location").fetchone() == (0,)
    assert ask("SHOW timezone").fetchone() == ("UTC",)
    tables = (
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    )
    readable = (
        " WHERE relkind IN ('r', 'v', 'm', 'p', 'f')"
        " AND nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    readable += " AND has_schema_privilege(n.oid, 'USAGE')"
    readable += " AND has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')"
    assert {name for (name,) in ask(tables + readable)} == {
        "call", "extension", "location", "subscriber", "version",
    }  # fmt: skip
    for statement in (
        "SELECT FROM public.users_sipcredentials",
        "UPDATE subscriber SET ha1 = ''",
        "DELETE FROM extension",
        "UPDATE version SET table_version = 0",
        "TRUNCATE location",
        "CREATE TABLE registrar.mine (id integer)",
        "CREATE TABLE public.mine (id integer)",
    ):
        with pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)
        ):
            ask(statement)


def test_role_is_nobody_special(registrar_role):
    flags = (
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert registrar_role.execute(flags).fetchall() == [(False,) * 5]
    owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
    assert registrar_role.execute(owned).fetchone() == (0,)


@pytest.mark.parametrize("table", ["subscriber", "extension", "location", "version", "call"])
def test_application_sees_nothing_of_the_registrar(db, table):
    with (
        pytest.raises(Exception, match="permission denied for schema registrar"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT FROM registrar.{table}")


PEOPLE = """
INSERT INTO users_account (id, name, created_at)
    SELECT n, 'Company ' || n, now() FROM generate_series(1, 20) AS n;
INSERT INTO users_user (
    id, account_id, email, first_name, last_name, ext, plan, caller_id, password, created_at,
        is_superuser, is_staff, is_active, is_administrator)
    SELECT n, n % 20 + 1, n || '@example.com', 'Pat', 'Doe', n::text, 'pro', '', '', now(),
        false, false, true, false
    FROM generate_series(10001, 20000) AS n;
INSERT INTO users_sipcredentials (user_id, account_id, username, ha1, key_fingerprint, changed_at)
    SELECT id, account_id, 'u' || id, md5(ext), '', now() FROM users_user;
INSERT INTO registrar.location (ruid, username) SELECT id, 'u' || id FROM users_user;
ANALYZE users_user; ANALYZE users_sipcredentials; ANALYZE registrar.location;
SET LOCAL search_path = registrar;
"""


QUESTIONS = {
    "SELECT ha1, ext, caller_id, display_name, tenant FROM subscriber WHERE username='u0'": (
        "users_sipcredentials_username"
    ),
    "SELECT username FROM extension WHERE tenant = 1 AND ext = '101'": "users_user_ext",
    "SELECT contact FROM location WHERE username='u0' ORDER BY q": "location_username",
}


def test_questions_of_the_registrar_are_answered_from_an_index(owner):
    """Kamailio's own queries: their literals have no type of their own."""
    owner.execute(PEOPLE)
    plans = {
        question: "\n".join(line for (line,) in owner.execute(f"EXPLAIN {question}"))
        for question in QUESTIONS
    }
    assert [
        question
        for question, plan in plans.items()
        if QUESTIONS[question] not in plan or "Seq Scan" in plan
    ] == []


# --- behind a TLS front ---------------------------------------------------------------------------


def test_telephones_behind_a_front_call_one_another(registrar, ann, bob, tmp_path):
    """The front ends TLS and names the sender by the PROXY protocol; here it has no TLS."""
    front = ("127.0.0.1", free_port())
    fronted = Registrar(
        tmp_path / "log",
        PHONEADMIN_SIP_FRONT="{}:{}".format(*front),
        PHONEADMIN_SIP_SERVER="sip.example.com:5061;transport=tls",
    )
    try:
        fronted.start()
        greeting = "PROXY TCP4 192.0.2.{} 198.51.100.1 40000 5061\r\n"
        caller, called = (
            fronted.probe_of(
                user, transport="tcp", registrar=front, greeting=greeting.format(number).encode()
            )
            for number, user in enumerate((ann, bob), 1)
        )
        assert [caller.register(), called.register()] == [200, 200]
        called.answers["INVITE"] = 200
        assert caller.invite("102") == 200
        assert caller.dialog.target.endswith("@sip.example.com:5061;transport=tls")
        with pytest.raises(
            ConnectionRefusedError
        ):  # there, anybody could claim any address by the PROXY protocol
            socket.create_connection(fronted.address, timeout=5)
        assert caller.hang_up() == 200
        assert fronted.check_sync(called.username) == 200
        assert sorted(called.received.get(timeout=5).method for _ in range(4)) == [
            "ACK",
            "BYE",
            "INVITE",
            "NOTIFY",
        ]
    finally:
        for probe in fronted.probes:
            probe.close()
        fronted.stop()

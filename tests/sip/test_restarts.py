"""Ask phones to restart, and see what the page says of their lines, with a real registrar (R34)."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape

import psycopg
import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from requests.utils import parse_dict_header

from phones import assignment, fetching, lifecycle, line, restarts
from phones import registrar_client as application
from phones.models import Phone, Provisioning, Restart
from phones.registrar_client import Answer
from tests import factories
from tests.phones.provisioning.readers import READERS
from tests.waiting import wait_until
from users.models import Account, User
from users.tenancy import scope

from .conftest import Registrar, change, credentials, free_port
from .probe import Message, Probe

PAGE = "/phones/restart/"
AGAIN = "Unplug it and plug it in again"


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
    """One transaction that sees this account, as a request of its administrator is."""
    with transaction.atomic(), scope.entered(account_id=account_id):
        yield


@pytest.fixture(autouse=True)
def asked_here(registrar: Registrar, settings, monkeypatch) -> None:
    """Use the tests' registrar, and ask anew each time whether it answers."""
    settings.SIP_LISTEN = "{}:{}".format(*registrar.address)
    settings.REGISTRAR_RPC = "{}:{}".format(*registrar.rpc)
    monkeypatch.setattr("phones.registrar_client.REFRESH", 0)
    monkeypatch.setattr("phones.registrar_client._asked_at", float("-inf"))
    monkeypatch.setattr("phones.registrar_client._reachable", False)


@pytest.fixture
def acme(registrar) -> Account:
    return factories.account("Acme")


@pytest.fixture
def alice(acme) -> User:
    return factories.person(acme, "Alice", "Archer", ext="100", is_administrator=True)


@pytest.fixture
def uma(acme) -> User:
    return factories.person(acme, "Uma", "Ulm", ext="11")


@pytest.fixture
def vic(acme) -> User:
    return factories.person(acme, "Vic", "Vance", ext="12")


@pytest.fixture
def desk(acme, uma) -> Phone:
    """Uma's phone."""
    return factories.phone(acme, uma, label="Front desk")


@pytest.fixture
def browser(alice) -> Client:
    """Alice, signed in, on User phones."""
    client = Client(headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/phones/"})
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(alice)
    return client


@pytest.fixture
def boot(registrar) -> Callable[..., Probe | None]:
    """Have a Yealink phone fetch its file and register; return no probe if it gets no line."""

    def booted(phone: Phone, kind: type[Probe] = Probe) -> Probe | None:
        with transaction.atomic(), scope.entered(scope="support"):
            code = fetching.create_code(phone)
        with transaction.atomic():
            file = fetching.serve_file(
                secret=code, file=f"{phone.mac}.cfg", sender="192.0.2.1", record=True
            )
        if not (found := READERS["yealink"](file.text)):
            return None
        probe = kind(registrar.address, found["username"], found["password"], found["domain"])
        registrar.probes.append(probe)
        assert probe.register() == 200
        return probe

    return booted


@pytest.fixture
def registered(registrar, owner: psycopg.Connection) -> Callable[[], set[str]]:
    """Ask which usernames are registered, the dead ones included."""

    def ask() -> set[str]:
        found = owner.execute(
            "SELECT username FROM registrar.location WHERE expires > now() AT TIME ZONE 'UTC'"
        )
        names = {name for (name,) in found}
        owner.rollback()
        return names

    return ask


def asked(by: User, *phones: Phone) -> list[Answer | None]:
    """Ask phones to restart, and return what they answered."""
    with seen_by(by.account_id):
        chosen = Phone.objects.select_related("assigned_to__sip", "model", "provisioning").in_bulk()
        return [
            each.answer
            for each in restarts.request_restarts([chosen[phone.pk] for phone in phones], by=by)
        ]


def notified(probe: Probe, *, times: int = 1) -> None:
    """Assert how many NOTIFYs have reached a phone; it answers each before it takes it down."""
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
    """Of each restart that was asked for: which phone, by whom, and what it answered."""
    with seen_by(account.pk):
        return list(Restart.objects.order_by("id").values_list("phone", "by", "answer"))


def username(user: User) -> str:
    return credentials(user)[0]


def keys(*phones: Phone) -> str:
    """Phones as a form names them."""
    return ",".join(str(phone.pk) for phone in phones)


def text(response: HttpResponse) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()))


def message(response: HttpResponse) -> str:
    """Return what the answer tells people about the phones; a link to more stands beside it."""
    said = re.search(r'id="messages".*?<p>(.*?)</p>', response.content.decode(), re.S)[1]
    said = re.sub(r'<a class="why".*?</a>', "", said, flags=re.S)
    return unescape(" ".join(re.sub(r"</?strong>", "", said).replace("<br>", " ").split()))


def status(page: HttpResponse, phone: Phone) -> str:
    row = re.search(
        rf'<tr id="phone-{phone.pk}".*?<td class="status">(.*?)</td>', page.content.decode(), re.S
    )[1]
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


# --- a phone is asked by the username it uses -----------------------------------------------------


def test_registered_phones_are_asked_as_their_makes_understand(acme, alice, registrar):
    events = {
        "Yealink SIP-T54W": "check-sync;reboot=true",
        "Cisco CP-8841-3PCC": "check-sync",
        "Poly VVX 450": "check-sync",
    }
    people = [factories.person(acme) for _ in events]
    phones = [
        factories.phone(acme, person, model=model)
        for person, model in zip(people, events, strict=True)
    ]
    probes = [registrar.probe_of(person) for person in people]
    assert {probe.register() for probe in probes} == {200}
    assert asked(alice, *phones) == [Answer.ASKED] * 3
    requests = [probe.received.get(timeout=5) for probe in probes]
    assert [(each.method, each.header("Event")) for each in requests] == [
        ("NOTIFY", each) for each in events.values()
    ]
    assert not any(registrar.key in each.text for each in requests)
    assert on_record(acme) == [(phone.pk, alice.pk, "asked") for phone in phones]


def test_phone_with_its_present_credentials_stays_registered(alice, uma, desk, boot, registered):
    boot(desk)
    assert asked(alice, desk) == [Answer.ASKED]
    assert registered() == {username(uma)}


def test_old_registration_goes_once_the_phone_was_asked_by_it(
    alice, uma, desk, boot, registered
):  # R33
    old = boot(desk)
    change(uma)
    assert old.register() == 401  # dead for calling, and still the way to the phone
    assert registered() == {old.username}
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old)
    assert registered() == set()


def test_phone_that_does_not_do_this_says_so_and_keeps_its_registration(
    acme, alice, uma, desk, boot, registered
):
    old = boot(desk)
    change(uma)
    for code in (405, 481, 489, 501):
        old.answers["NOTIFY"] = code
        assert asked(alice, desk) == [Answer.CANNOT], code
    assert registered() == {old.username}
    assert on_record(acme) == [(desk.pk, alice.pk, "cannot")] * 4


def test_phone_may_answer_that_it_will_later(alice, desk, boot):
    boot(desk).answers["NOTIFY"] = 202
    assert asked(alice, desk) == [Answer.ASKED]


def test_phone_that_wants_to_know_who_asks_is_told(acme, alice, desk, boot):
    probe = boot(desk, ChallengingPhone)
    for probe.qop in ("", "auth", "auth-int, auth"):
        assert asked(alice, desk) == [Answer.ASKED], probe.qop
        first, second = probe.received.get(timeout=5), probe.received.get(timeout=5)
        assert (first.header("Authorization"), second.header("Authorization").split()[0]) == (
            "",
            "Digest",
        )
    assert on_record(acme) == [(desk.pk, alice.pk, "asked")] * 3


def test_phone_whose_username_was_made_with_an_older_key_is_told_too(
    alice, uma, desk, boot, settings
):
    old = boot(desk, ChallengingPhone)
    settings.SIP_KEYS = ["a newer key than the phone’s", *settings.SIP_KEYS]
    change(uma)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old, times=3)  # unproven, proven with the wrong key, proven with its own


def test_phone_that_nobody_can_prove_himself_to_cannot_be_restarted(alice, desk, boot, settings):
    boot(desk, ChallengingPhone)
    settings.SIP_KEYS = ["another key than the phone’s was made with"]
    assert asked(alice, desk) == [Answer.CANNOT]


def test_silent_phones_are_given_up_after_four_seconds_together(acme, alice, registrar, browser):
    people = [factories.person(acme, ext=f"20{n}") for n in range(4)]
    phones = [factories.phone(acme, person, label=f"Silent {n}") for n, person in enumerate(people)]
    for person in people:
        probe = registrar.probe_of(person)
        probe.answers["NOTIFY"] = None
        assert probe.register() == 200
    started = time.monotonic()
    answer = browser.post(PAGE, {"phones": keys(*phones)})
    assert 4 < time.monotonic() - started < 15  # one after another it would be sixteen
    assert message(answer) == " ".join(
        f"Silent {n} did not answer. Unplug it and plug it in again." for n in range(4)
    )
    assert on_record(acme) == [(phone.pk, alice.pk, "silent") for phone in phones]


def test_phone_whose_connection_is_gone_does_not_answer(alice, uma, desk, registrar):
    with registrar.probe_of(uma, transport="tcp") as probe:
        assert probe.register() == 200
        assert asked(alice, desk) == [Answer.ASKED]
    assert asked(alice, desk) == [Answer.SILENT]


def test_phone_that_is_not_registered_cannot_be_asked(acme, alice, desk, boot):
    boot(desk).unregister()
    assert asked(alice, desk) == [Answer.NOT_REGISTERED]
    assert on_record(acme) == [(desk.pk, alice.pk, "not registered")]


def test_free_phone_without_a_registration_has_nothing_to_be_asked_by(acme, alice):
    spare = factories.phone(acme)
    assert asked(alice, spare) == [None]
    assert on_record(acme) == [(spare.pk, alice.pk, "")]


def test_phone_freed_just_now_is_asked_by_its_old_registration_and_gets_its_line_off(
    alice, desk, boot, registered
):
    old = boot(desk)
    assign(desk, None)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old)
    assert registered() == set()
    assert boot(desk) is None


def test_phone_reassigned_twice_is_asked_by_the_username_it_really_uses(
    acme, alice, vic, desk, boot, registered
):
    theirs, wyn = factories.phone(acme, vic), factories.person(acme, "Wyn", "Wolf", ext="13")
    used, freed = boot(desk), boot(theirs)
    assign(desk, vic)
    assign(desk, wyn)
    assert asked(alice, desk, theirs) == [Answer.ASKED, Answer.ASKED]
    notified(used), notified(freed)
    assert registered() == set()
    assert boot(desk).username == username(wyn)
    assert asked(alice, desk) == [Answer.ASKED]


def test_softphone_with_the_new_credentials_is_not_asked_in_the_phones_place(
    alice, uma, desk, boot, registrar, registered
):
    old = boot(desk)
    change(uma)
    softphone = registrar.probe_of(uma)
    assert softphone.register() == 200
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old), notified(softphone, times=0)
    assert registered() == {softphone.username}


def test_softphone_of_a_person_who_lost_the_phone_again_is_not_asked_in_its_place(
    acme, alice, vic, desk, boot, registrar, registered
):
    wyn = factories.person(acme, "Wyn", "Wolf", ext="13")
    used = boot(desk)
    assign(desk, vic)
    softphone = registrar.probe_of(vic)
    assert softphone.register() == 200
    assign(desk, wyn)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(used), notified(softphone, times=0)
    assert registered() == {softphone.username}


def test_phone_that_got_its_new_credentials_by_hand_is_asked_by_them_after_the_next_change(
    alice, uma, desk, boot, registrar
):
    boot(desk).unregister()
    change(uma)
    by_hand = registrar.probe_of(uma)
    assert by_hand.register() == 200
    change(uma)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(by_hand)


# --- several phones, and no other -----------------------------------------------------------------


def test_phones_are_asked_in_turn_with_a_pause(acme, alice, vic, desk, boot):
    theirs = factories.phone(acme, vic)
    boot(desk), boot(theirs)
    started = time.monotonic()
    assert asked(alice, theirs, desk) == [Answer.ASKED, Answer.ASKED]
    assert time.monotonic() - started >= restarts.PAUSE


def test_restarting_and_assigning_a_phone_touch_no_other(acme, alice, uma, vic, desk, boot, owner):
    wyn = factories.person(acme, "Wyn", "Wolf", ext="13")
    phones = [
        factories.phone(acme, vic),
        factories.phone(acme, factories.person(acme)),
        factories.phone(acme),
    ]
    probes = [boot(phone) for phone in (desk, *phones)]

    def untouched() -> tuple:
        """Everything there is about the other phones."""
        names = [probe.username for probe in probes[1:] if probe]
        contacts = (
            "SELECT username, contact, received, callid, cseq, expires FROM registrar.location"
        )
        found = owner.execute(
            f"{contacts} WHERE username = ANY (%s) ORDER BY username", [names]
        ).fetchall()
        owner.rollback()
        with seen_by(acme.pk):
            handed = list(Provisioning.objects.filter(phone__in=phones).order_by("phone").values())
            rows = list(
                Phone.objects.filter(pk__in=[phone.pk for phone in phones]).order_by("pk").values()
            )
        assert [len(found), len(handed), len(rows)] == [2, 3, 3]
        return found, handed, rows

    before = untouched()
    assert asked(alice, desk) == [Answer.ASKED]
    assign(desk, wyn)
    assert asked(alice, desk) == [Answer.ASKED]
    assert untouched() == before
    for probe, times in zip(filter(None, probes), (2, 0, 0), strict=True):
        notified(probe, times=times)
    assert {phone for phone, _, _ in on_record(acme)} == {desk.pk}


# --- the page -------------------------------------------------------------------------------------


def test_question_names_the_phones_and_asks_none_of_them(acme, desk, boot, browser):
    probe = boot(desk)
    page = text(browser.get(PAGE, {"phones": keys(desk, factories.phone(acme, label="Spare"))}))
    assert (
        "Restart these phones?" in page
        and "Front desk" in page
        and "Spare" in page
        and "911 included" in page
    )
    assert probe.received.empty()
    assert on_record(acme) == []


def test_answer_says_of_each_phone_what_it_answered_and_renews_its_row(
    acme, vic, desk, boot, browser
):  # R18
    theirs = factories.phone(acme, vic, label="Warehouse")
    spare, refusing = factories.phone(acme, label="Spare"), factories.person(acme)
    fourth = factories.phone(acme, refusing, label="Kitchen")
    boot(desk), boot(theirs).unregister()
    boot(fourth).answers["NOTIFY"] = 489
    answer = browser.post(PAGE, {"phones": keys(desk, theirs, spare, fourth)})
    assert message(answer) == (
        "Front desk was asked to restart. A call in progress goes on first."
        " The mark “Needs restart” goes when the phone is back."
        " Warehouse is not registered, so it cannot be asked. Unplug it and plug it in again."
        " Spare has no line, so it cannot be asked. Unplug it and plug it in again."
        " Kitchen cannot be restarted from here. Unplug it and plug it in again."
    )
    assert [status(answer, phone) for phone in (desk, theirs, spare, fourth)] == [
        "Registered", "Not registered", "Free", "Registered",
    ]  # fmt: skip
    assert [what for _, _, what in on_record(acme)] == ["asked", "not registered", "", "cannot"]


def test_free_phone_that_has_its_line_off_has_no_line_to_be_asked_by(desk, boot, browser):
    boot(desk)
    assign(desk, None)
    assert browser.post(PAGE, {"phones": keys(desk)}).status_code == 200
    assert boot(desk) is None
    answer = browser.post(PAGE, {"phones": keys(desk)})
    assert (
        message(answer)
        == "Front desk has no line, so it cannot be asked. Unplug it and plug it in again."
    )


def test_without_scripts_the_answer_is_on_the_list(acme, desk, boot, browser):
    boot(desk)
    bold = factories.phone(acme, label="<b>Spare")
    browser.defaults.pop("HTTP_HX_REQUEST")
    answer = browser.post(PAGE, {"phones": keys(desk, bold)}, follow=True)
    assert answer.redirect_chain == [("/phones/", 302)]
    assert message(answer).startswith("Front desk was asked to restart.")
    assert "<strong>&lt;b&gt;Spare</strong> has no line" in answer.content.decode()


def test_phone_chosen_twice_is_asked_once(acme, alice, desk, boot, browser):
    probe = boot(desk)
    assert browser.post(PAGE, {"phones": keys(desk, desk)}).status_code == 200
    notified(probe)
    assert len(on_record(acme)) == 1


def test_phones_of_another_account_are_not_found_and_nobody_is_asked(acme, desk, boot, browser):
    elsewhere = factories.account("Other")
    theirs = factories.phone(elsewhere, factories.person(elsewhere))
    probes = [boot(desk), boot(theirs)]
    for phones in (keys(theirs), keys(desk, theirs)):
        assert browser.get(PAGE, {"phones": phones}).status_code == 404
        assert browser.post(PAGE, {"phones": phones}).status_code == 404
    assert all(probe.received.empty() for probe in probes)
    assert on_record(acme) == on_record(elsewhere) == []


def test_removed_phone_is_not_found(acme, vic, desk, boot, browser):  # R38
    probe = boot(desk)
    with seen_by(acme.pk):
        lifecycle.remove_phone(
            desk,
            seen=assignment.plan(account_id=acme.pk, moves=[assignment.Move(desk.pk, None)]).seen,
        )
    assert browser.post(PAGE, {"phones": keys(desk)}).status_code == 404
    assert probe.received.empty()


def test_anything_but_a_few_phones_is_a_bad_request(browser):
    many = ",".join(map(str, range(1, restarts.MAX_PHONES + 2)))
    for phones in (
        "",
        "x",
        "0",
        "-1",
        "1.5",
        "1,",
        ",1",
        "1;2",
        "1, 2",
        "٣",
        "1" * 19,
        "1\x00",
        many,
    ):
        assert browser.get(PAGE, {"phones": phones}).status_code == 400, phones
        assert browser.post(PAGE, {"phones": phones}).status_code == 400, phones
    assert browser.post(PAGE).status_code == 400


def test_registrar_out_of_reach_means_that_nobody_was_asked_and_nothing_is_known(
    acme, desk, boot, browser, settings
):
    probe = boot(desk)
    spare = factories.phone(acme, label="Spare")
    settings.REGISTRAR_RPC = f"127.0.0.1:{free_port()}"
    answer = browser.post(PAGE, {"phones": keys(desk, spare)})
    assert message(answer) == (
        f"Front desk was not asked: the SIP registrar cannot be reached now. {AGAIN}, or try later."
        f" Spare has no line, so it cannot be asked. {AGAIN}."
    )
    assert [status(answer, phone) for phone in (desk, spare)] == ["Not known", "Free"]
    assert probe.received.empty()
    assert [what for _, _, what in on_record(acme)] == ["unreachable", ""]


def test_registrar_that_goes_away_in_between_takes_nothing_back(
    acme, vic, desk, boot, browser, settings
):
    theirs = factories.phone(acme, vic, label="Warehouse")
    first, second = boot(desk), boot(theirs)

    def last_words(request: Message) -> str:
        settings.REGISTRAR_RPC = f"127.0.0.1:{free_port()}"
        return ""

    first.challenge = last_words
    answer = browser.post(PAGE, {"phones": keys(desk, theirs)})
    assert message(answer).startswith("Front desk was asked to restart.")
    assert message(answer).endswith(
        f"Warehouse was not asked: the SIP registrar cannot be reached now. {AGAIN}, or try later."
    )
    assert [what for _, _, what in on_record(acme)] == ["asked", "unreachable"]
    assert second.received.empty()


# --- what is said of lines ------------------------------------------------------------------------


def test_line_is_registered_while_its_phone_is(acme, desk, boot, browser):
    spare = factories.phone(acme)
    assert [status(browser.get("/phones/"), phone) for phone in (desk, spare)] == [
        "Not registered",
        "Free",
    ]
    probe = boot(desk)
    assert [status(browser.get("/phones/"), phone) for phone in (desk, spare)] == [
        "Registered",
        "Free",
    ]
    assert probe.unregister() == 200
    assert state(desk) == line.State(
        free=False, registered=False, unregistered=True, needs_restart=False
    )


def test_registration_that_ends_unnoticed_is_none_any_more(desk, boot):
    assert boot(desk).register(expires=1) == 200
    assert state(desk).registered
    wait_until(lambda: state(desk).unregistered)


def test_registration_with_the_old_credentials_is_none(uma, desk, boot):  # R33
    boot(desk)
    change(uma)
    assert state(desk) == line.State(
        free=False, registered=False, unregistered=True, needs_restart=True
    )


def test_new_credentials_entered_by_hand_need_no_restart(uma, desk, boot, registrar):
    boot(desk)
    change(uma)
    by_hand = registrar.probe_of(uma)
    assert by_hand.register() == 200
    assert state(desk) == line.State(
        free=False, registered=True, unregistered=False, needs_restart=False
    )
    by_hand.unregister()
    assert state(desk).needs_restart


def test_registered_phone_that_shows_an_old_name_needs_a_restart(acme, uma, desk, boot):
    boot(desk)
    with seen_by(acme.pk):
        User.objects.filter(pk=uma.pk).update(last_name="Unger")
    assert state(desk) == line.State(
        free=False, registered=True, unregistered=False, needs_restart=True
    )


def test_registration_of_another_account_never_shows(acme, uma, desk, boot):
    elsewhere = factories.account("Other")
    them = factories.person(elsewhere)
    theirs = factories.phone(elsewhere, them)
    boot(theirs)
    with seen_by(acme.pk), connection.cursor() as cursor:
        assert line.load_states(acme.pk, [desk.pk, theirs.pk]).keys() == {desk.pk}
        cursor.execute("SELECT * FROM phones_registered(%s)", [[uma.pk, them.pk]])
        assert cursor.fetchall() == []
    assert state(theirs).registered


def test_nothing_is_claimed_any_more_soon_after_the_registrar_is_gone(
    desk, boot, registrar, monkeypatch
):
    boot(desk)
    assert state(desk).registered
    registrar.stop()
    try:
        with monkeypatch.context() as usual:
            usual.setattr("phones.registrar_client.REFRESH", 60)
            assert state(desk).registered  # not asked again with every row of every page
        assert state(desk) == line.State(
            free=False, registered=False, unregistered=False, needs_restart=False
        )
    finally:
        registrar.start()
    assert state(desk).registered


def test_registrar_that_does_not_take_our_key_is_out_of_reach(desk, boot, settings):
    boot(desk)
    settings.REGISTRAR_KEY = "somebody else’s"
    assert not application.is_reachable()
    with pytest.raises(application.Unreachable):
        application.ask_to_restart("anybody", "check-sync")

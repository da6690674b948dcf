"""What a phone will be sent is shown exactly, but for its secrets (R52)."""

from __future__ import annotations

import random
import zoneinfo
from collections.abc import Iterator

import pytest

from phones import assignment, fetching, line, lock, preview
from phones.assignment_plan import Move
from phones.models import Kind, Phone, PhoneModel, Provisioning
from phones.preview import MASK, NEW
from phones.provisioning.makes import MAKES
from tests import factories
from users import sip
from users.models import Account, SipAccount
from users.tenancy import scope

LETTERS = "aZ09 -'\"<>&%$#;=[]{}()|\\/,.·éñ中א😀"
ZONES = sorted(zone for zone in zoneinfo.available_timezones() if zone.startswith("America/"))
FILES = {
    "cisco": "{mac}.xml",
    "fanvil": "{mac}.cfg",
    "grandstream": "cfg{mac}.xml",
    "poly": "{mac}-line.cfg",
    "snom": "{mac}.xml",
    "yealink": "{mac}.cfg",
}
EVERY_DAY, ALL = 18, 1000  # states of phones, over all makes
sizes = pytest.mark.parametrize("size", [EVERY_DAY, pytest.param(ALL, marks=pytest.mark.ci)])


class World:
    """Two people, two phones of a make and a lobby's, in an account with settings of its own."""

    def __init__(self, by: random.Random, make: str) -> None:
        self.by = by
        self.models = MAKES[make].models or [
            model.name for model in PhoneModel.objects.filter(family=make)
        ]
        self.account = Account.objects.create(
            name=f"{make} {next(factories.number)}",
            time_zone=by.choice([None, *ZONES]),
            country=by.choice(["US", "CA"]),
            phone_language=by.choice(["en", "es", "fr"]),
            ext_length=by.randint(2, 10),
            outside_prefix=by.choice(["", *"0123456789"]),
        )
        self.people = [self.add_person("2"), self.add_person("3")]
        self.phones = [
            self.add_phone(by.choice([None, self.people[0]])),
            self.add_phone(by.choice([None, self.people[1]])),
            self.add_phone(None, kind=Kind.COMMON, label=self.name()),
        ]
        for phone in by.sample(self.phones, by.randint(0, 3)):
            lock.change_passwords([phone], by=None)

    def name(self) -> str:
        text = "".join(self.by.choices(LETTERS, k=self.by.randint(1, 30))).strip()
        return text or "x"

    def number(self) -> str | None:
        return self.by.choice([None, f"+1415555{self.by.randint(0, 9999):04}"])

    def add_person(self, digit: str) -> object:
        person = factories.person(
            self.account, self.name(), self.name(), ext=f"{digit}{self.by.randint(10, 99999999)}"
        )
        if number := self.number():
            factories.caller_number(self.account, number, confirmed=False)
            person.caller_id = number
            person.save(update_fields=["caller_id"])
        return person

    def add_phone(self, person: object, **fields: object) -> Phone:
        fields |= {"time_zone": self.by.choice([None, *ZONES])}
        return factories.phone(self.account, person, model=self.by.choice(self.models), **fields)


def worlds(make: str, size: int) -> Iterator[World]:
    by = random.Random(f"{make} {size}")
    for _ in range(size // (3 * len(MAKES)) + 1):  # each has three phones
        scope.enter(scope="support")  # a fetch enters the phone's account
        yield World(by, make)


def fetch(phone: Phone) -> tuple[str, str]:
    """Return the file that a phone gets, and the token in it."""
    make = MAKES[phone.model.family]
    served = fetching.serve_file(
        secret=fetching.create_code(phone),
        file=FILES[make.key].format(mac=phone.mac),
        sender="192.0.2.1",
        agent="",
        record=True,
    )
    assert served
    return served.text, served.text.split("/p/")[1][:32]


def secrets_of(phone: Phone, token: str) -> dict[str, str]:
    """Return all secrets of a phone by what stands for them in a preview."""
    facts = line.load_facts([phone.pk])[phone.pk]
    desk = line.build_desk(facts, fetching.build_url(token))
    account = SipAccount.objects.get(username=facts.username)
    return {
        "password": sip.password_of(account),
        "admin": desk.admin_password,
        "user": desk.user_password,
        "token": token,
        "ha1": account.ha1,
    }


def mask(text: str, secrets: dict[str, str], **others: str) -> str:
    for name, secret in secrets.items():
        text = text.replace(secret, others.get(name, MASK))
    return text


@pytest.fixture(autouse=True)
def as_support(everything) -> None:
    """Let every test see the account that it makes."""


def test_every_make_is_tried_here():
    assert set(FILES) >= set(MAKES)


@sizes
@pytest.mark.parametrize("make", MAKES)
def test_preview_is_what_is_then_fetched_without_any_secret(make, size):
    for world in worlds(make, size):
        before = line.load_facts([phone.pk for phone in world.phones])
        for phone in world.phones:
            shown = preview.preview_file(before[phone.pk], has_usernames=True)
            hidden = preview.preview_file(before[phone.pk], has_usernames=False)
            text, token = fetch(phone)
            secrets = secrets_of(phone, token)
            assert mask(text, secrets) == shown
            username = before[phone.pk].username
            assert mask(text, secrets | {"username": username}) == hidden
            assert not [each for each in secrets.values() if each in shown]
            assert username in shown and username not in hidden


@sizes
@pytest.mark.parametrize("make", MAKES)
def test_preview_of_an_assignment_is_what_is_fetched_once_it_is_confirmed(make, size):
    for world in worlds(make, size):
        people = world.by.sample([None, *world.people], 2)
        moves = [
            Move(phone.pk, person and person.pk)
            for phone, person in zip(world.phones, people, strict=False)
        ]
        account = {"account_id": world.account.pk, "moves": moves}
        plan = assignment.plan(**account)
        facts = line.load_facts([phone.pk for phone in world.phones])
        then = {
            change.phone_id: preview.preview_after(facts[change.phone_id], change)
            for change in plan.changes
        }
        told = preview.preview_changes(plan, has_usernames=True)
        assignment.carry_out(**account, seen=plan.seen)
        assert {each.change.phone_id for each in told} == set(then)
        for phone in Phone.objects.filter(pk__in=then):
            text, token = fetch(phone)
            now = line.load_facts([phone.pk])[phone.pk]
            secrets = secrets_of(phone, token) | {"username": now.username}
            assert mask(text, secrets, password=NEW, username=NEW) == then[phone.pk]
        for each in told:
            assert_difference(each, facts[each.change.phone_id], then[each.change.phone_id])


def assert_difference(told: preview.Difference, facts: line.Facts, then: str) -> None:
    """The lines told are those that differ, and taking them out leaves two equal files."""
    was = [each.strip() for each in preview.preview_file(facts, has_usernames=True).splitlines()]
    will = [each.strip() for each in then.splitlines()]
    before = [first for first, _ in told.lines if first]
    after = [second for _, second in told.lines if second]
    assert facts.username in "".join(before) and NEW in "".join(after)
    for kept, gone in ((was, before), (will, after)):
        for each in gone:
            kept.remove(each)
    assert was == will


@pytest.mark.parametrize("many", [1, 3])
def test_difference_of_any_number_of_phones_is_one_query(acme, django_assert_num_queries, many):
    people = [factories.person(acme) for _ in range(many)]
    moves = [Move(factories.phone(acme).pk, person.pk) for person in people]
    plan = assignment.plan(account_id=acme.pk, moves=moves)
    with django_assert_num_queries(1):
        assert len(preview.preview_changes(plan, has_usernames=True)) == many


def test_preview_needs_no_key(acme, settings):
    """A lost key stops the phone from fetching, not people from seeing what it will get."""
    phone = factories.phone(acme, factories.person(acme))
    fetch(phone)
    before = line.load_facts([phone.pk])[phone.pk]
    shown = preview.preview_file(before, has_usernames=True)
    settings.SIP_KEYS = ["another key than those of before"]
    assert preview.preview_file(before, has_usernames=True) == shown
    with pytest.raises(sip.UnknownKey):
        line.build_desk(before, fetching.build_url("0" * 32))


def test_caller_number_is_part_of_what_was_seen(acme):  # R17
    person = factories.person(acme, caller_id="+14155550100")
    account: dict = {"account_id": acme.pk, "moves": [Move(factories.phone(acme).pk, person.pk)]}
    seen = assignment.plan(**account).seen
    factories.caller_number(acme, "+14155550101")
    person.caller_id = "+14155550101"
    person.save(update_fields=["caller_id"])
    with pytest.raises(assignment.AssignmentChanged):
        assignment.carry_out(**account, seen=seen)
    assert not Provisioning.objects.filter(phone__assigned_to=person).exists()

"""Undo an assignment by moves that are planned, seen and confirmed like others (R14-R17, R37)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client

from phones import lifecycle, restarts
from phones.models import Kind, Phone
from tests import factories
from tests.phones.test_assignment_views import plain, texts
from users import people, sip
from users.models import Plan, SipCredentials, User
from users.tenancy import scope

HTMX = {"HX-Request": "true"}
# R14: which phone goes to whom. Reception is Uma's, Cellar is Vic's, Spare is free, and Wyn has
# none.
CASES = {
    "a": ("Reception", None),
    "b": ("Spare", "Wyn"),
    "c": ("Reception", "Wyn"),
    "d": ("Spare", "Vic"),
    "e": ("Reception", "Vic"),
}
each_case = pytest.mark.parametrize("case", CASES)


class Company:
    """Phones and people by name, and an administrator's browser."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.account = factories.account("Acme")
        self.alice = factories.person(
            self.account, "Alice", "Archer", ext="100", is_administrator=True
        )
        self.people = {
            name: factories.person(self.account, name, "Person", ext=ext)
            for name, ext in (("Uma", "11"), ("Vic", "12"), ("Wyn", "13"))
        }
        holders = {"Reception": self.people["Uma"], "Cellar": self.people["Vic"], "Spare": None}
        self.phones = {
            label: factories.phone(self.account, who, label=label, mac=f"805ec0aa000{n}")
            for n, (label, who) in enumerate(holders.items(), start=1)
        }
        with transaction.atomic(), scope.entered(scope="sign_in"):
            client.force_login(self.alice)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A transaction that sees the account."""
        with transaction.atomic(), scope.entered(account_id=self.account.pk):
            yield

    def holders(self) -> dict[str, str | None]:
        with self.inside():
            phones = Phone.objects.filter(retired_at=None).select_related("assigned_to")
            return {
                phone.label: phone.assigned_to.first_name if phone.assigned_to else None
                for phone in phones
            }

    def usernames(self) -> dict[str, str]:
        with self.inside():
            return dict(SipCredentials.objects.values_list("user__first_name", "username"))

    def assign(self, phone: str, who: str | None):
        """Give a phone to somebody, and return the answer."""
        to = str(self.people[who].pk) if who else "nobody"
        return self.confirm(f"/phones/{self.phones[phone].pk}/assigned/", {"to": to})

    def ask(self, url: str, fields: dict[str, str]):
        return self.client.get(url, fields, headers=HTMX)

    def confirm(self, url: str, fields: dict[str, str]):
        return self.client.post(url, fields | {"seen": seen(self.ask(url, fields))}, headers=HTMX)

    def undo(self, moves: str):
        return self.confirm("/phones/moves/", {"moves": moves})

    def offered(self, query: str = "") -> list[str]:
        """The undoing that each entry of Activity offers, "" where it offers none."""
        response = self.client.get(f"/activity/{query}")
        moves = [entry.undo for entry in response.context["page"].entries]
        assert links(response) == [each for each in moves if each]
        return moves

    def change(self, model: type[Phone] | type[User], name: str, **values: str) -> None:
        which = {"label": name} if model is Phone else {"first_name": name}
        with self.inside():
            assert model.objects.filter(**which).update(**values) == 1

    def renew(self, name: str) -> None:
        """Give somebody new credentials."""
        with self.inside():
            sip.issue_credentials([self.people[name]])

    def moves(self, **wanted: str | None) -> str:
        """Moves as the URL says them."""
        return ",".join(
            f"{self.phones[phone].pk}-{self.people[who].pk if who else ''}"
            for phone, who in wanted.items()
        )


def links(response) -> list[str]:
    page = html.unescape(response.content.decode())
    return re.findall(
        r'<a [^>]*href="/phones/moves/\?moves=([^"]+)" data-dialog>(?:<svg.*?</svg>)?Undo</a>',
        page,
        re.S,
    )


def seen(response) -> str:
    return re.search(r'name="seen" value="(\w+)"', response.content.decode())[1]


@pytest.fixture
def company(client, committed) -> Company:
    return Company(client)


# --- the five cases -------------------------------------------------------------------------------


@each_case
def test_success_message_and_activity_offer_the_same_undoing(company, case):
    answer = company.assign(*CASES[case])
    assert answer.status_code == 200
    (of_message,) = links(answer)
    assert set(company.offered()[0].split(",")) == set(of_message.split(","))
    assert len(of_message.split(",")) == (2 if case in "de" else 1)


@each_case
def test_undoing_restores_who_had_which_phone_and_changes_credentials_again(company, case):
    before, first = company.holders(), company.usernames()
    company.assign(*CASES[case])
    second = company.usernames()
    changed = {name for name in first if first[name] != second[name]}
    assert company.undo(company.offered()[0]).status_code == 200
    third = company.usernames()
    assert company.holders() == before
    # Nobody's earlier credentials come back to life (R17).
    assert {name for name in first if third[name] != second[name]} == changed
    assert not set(third.values()) & {
        username for name in changed for username in (first[name], second[name])
    }


@each_case
def test_undoing_changes_nothing_before_it_is_confirmed(company, case):
    company.assign(*CASES[case])
    after, usernames = company.holders(), company.usernames()
    assert company.ask("/phones/moves/", {"moves": company.offered()[0]}).status_code == 200
    assert (company.holders(), company.usernames()) == (after, usernames)


@each_case
def test_undoing_can_be_undone(company, case):
    company.assign(*CASES[case])
    after = company.holders()
    company.undo(company.offered()[0])
    (first, second, *_rest) = company.offered()
    assert first  # of the latest only: the earlier one holds no longer
    assert second == ""
    assert company.undo(first).status_code == 200
    assert company.holders() == after


@each_case
def test_undoing_twice_does_it_once(company, case):
    company.assign(*CASES[case])
    moves = company.offered()[0]
    fields = {"moves": moves, "seen": seen(company.ask("/phones/moves/", {"moves": moves}))}
    first = company.client.post("/phones/moves/", fields, headers=HTMX)
    usernames = company.usernames()
    second = company.client.post("/phones/moves/", fields, headers=HTMX)
    assert (first.status_code, second.status_code) == (200, 200)
    assert "This is so already" in second.content.decode()
    assert company.usernames() == usernames


def test_undoing_works_without_javascript(company):
    company.assign("Reception", "Vic")
    moves = company.offered()[0]
    page = company.client.get("/phones/moves/", {"moves": moves})
    response = company.client.post("/phones/moves/", {"moves": moves, "seen": seen(page)})
    assert response.status_code == 302
    assert company.holders() == {"Reception": "Uma", "Cellar": "Vic", "Spare": None}
    assert links(company.client.get(response.url))  # the message offers to undo that


@each_case
def test_part_of_the_activity_offers_to_undo_the_whole(company, case):
    phone, who = CASES[case]
    company.assign(phone, who)
    whole = company.offered()[0]
    person = company.people[who or "Uma"].pk
    for query in (f"?phone={company.phones[phone].pk}", f"?person={person}", f"?q={phone}"):
        assert set(company.offered(query)[0].split(",")) == set(whole.split(",")), query


# --- what is seen ---------------------------------------------------------------------------------


def test_confirmation_of_several_moves_names_everything(company):  # R15
    factories.address(company.phones["Cellar"], standardised="100 Gold Street, New York, NY 10038")
    company.assign("Reception", "Vic")
    page = company.ask("/phones/moves/", {"moves": company.offered()[0]}).content.decode()
    assert texts(page, "h1") == ["Change who has Cellar and Reception?"]
    assert sorted(
        tuple(texts(row, "t[hd]")) for row in re.findall(r"<tr>.*?</tr>", page, re.S)[1:]
    ) == [
        ("Cellar Yealink SIP-T54W, 80:5E:C0:AA:00:02", "free", "Vic Person extension 12"),
        (
            "Reception Yealink SIP-T54W, 80:5E:C0:AA:00:01",
            "Vic Person extension 12",
            "Uma Person extension 11",
        ),
    ]
    assert sorted(texts(page, "li")) == [
        "Cellar makes and receives calls on line 1 as Vic Person, 12, once it has restarted."
        " Until then it cannot call, 911 included.",
        "Reception has no E911 address. Add one, so that an ambulance finds it.",
        "Reception makes and receives calls on line 1 as Uma Person, 11, once it has restarted."
        " Until then it cannot call, 911 included.",
        "Restart Cellar and Reception afterwards, so that it takes effect at once.",
        (
            "The E911 address of Cellar is 100 Gold Street, New York, NY 10038. If the phone "
            "moves, update it."
        ),
        "The SIP credentials of Uma Person and Vic Person change. Apps and softphones keep working."
        " A device that was set up by hand needs the new credentials.",
    ]
    assert texts(page, "button") == ["Change assignments"]


def test_confirmation_of_several_moves_names_who_loses_what(company):
    moves = company.moves(Reception="Wyn", Cellar=None)
    said = texts(company.ask("/phones/moves/", {"moves": moves}).content.decode(), "li")
    assert (
        "Cellar cannot make or receive calls on line 1, 911 included, from the moment you "
        "confirm until you assign it again."
    ) in said
    assert "Uma Person, 11, will have no desk phone." in said
    assert "Vic Person, 12, will have no desk phone." in said


def test_confirmation_tells_phones_without_labels_apart(company):
    with company.inside():
        Phone.objects.filter(label__in=["Reception", "Cellar"]).update(label="")
    said = plain(
        company.ask(
            "/phones/moves/", {"moves": company.moves(Reception="Vic", Cellar="Uma")}
        ).content.decode()
    )
    for mac in ("80:5E:C0:AA:00:01", "80:5E:C0:AA:00:02"):
        assert f"Yealink SIP-T54W {mac} makes and receives calls" in said
        assert f"Yealink SIP-T54W {mac} has no E911 address" in said


def test_confirmation_of_many_moves_has_a_short_title(company):
    free = [factories.phone(company.account, label=f"Free {n}").pk for n in range(4)]
    who = [factories.person(company.account, f"Zoe{n}", "Zed").pk for n in range(4)]
    moves = ",".join(f"{phone}-{person}" for phone, person in zip(free, who, strict=True))
    page = company.ask("/phones/moves/", {"moves": moves}).content.decode()
    assert texts(page, "h1") == ["Change who has these 4 phones?"]
    assert len(re.findall(r"makes and receives calls", page)) == 4


# --- what changed meanwhile -----------------------------------------------------------------------

MEANWHILE = {
    "somebody else got the phone": lambda c: c.assign("Reception", "Wyn"),
    "the phone was taken away": lambda c: c.assign("Reception", None),
    "the other phone was given away": lambda c: c.assign("Cellar", "Wyn"),
    "the label": lambda c: c.change(Phone, "Reception", label="Front desk"),
    "the MAC address": lambda c: c.change(Phone, "Cellar", mac="805ec0aa00ff"),
    "the person's name": lambda c: c.change(User, "Uma", last_name="Ulm"),
    "the person's extension": lambda c: c.change(User, "Vic", ext="99"),
    "the E911 address": lambda c: factories.address(c.phones["Cellar"]),
    "new credentials": lambda c: c.renew("Uma"),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_undoing_is_refused_when_what_was_seen_has_changed(company, what):  # R17
    company.assign("Reception", "Vic")
    moves = company.offered()[0]
    fields = {"moves": moves, "seen": seen(company.ask("/phones/moves/", {"moves": moves}))}
    MEANWHILE[what](company)
    before, usernames = company.holders(), company.usernames()
    answer = company.client.post("/phones/moves/", fields, headers=HTMX)
    assert answer.status_code == 409
    assert (company.holders(), company.usernames()) == (before, usernames)
    assert "Something changed while you were deciding" in answer.content.decode()
    assert seen(answer) != fields["seen"]  # the new situation, for a new decision


def test_undoing_is_not_offered_when_a_phone_is_somebody_elses_by_now(company):
    company.assign("Reception", "Vic")
    company.assign("Reception", "Wyn")
    assert [bool(moves) for moves in company.offered()][:2] == [True, False]


def test_undoing_is_not_offered_when_it_would_take_another_phone_from_somebody(company):
    """Uma has got another phone since: giving her the old one would not restore what was."""
    company.assign("Reception", None)
    company.assign("Spare", "Uma")
    assert [bool(moves) for moves in company.offered()][:2] == [True, False]
    company.assign("Spare", None)
    assert [bool(moves) for moves in company.offered()][:3] == [
        True,
        False,
        True,
    ]  # as it was after the first


def test_undoing_is_not_offered_when_a_phone_was_removed(company):
    company.assign("Reception", "Vic")
    remove(company, "Cellar")
    assert company.offered()[1] == ""


def test_undoing_is_not_offered_for_more_than_can_be_moved_at_once(company):
    people = [
        factories.person(company.account, f"Zoe{n}", "Zed") for n in range(restarts.MAX_PHONES + 1)
    ]
    phones = [factories.phone(company.account, person) for person in people]
    for most, offered in ((restarts.MAX_PHONES, True), (restarts.MAX_PHONES + 1, False)):
        with company.inside():
            Phone.objects.filter(pk__in=[phone.pk for phone in phones]).update(assigned_to=None)
        for phone, person in zip(phones, people, strict=True):
            with company.inside():
                Phone.objects.filter(pk=phone.pk).update(assigned_to=person)
        with company.inside():
            Phone.objects.filter(pk__in=[phone.pk for phone in phones[:most]]).update(
                assigned_to=None
            )
        assert bool(company.offered()[0]) is offered


def remove(company: Company, phone: str) -> None:
    url = f"/phones/{company.phones[phone].pk}/remove/"
    assert company.client.post(url, {"seen": seen(company.ask(url, {}))}).status_code == 302


def refusal(company: Company, moves: str) -> str:
    """What asking for these moves is refused with."""
    answer = company.ask("/phones/moves/", {"moves": moves})
    assert answer.status_code == 422
    return texts(answer.content.decode(), "p")[0]


def test_undoing_says_that_the_person_is_gone(company):
    (moves,) = links(company.assign("Reception", "Wyn"))
    with company.inside():
        people.delete(User.objects.get(pk=company.people["Uma"].pk))
    assert refusal(company, moves) == "No longer in your account: Uma Person."
    company.client.post("/phones/moves/", {"moves": moves, "seen": "0" * 32})
    assert company.holders()["Reception"] == "Wyn"


def test_undoing_says_that_the_person_is_on_basic(company):
    (moves,) = links(company.assign("Reception", "Wyn"))
    with company.inside():
        people.change_plan(User.objects.get(pk=company.people["Uma"].pk), Plan.BASIC)
    assert refusal(company, moves) == (
        "Uma Person cannot be given a phone: Basic plan. Change the plan to Plus or Pro first."
    )


def test_undoing_says_that_the_person_is_deactivated(company):
    (moves,) = links(company.assign("Reception", "Wyn"))
    with company.inside():
        people.set_active(User.objects.get(pk=company.people["Uma"].pk), False)
    assert (
        refusal(company, moves)
        == "Uma Person cannot be given a phone: Deactivated. Activate this person first."
    )


def test_undoing_says_that_the_other_phone_was_removed(company):
    (moves,) = links(company.assign("Reception", "Vic"))
    remove(company, "Cellar")
    assert refusal(company, moves) == "No longer in your account: Cellar."


def test_undoing_says_that_the_phone_is_for_a_common_area_now(company):
    (moves,) = links(company.assign("Spare", "Wyn"))
    company.assign("Spare", None)
    with company.inside():
        Phone.objects.filter(label="Spare").update(kind=Kind.COMMON)
    assert refusal(company, moves).startswith("This is a common-area phone.")


def test_replaced_phone_is_not_given_back_by_undoing(company):
    (moves,) = links(company.assign("Spare", "Wyn"))
    with company.inside():
        old = Phone.objects.get(label="Spare")
        lifecycle.replace_phone(old, mac="805ec0aa00fe", model=old.model)
    assert company.offered()[0] == ""
    assert refusal(company, moves) == "No longer in your account: Spare."


# --- the parameter --------------------------------------------------------------------------------


SENSELESS = [
    "",
    "x",
    "1",
    "-",
    "1-x",
    "-1",
    "1-2-3",
    "1-2,",
    ",1-2",
    "1-2;3-4",
    "1-2 ",
    " 1-2",
    "01-2",
    "1-02",
    "0-1",
    "1-0",
    "1--2",
    "+1-2",
    "1.0-2",
    "1e3-2",
    "١-٢",
    "1-2\x00",
    "9" * 19 + "-1",
    "1-" + "9" * 19,
    "nobody",
    "1-nobody",
    ",".join(f"{n}-{n}" for n in range(1, restarts.MAX_PHONES + 2)),
    "1-2," * 100_000,
]


def test_moves_that_make_no_sense_are_bad_requests(company):
    for moves in SENSELESS:
        for answer in (
            company.client.get("/phones/moves/", {"moves": moves}),
            company.client.post("/phones/moves/", {"moves": moves, "seen": "0" * 32}),
        ):
            assert answer.status_code == 400, moves[:50]
    assert company.client.get("/phones/moves/").status_code == 400


def test_as_many_moves_as_the_limit_are_understood(company):
    people = [
        factories.person(company.account, f"Zoe{n}", "Zed").pk for n in range(restarts.MAX_PHONES)
    ]
    phones = [
        factories.phone(company.account, label=f"Free {n}").pk for n in range(restarts.MAX_PHONES)
    ]
    moves = ",".join(f"{phone}-{person}" for phone, person in zip(phones, people, strict=True))
    assert company.undo(moves).status_code == 200
    assert set(company.holders().values()) >= {f"Zoe{n}" for n in range(restarts.MAX_PHONES)}


def test_other_accounts_phones_and_people_are_not_found(company):
    other = factories.account("Other")
    eve = factories.person(other, "Eve", "Else")
    theirs, gone = factories.phone(other, eve), factories.person(other, "Gone")
    with transaction.atomic(), scope.entered(account_id=other.pk):
        User.objects.get(pk=gone.pk).delete()
    retired = factories.phone(other, label="Removed", retired_at="2026-01-01T00:00Z")
    ours = company.phones["Reception"].pk
    answers = [
        (answer.status_code, answer.content)
        for moves in (
            f"{theirs.pk}-",
            f"{theirs.pk}-{company.people['Wyn'].pk}",
            f"{ours}-{eve.pk}",
            f"{ours}-{gone.pk}",
            f"{retired.pk}-",
            f"{10**17}-",
            f"{ours}-{10**17}",
            f"{ours}-,{theirs.pk}-",
        )
        for answer in (
            company.client.get("/phones/moves/", {"moves": moves}, headers=HTMX),
            company.client.post("/phones/moves/", {"moves": moves, "seen": "0" * 32}, headers=HTMX),
        )
    ]
    assert {status for status, _content in answers} == {404}
    assert len({content for _status, content in answers}) == 1


@pytest.mark.parametrize(
    "moves",
    [
        "{Reception}-{Wyn},{Reception}-{Wyn}",
        "{Reception}-{Wyn},{Reception}-",
        "{Reception}-{Wyn},{Spare}-{Wyn}",
    ],
)
def test_phone_or_person_that_stands_there_twice_is_refused(company, moves):
    keys = {name: each.pk for name, each in (company.phones | company.people).items()}
    before = company.holders()
    moves = moves.format(**keys)
    assert (
        refusal(company, moves)
        == "A phone or a person stands in this list twice. Each can be moved once."
    )
    answer = company.client.post("/phones/moves/", {"moves": moves, "seen": "0" * 32}, headers=HTMX)
    assert (answer.status_code, company.holders()) == (422, before)


def test_swap_is_two_moves_and_is_undone_by_two(company):
    before = company.holders()
    assert company.undo(company.moves(Reception="Vic", Cellar="Uma")).status_code == 200
    assert company.holders() == {"Reception": "Vic", "Cellar": "Uma", "Spare": None}
    assert company.undo(company.offered()[0]).status_code == 200
    assert company.holders() == before

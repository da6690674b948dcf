"""Undo an assignment by moves that are planned, seen and confirmed like others (R14-R17, R37)."""

from __future__ import annotations

import re

import pytest
from django.db import transaction

from phones import restarts
from phones.models import Phone
from tests import factories
from tests.markup import compact
from tests.phones.confirming import plain, texts
from users.models import User
from users.tenancy import scope

from .undoing import CASES, HTMX, each_case, links, refusal, seen

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
    # No earlier credentials become valid again (R17).
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
    assert first  # only for the latest: the earlier one is outdated
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
    assert "Already assigned. Nothing changed." in compact(second.content.decode())
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
    page = compact(company.ask("/phones/moves/", {"moves": company.offered()[0]}).content.decode())
    assert texts(page, "h1") == ["Change who has these 2 phones?"]
    assert sorted(
        tuple(texts(row, "t[hd]")) for row in re.findall(r"<tr>.*?</tr>", page, re.S)[1:]
    ) == [
        ("Cellar Yealink SIP-T54W, 80:5E:C0:AA:00:02", "No one", "Vic Person extension 12"),
        (
            "Reception Yealink SIP-T54W, 80:5E:C0:AA:00:01",
            "Vic Person extension 12",
            "Uma Person extension 11",
        ),
    ]
    consequences = re.search(r'<ul class="consequences">.*?</ul>', page, re.S)[0]
    assert sorted(texts(consequences, "li")) == [
        "911 does not leave this system. No carrier is connected, so these phones reach only each"
        " other. In an emergency, use another phone, such as a cell phone.",
        "A call in progress goes on. It may end when its phone restarts.",
        "E911 address of Cellar : 100 Gold Street, New York, NY 10038. If the phone moves, update"
        " it.",
        "Restart Cellar and Reception right after you confirm.",
        "The SIP credentials of Uma Person and Vic Person change. The company’s own apps keep"
        " working. Any device set up by hand with these SIP credentials stops working.",
        "There’s no E911 address for Reception. Add one, so that an ambulance can find it.",
        "Until it restarts, Cellar can’t make or receive calls, 911 included. Then it makes and"
        " receives calls on line 1 as Vic Person, 12.",
        "When you confirm, Reception stops making and receiving calls, 911 included, until it"
        " restarts. Then it makes and receives calls on line 1 as Uma Person, 11.",
    ]
    assert texts(page, "button") == ["Change assignments"]


def test_confirmation_of_several_moves_names_who_loses_what(company):
    moves = company.moves(Reception="Wyn", Cellar=None)
    said = texts(compact(company.ask("/phones/moves/", {"moves": moves}).content.decode()), "li")
    assert (
        "When you confirm, Cellar stops making and receiving calls, 911 included, until you assign"
        " it to someone again."
    ) in said
    assert "Uma Person, 11, will have no desk phone." in said
    assert "Vic Person, 12, will have no desk phone." in said


def test_confirmation_names_phones_without_labels_by_their_person(company):  # R45
    with company.inside():
        Phone.objects.filter(label__in=["Reception", "Cellar"]).update(label="")
    said = plain(
        compact(
            company.ask(
                "/phones/moves/", {"moves": company.moves(Reception="Vic", Cellar="Uma")}
            ).content.decode()
        )
    )
    named = {"80:5E:C0:AA:00:01": "Uma Person’s phone, 11"}
    named |= {"80:5E:C0:AA:00:02": "Vic Person’s phone, 12"}  # each is its person's until then
    for mac, name in named.items():
        assert f"{name} Yealink SIP-T54W, {mac}" in said  # in the table
        assert f"When you confirm, {name} stops making and receiving calls" in said
        assert f"no E911 address for {name}" in said


def test_confirmation_tells_free_phones_without_labels_apart(company):  # R45
    free = [factories.phone(company.account, mac=f"805ec0aa00f{n}").pk for n in range(2)]
    moves = f"{free[0]}-{company.people['Wyn'].pk},{free[1]}-{company.people['Vic'].pk}"
    said = plain(compact(company.ask("/phones/moves/", {"moves": moves}).content.decode()))
    for mac in ("80:5E:C0:AA:00:F0", "80:5E:C0:AA:00:F1"):
        assert f"Until it restarts, Yealink SIP-T54W {mac} can’t make or receive calls" in said


def test_confirmation_of_many_moves_has_a_short_title(company):
    free = [factories.phone(company.account, label=f"Free {n}").pk for n in range(4)]
    who = [factories.person(company.account, f"Zoe{n}", "Zed").pk for n in range(4)]
    moves = ",".join(f"{phone}-{person}" for phone, person in zip(free, who, strict=True))
    page = compact(company.ask("/phones/moves/", {"moves": moves}).content.decode())
    assert texts(page, "h1") == ["Change who has these 4 phones?"]
    assert len(re.findall(r"makes and receives calls", page)) == 4


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
        == "A phone or a person is in this list twice. Each can be moved only once."
    )
    answer = company.client.post("/phones/moves/", {"moves": moves, "seen": "0" * 32}, headers=HTMX)
    assert (answer.status_code, company.holders()) == (422, before)


def test_swap_is_two_moves_and_is_undone_by_two(company):
    before = company.holders()
    assert company.undo(company.moves(Reception="Vic", Cellar="Uma")).status_code == 200
    assert company.holders() == {"Reception": "Vic", "Cellar": "Uma", "Spare": None}
    assert company.undo(company.offered()[0]).status_code == 200
    assert company.holders() == before

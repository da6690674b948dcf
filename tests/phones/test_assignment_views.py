"""Assigning as a browser does it: the choice, the confirmation, the answer (R14 to R20)."""

from __future__ import annotations

import re

import pytest

from phones.models import Kind, Phone
from tests import factories
from tests.markup import compact
from users import sip
from users.models import Plan, User

from .confirming import (
    HTMX,
    choose,
    confirm,
    confirmation,
    holders,
    plain,
    text,
    texts,
    to,
    url,
    usernames,
)

# R14 and R15, row by row: phone, choice, title, what the table says of every phone, the
# consequences
CASES = {
    "a": (
        "Reception",
        None,
        "Unassign Reception?",
        [
            (
                "Reception",
                "80:5E:C0:AA:00:01",
                "Uma Person extension 11",
                "No one can’t call, 911 included",
            )
        ],
        [
            "When you confirm, Reception stops making and receiving calls, 911 included, until you"
            " assign it to someone again.",
            "Uma Person, 11, will have no desk phone.",
            "The SIP credentials of Uma Person change.",
            "Restart Reception right after you confirm",
        ],
    ),
    "b": (
        "Spare",
        "Wyn",
        "Give Spare to Wyn Person?",
        [("Spare", "80:5E:C0:AA:00:03", "No one", "Wyn Person extension 13")],
        [
            "Until it restarts, Spare can’t make or receive calls, 911 included. Then it makes and"
            " receives calls on line 1 as Wyn Person, 13.",
            "The SIP credentials of Wyn Person change.",
            "Restart Spare right after you confirm",
        ],
    ),
    "c": (
        "Reception",
        "Wyn",
        "Give Reception to Wyn Person?",
        [("Reception", "80:5E:C0:AA:00:01", "Uma Person extension 11", "Wyn Person extension 13")],
        [
            "When you confirm, Reception stops making and receiving calls, 911 included, until it"
            " restarts. Then it makes and receives calls on line 1 as Wyn Person, 13.",
            "Uma Person, 11, will have no desk phone.",
            "The SIP credentials of Uma Person and Wyn Person change.",
            "Restart Reception right after you confirm",
        ],
    ),
    "d": (
        "Spare",
        "Vic",
        "Give Spare to Vic Person?",
        [
            ("Spare", "80:5E:C0:AA:00:03", "No one", "Vic Person extension 12"),
            (
                "Cellar",
                "80:5E:C0:AA:00:02",
                "Vic Person extension 12",
                "No one can’t call, 911 included",
            ),
        ],
        [
            "Until it restarts, Spare can’t make or receive calls, 911 included. Then it makes and"
            " receives calls on line 1 as Vic Person, 12.",
            "When you confirm, Cellar stops making and receiving calls, 911 included, until you"
            " assign it to someone again.",
            "The SIP credentials of Vic Person change.",
            "Restart Spare and Cellar right after you confirm",
        ],
    ),
    "e": (
        "Reception",
        "Vic",
        "Give Reception to Vic Person?",
        [
            (
                "Reception",
                "80:5E:C0:AA:00:01",
                "Uma Person extension 11",
                "Vic Person extension 12",
            ),
            (
                "Cellar",
                "80:5E:C0:AA:00:02",
                "Vic Person extension 12",
                "No one can’t call, 911 included",
            ),
        ],
        [
            "When you confirm, Reception stops making and receiving calls, 911 included, until it"
            " restarts. Then it makes and receives calls on line 1 as Vic Person, 12.",
            "When you confirm, Cellar stops making and receiving calls, 911 included, until you"
            " assign it to someone again.",
            "Uma Person, 11, will have no desk phone.",
            "The SIP credentials of Uma Person and Vic Person change.",
            "Restart Reception and Cellar right after you confirm",
        ],
    ),
}
ALWAYS = (
    "A call in progress goes on. It may end when its phone restarts.",  # R33
    "The company’s own apps keep working. Any device set up by hand with these SIP credentials"
    " stops working.",
)
AFTER = {
    "a": {"Reception": None, "Cellar": "Vic", "Spare": None},
    "b": {"Reception": "Uma", "Cellar": "Vic", "Spare": "Wyn"},
    "c": {"Reception": "Wyn", "Cellar": "Vic", "Spare": None},
    "d": {"Reception": "Uma", "Cellar": None, "Spare": "Vic"},
    "e": {"Reception": "Vic", "Cellar": None, "Spare": None},
}
each_case = pytest.mark.parametrize("case", CASES)
each_world = pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "page"])


@each_case
@each_world
def test_confirmation_names_everything_that_is_affected(client, world, case, headers):  # R14, R15
    phone, who, title, changes, consequences = CASES[case]
    before, old = holders(), usernames()
    response = choose(client, world, phone, who, headers=headers)
    page = compact(response.content.decode())
    assert response.status_code == 200
    assert texts(page, "h1") == [title]
    rows = [row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if "<td" in row]
    assert len(rows) == len(changes)
    for row, facts in zip(rows, changes, strict=True):
        assert [fact for fact in facts if fact not in plain(row)] == []
    said = texts(page, "li")
    assert [line for line in consequences if not any(line in item for item in said)] == []
    assert [line for line in ALWAYS if not any(line in item for item in said)] == []
    assert ("will have no desk phone" in plain(page)) == any(
        "no desk phone" in line for line in consequences
    )
    assert ("<!DOCTYPE html>" in page) == (not headers)
    assert (holders(), usernames()) == (before, old)  # choosing changes nothing


@each_case
def test_confirmed_assignment_answers_with_everything_that_changed(client, world, case):  # R14, R18
    phone, who, _, changes, _ = CASES[case]
    response = confirm(client, world, phone, who)
    page = compact(response.content.decode())
    assert response.status_code == 200
    assert holders() == AFTER[case]
    rows = re.findall(
        r'<template><tr id="phone-(\d+)" data-version="\w+" hx-swap-oob="true">'
        r"(.*?)</tr>\s*</template>",
        page,
        re.S,
    )
    assert {int(key) for key, _ in rows} == {world[label].pk for label, *_ in changes}
    shown = {
        texts(row, "td")[0]: re.search(r'id="to-\d+".*?<bdi>([^<]*)<', row, re.S)[1]
        for _, row in rows
    }
    assert shown == {
        label: f"{AFTER[case][label]} Person" if AFTER[case][label] else "Unassigned"
        for label, *_ in changes
    }
    message = plain(
        re.search(r'<div id="messages" hx-swap-oob="innerHTML">.*?</div>', page, re.S).group()
    )
    for label, mac, _, after in changes:
        assert (
            f"{label} ({mac}) is "
            f"{'free' if after.startswith('No one') else after.split(' ext')[0] + '’s'} now"
        ) in message
    restarted = " and ".join(label for label, *_ in changes)
    assert f"Restart {restarted} by hand: the SIP registrar can’t be reached" in message  # R43
    assert 'name="seen"' not in page and "Undo" in message
    assert ("update its E911 address" in message) == (who is not None)


@each_case
def test_without_script_a_confirmed_assignment_leads_back_with_a_message(
    client, world, case
):  # R18
    phone, who, _, changes, _ = CASES[case]
    response = confirm(client, world, phone, who, headers={})
    assert (response.status_code, response.url) == (302, "/phones/")
    assert holders() == AFTER[case]
    page = compact(client.get("/phones/").content.decode())
    message = plain(re.search(r'<div id="messages".*?</div>', page, re.S).group())
    assert [label for label, *_ in changes if label not in message] == []


@pytest.mark.parametrize(
    ("phone", "who", "count"),
    [("Spare", "Wyn", 3), ("Reception", None, 1), ("Reception", "Wyn", 2), ("Reception", "Vic", 1)],
)
def test_counters_change_in_the_same_answer(client, world, phone, who, count):  # R8
    page = compact(confirm(client, world, phone, who).content.decode())
    counter = re.search(
        r'<span hx-swap-oob="innerHTML:\[data-missing=user\]">(.*?)</span>\s*<span', page, re.S
    ).group(1)
    assert re.findall(
        r'<a class="badge" data-count="\d+" href="/phones/\?show=missing"[^>]*>(\d+)<', counter
    ) == [str(count)]


def test_last_missing_address_takes_the_counter_away(client, world):  # R8
    factories.address(world["Cellar"])
    page = compact(confirm(client, world, "Reception", None).content.decode())
    assert re.search(r'<span hx-swap-oob="innerHTML:\[data-missing=user\]">\s*</span>', page)


@pytest.mark.parametrize(("phone", "who"), [("Reception", "Uma"), ("Spare", None)])
def test_choice_of_what_is_already_asks_nothing(client, world, phone, who):  # R16
    old = usernames()
    response = choose(client, world, phone, who)
    page = compact(response.content.decode())
    assert (response.status_code, "<h1" in page, 'name="seen"' in page) == (200, False, False)
    # Another tab may have made it so: the row shows it.
    assert re.findall(r'<template><tr id="phone-(\d+)"', page) == [str(world[phone].pk)]
    assert choose(client, world, phone, who, headers={}).url == "/phones/"
    assert usernames() == old


MEANWHILE = {
    "unassigned": lambda w: Phone.objects.filter(pk=w["Reception"].pk).update(assigned_to=None),
    "another phone for him": lambda w: Phone.objects.filter(pk=w["Spare"].pk).update(
        assigned_to=w["Wyn"]
    ),
    "renamed phone": lambda w: Phone.objects.filter(pk=w["Reception"].pk).update(label="Lobby"),
    "renamed person": lambda w: User.objects.filter(pk=w["Wyn"].pk).update(last_name="Wed"),
    "other extension": lambda w: User.objects.filter(pk=w["Uma"].pk).update(ext="99"),
    "new credentials": lambda w: sip.issue_credentials([w["Uma"]]),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@each_world
def test_confirmation_of_what_has_changed_shows_the_new_situation(
    client, world, meanwhile, headers
):  # R17
    form = confirmation(client, world, "Reception", "Wyn")
    MEANWHILE[meanwhile](world)
    before, old = holders(), usernames()
    response = client.post(url(world, "Reception"), form, headers=headers)
    assert response.status_code == 409
    assert "Something changed while you were deciding, so nothing was done." in text(response)
    assert (holders(), usernames()) == (before, old)
    rows = re.findall(r'<template><tr id="phone-(\d+)"', compact(response.content.decode()))
    # The list behind the dialog is as new as what is read in it, so Cancel leaves no old row.
    assert (str(world["Reception"].pk) in rows) == bool(headers)
    again = dict(
        re.findall(
            r'<input type="hidden" name="(to|seen)" value="(\w+)">',
            compact(response.content.decode()),
        )
    )
    assert again == confirmation(client, world, "Reception", "Wyn")
    assert client.post(url(world, "Reception"), again, headers=headers).status_code == (
        200 if headers else 302
    )
    assert Phone.objects.get(pk=world["Reception"].pk).assigned_to == world["Wyn"]


@each_world
def test_resend_after_the_goal_holds_is_a_success_that_does_nothing(client, world, headers):  # R17
    form = confirmation(client, world, "Reception", "Wyn")
    client.post(url(world, "Reception"), form, headers=headers)
    before, old = holders(), usernames()
    response = client.post(url(world, "Reception"), form, headers=headers, follow=True)
    assert response.status_code == 200
    assert "Already assigned. Nothing changed." in text(response)
    assert (holders(), usernames()) == (before, old)


def test_resend_refreshes_the_row_that_it_is_about(client, world):  # R17, R18
    form = confirmation(client, world, "Spare", "Wyn")
    client.post(url(world, "Spare"), form, headers=HTMX)
    page = compact(client.post(url(world, "Spare"), form, headers=HTMX).content.decode())
    assert re.findall(r'<template><tr id="phone-(\d+)"', page) == [str(world["Spare"].pk)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"plan": Plan.BASIC},
            "Wyn Person can’t be given a phone: Basic plan. Change the plan to Plus or Pro first.",
        ),
        (
            {"is_active": False},
            "Wyn Person can’t be given a phone: Deactivated. Activate this person first.",
        ),
        ({"email": None}, "Wyn Person can’t be given a phone: Not fully set up. Missing: email."),
        ({"last_name": ""}, "Wyn can’t be given a phone: Not fully set up. Missing: last name."),
    ],
)
@each_world
def test_person_who_cannot_have_a_phone_is_refused_with_the_reason(
    client, world, fields, reason, headers
):  # R12, R19
    form = confirmation(client, world, "Spare", "Wyn")
    User.objects.filter(pk=world["Wyn"].pk).update(**fields)
    chosen = choose(client, world, "Spare", "Wyn", headers=headers)
    confirmed = client.post(url(world, "Spare"), form, headers=headers)
    assert (chosen.status_code, confirmed.status_code) == (422, 422)
    assert reason in text(chosen) and reason in text(confirmed)
    assert holders() == {"Reception": "Uma", "Cellar": "Vic", "Spare": None}


def test_common_area_phone_is_refused(client, world, acme):  # R13
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    address = f"/phones/{lobby.pk}/assigned/"
    assert client.get(address, {"to": world["Wyn"].pk}).status_code == 404
    response = client.post(address, {"to": world["Wyn"].pk, "seen": "x"})
    assert response.status_code == 422
    assert "belongs to a place and can’t be given to a person" in text(response)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"to": "nobody"}, 400),
        ({"to": "nobody", "seen": ""}, 400),
        ({"seen": "x"}, 400),
        ({"to": "", "seen": "x"}, 400),
        ({"to": "-1", "seen": "x"}, 400),
        ({"to": "٣", "seen": "x"}, 400),
        ({"to": "9" * 19, "seen": "x"}, 400),
        ({"to": "Uma", "seen": "x"}, 400),
        ({"to": "0", "seen": "x"}, 404),
        ({"to": "9" * 18, "seen": "x"}, 404),
        ({"to": "nobody", "seen": "forged"}, 409),
        ({"to": "nobody", "seen": "0" * 32}, 409),
        ({"to": "nobody", "seen": "\0"}, 409),
    ],
)
@each_world
def test_forged_confirmation_does_nothing(client, world, form, status, headers):
    before, old = holders(), usernames()
    assert client.post(url(world, "Reception"), form, headers=headers).status_code == status
    assert (holders(), usernames()) == (before, old)


def test_confirmation_of_another_choice_does_nothing(client, world):  # R17
    seen = confirmation(client, world, "Reception", "Wyn")["seen"]
    for phone, who in (
        ("Reception", None),
        ("Reception", "Vic"),
        ("Cellar", "Wyn"),
        ("Spare", "Wyn"),
    ):
        response = client.post(
            url(world, phone), {"to": to(world, who), "seen": seen}, headers=HTMX
        )
        assert response.status_code == 409
    assert holders() == {"Reception": "Uma", "Cellar": "Vic", "Spare": None}


def test_names_and_labels_are_text_wherever_they_are_shown(client, world):
    nasty = "<img src=x>"
    Phone.objects.filter(pk=world["Spare"].pk).update(label=nasty)
    User.objects.filter(pk=world["Wyn"].pk).update(last_name=nasty)
    answers = [choose(client, world, "Spare", "Wyn"), confirm(client, world, "Spare", "Wyn")]
    confirm(client, world, "Spare", None, headers={})
    answers += [
        client.get("/phones/"),
        client.get("/users/"),
        client.get(f"/phones/{world['Cellar'].pk}/people/"),
    ]
    for answer in answers:
        assert nasty not in compact(answer.content.decode())
        assert "&lt;img src=x&gt;" in compact(answer.content.decode())

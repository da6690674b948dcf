"""Giving a phone from the person's side: Users, Options, Give a phone (R14, R21)."""

from __future__ import annotations

import re

import pytest

from phones.models import Kind, Phone
from tests import factories
from tests.answers import visible_text
from tests.confirming import HTMX, read_question
from users.models import Plan, User

CHOICE = re.compile(
    r'href="(/phones/\d+/assigned/\?to=\d+&amp;back=users)"[^>]*>\s*<bdi>(.*?)</bdi>'
)


def offered(client, person: User, query: str = "") -> list[str]:
    page = client.get(f"/phones/for/{person.pk}/{query}").content.decode()
    return [name for _url, name in CHOICE.findall(page)]


def test_free_phones_are_offered_first_then_those_of_others(world, client, acme, other):
    factories.phone(acme, label="Lobby", kind=Kind.COMMON, mac="805ec0aa0000")
    factories.phone(other, label="Theirs")
    assert offered(client, world["Wyn"]) == ["Spare", "Reception", "Cellar"]
    page = visible_text(client.get(f"/phones/for/{world['Wyn'].pk}/"))
    assert "Uma Person has it, extension 11" in page


def test_ones_own_phone_is_shown_and_not_offered(world, client):  # R16
    assert offered(client, world["Uma"]) == ["Spare", "Cellar"]
    assert "Reception current" in visible_text(client.get(f"/phones/for/{world['Uma'].pk}/"))


@pytest.mark.parametrize("q", ["cell", "vic", "0002", "80-5E-C0-AA-00-02"])
def test_phones_are_found_by_label_person_and_mac(world, client, q):  # R6
    assert offered(client, world["Wyn"], f"?q={q}") == ["Cellar"]


def test_phones_are_paged_at_any_size(world, client, acme, django_assert_max_num_queries):
    for number in range(50):
        factories.phone(acme, label=f"Free {number:02}", mac=f"805ec1{number:06x}")
    found, url = [], f"/phones/for/{world['Wyn'].pk}/"
    while url:
        with django_assert_max_num_queries(9):
            page = client.get(url).content.decode()
        found += [name for _url, name in CHOICE.findall(page)]
        later = re.search(r'href="(/phones/for/[^"]*after=[^"]*)"', page)
        url = later.group(1).replace("&amp;", "&") if later else ""
    assert len(found) == len(set(found)) == 53
    assert found[-2:] == ["Reception", "Cellar"]


@pytest.mark.parametrize(
    ("headers", "where"),
    [
        ({}, ("Location", "/users/")),
        (HTMX | {"HX-Current-URL": "http://testserver/users/?show=all"}, ("HX-Refresh", "true")),
        (HTMX | {"HX-Current-URL": "http://testserver/phones/for/1/"}, ("HX-Redirect", "/users/")),
    ],
    ids=["page", "dialog on Users", "dialog on the page of choices"],
)
def test_phone_chosen_is_confirmed_as_ever_and_leads_back_to_users(world, client, headers, where):
    url = f"/phones/{world['Spare'].pk}/assigned/"
    chosen = {"to": world["Wyn"].pk, "back": "users"}
    question = client.get(url, chosen, headers=headers)
    assert "Give Spare to Wyn Person?" in visible_text(question)
    assert 'href="/users/"' in question.content.decode()  # Cancel
    asked = read_question(client, url, chosen, headers)
    done = client.post(url, chosen | asked, headers=headers)
    assert done.headers[where[0]] == where[1]
    assert Phone.objects.get(label="Spare").assigned_to == world["Wyn"]
    assert "is Wyn Person’s now" in visible_text(client.get("/users/"))


def test_phone_is_unassigned_from_users_too(world, client):
    page = client.get("/users/").content.decode()
    url = f"/phones/{world['Reception'].pk}/assigned/"
    assert f'href="{url}?to=nobody&amp;back=users"' in page
    chosen = {"to": "nobody", "back": "users"}
    done = client.post(url, chosen | read_question(client, url, chosen))
    assert (done.status_code, done.url) == (302, "/users/")
    assert Phone.objects.get(label="Reception").assigned_to is None


@pytest.mark.parametrize(
    ("lacks", "reason", "fix"),
    [
        ({"plan": Plan.BASIC}, "Basic plan. Change the plan to Plus or Pro first.", "plan"),
        ({"email": None}, "Not fully set up. Missing: email.", "edit"),
        ({"is_active": False}, "Deactivated. Activate this person first.", "activate"),
    ],
)
def test_person_who_cannot_have_a_phone_is_told_why_and_what_to_do(
    world, client, lacks, reason, fix
):  # R12, R19
    wyn = world["Wyn"]
    User.objects.filter(pk=wyn.pk).update(**lacks)
    response = client.get(f"/phones/for/{wyn.pk}/")
    assert response.status_code == 422
    assert reason in visible_text(response)
    assert f'href="/users/{wyn.pk}/{fix}/"' in response.content.decode()
    assert not CHOICE.search(response.content.decode())

"""Search, order and pages of the list of users (R21).

Those of phones are in tests/phones/test_user_phones.py.
"""

from __future__ import annotations

import re
from itertools import chain

import pytest

from tests import factories
from users.models import User
from users.tenancy.paging import BadCursor, Run, fetch_page
from users.tenancy.search import Search

URL = "/users/"


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def names(response) -> list[str]:
    return [str(person) for person in response.context["page"].rows]


@pytest.mark.parametrize(
    "q",
    [
        "jürgen",
        "JURGEN LEGER",
        "ger jur",
        "4711",
        "711",
        "47",
        "j.leger@",
        "j.leger@example.com",
        "Jürgen 47",
        "  leger  ",
    ],
)
def test_search_finds_name_extension_and_email_in_part(signed_in, acme, q):
    factories.person(acme, "Jürgen", "Léger", ext="4711", email="j.leger@example.com")
    assert names(signed_in.get(URL, {"q": q})) == ["Jürgen Léger"]


@pytest.mark.parametrize("q", ["nobody", "archer nobody", "%", "_", "\\", "' OR 1=1 --"])
def test_search_without_hits_says_so(signed_in, q):
    response = signed_in.get(URL, {"q": q})
    assert names(response) == []
    assert "No one found." in response.content.decode()


def test_other_accounts_people_are_not_found(signed_in, other):
    factories.person(other, "Eve", "Elsewhere")
    assert names(signed_in.get(URL)) == ["Alice Archer"]
    assert names(signed_in.get(URL, {"q": "Elsewhere"})) == []


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("ext", ["Zoe Äbel", "Bo Young", "Alice Archer", "Cy Ng"]),
        ("-ext", ["Alice Archer", "Bo Young", "Zoe Äbel", "Cy Ng"]),
        ("name", ["Zoe Äbel", "Alice Archer", "Cy Ng", "Bo Young"]),
        ("-name", ["Bo Young", "Cy Ng", "Alice Archer", "Zoe Äbel"]),
        ("email", ["Cy Ng", "Zoe Äbel", "Alice Archer", "Bo Young"]),
        ("-email", ["Alice Archer", "Zoe Äbel", "Cy Ng", "Bo Young"]),
    ],
)
def test_order_by_each_column_with_those_without_last(signed_in, acme, sort, order):
    factories.person(acme, "Zoe", "Äbel", ext="7", email="ab@example.com")
    factories.person(acme, "Bo", "Young", ext="99", email=None)
    factories.person(acme, "Cy", "Ng", ext=None, email="aa@example.com")
    assert names(signed_in.get(URL, {"sort": sort})) == order


@pytest.mark.parametrize("sort", ["ext", "-ext", "name", "-name", "email", "-email"])
@pytest.mark.parametrize(
    "few", [1000, 2]
)  # few hits, found by the index; so many that the list filters in its own order
def test_pages_forth_and_back_show_everybody_once(signed_in, acme, sort, few, monkeypatch):
    monkeypatch.setattr("users.tenancy.listing.PAGE_SIZE", 3)
    monkeypatch.setattr("users.tenancy.search.FEW", few)
    for n in range(8):
        factories.person(
            acme,
            "Sam",
            f"Same{n % 2}",
            ext=str(n) if n % 3 else None,
            email=f"same{n}@example.com" if n % 4 else None,
        )

    def walk(side: str, **start: str) -> list[list[int]]:
        pages, response = [], signed_in.get(URL, {"sort": sort, "q": "same", **start})
        while True:
            pages.append([person.pk for person in response.context["page"].rows])
            cursor = getattr(response.context["page"], side)
            if not cursor:
                return pages
            way = {"next": "after", "previous": "before"}[side]
            response = signed_in.get(URL, {"sort": sort, "q": "same", way: cursor})

    forth, back = walk("next"), walk("previous", last="1")
    assert [len(page) for page in forth] == [3, 3, 2]
    assert len({person for page in forth for person in page}) == 8
    assert list(chain(*forth))[-3:] == back[0]
    assert forth[0] == back[-1]


def test_url_of_a_page_keeps_search_and_order(signed_in, acme, monkeypatch):
    monkeypatch.setattr("users.tenancy.listing.PAGE_SIZE", 1)
    for n in range(2):
        factories.person(acme, "Same", f"No{n}", ext=str(n))
    page = signed_in.get(URL, {"q": "same", "sort": "-ext"}).content.decode()
    (link,) = {link for link in re.findall(r'href="(/users/\?[^"]*after=[^"]*)"', page)}
    assert names(signed_in.get(link.replace("&amp;", "&"))) == ["Same No0"]


def test_htmx_gets_only_the_listing(signed_in):
    part = signed_in.get(
        URL, headers={"HX-Request": "true", "HX-Target": "listing"}
    ).content.decode()
    assert "Alice Archer" in part and "<h1" not in part


@pytest.mark.parametrize("q", ["one two", "x" * 200, "a b c d e f g h i j"])
def test_search_of_many_words_is_understood(signed_in, q):
    assert signed_in.get(URL, {"q": q}).status_code == 200


def test_search_with_more_hits_than_few_finds_the_same(acme):
    for n in range(4):
        factories.person(acme, "Sam", f"No{n}")
    factories.person(acme, "Sam", "Else")
    few, many = Search(User, "sám NO"), Search(User, "sám NO", few=1)
    assert (few.many, many.many) == (False, True)
    assert set(few.narrow(acme.users.all())) == set(many.narrow(acme.users.all()))
    assert many.narrow(acme.users.all()).count() == 4


@pytest.mark.parametrize("way", ["after", "before"])
def test_list_that_became_shorter_gives_its_nearest_page(acme, way):
    people = [factories.person(acme, ext=str(n)) for n in range(5)]
    runs = [Run(acme.users.all(), ("ext_number", "ext"))]
    edge = {"after": '[0,99,"99"]', "before": '[0,0,"0"]'}[way]
    nearest = {"after": people[3:], "before": people[:2]}[way]
    assert fetch_page(runs, size=2, **{way: edge}).rows == nearest


@pytest.mark.parametrize(
    "cursor",
    [
        "[", "[]", "{}", "null", "7", '"x"', "[0]", "[9,1,1]", "[-1,1,1]", "[0,1]", "[0,1,1,1]",
        "[0,null,null]",
        '["0",1,1]', '[0,"x","1"]', "[0,1e400,1]", "[0,99999999999999999999,1]", '[0,1,"\\u0000"]',
        '[0,1,"\\ud800"]',
        "[" * 5000,
    ],
)  # fmt: skip
def test_cursor_that_no_page_ever_had_is_refused(acme, alice, cursor):
    runs = [Run(acme.users.all(), ("ext_number", "ext"))]
    for way in ("after", "before"):
        with pytest.raises(BadCursor):
            fetch_page(runs, size=2, **{way: cursor})

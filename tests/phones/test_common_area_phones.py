"""The list of common-area phones, and that of both kinds without an address (R2, R3, R8, R58)."""

from __future__ import annotations

import csv
import io
import re

import pytest

from phones.models import Kind, Phone
from phones.phone_list import CommonAreaPhones, Listing
from phones.refusals import REFUSALS
from tests import factories
from tests.markup import compact

URL = "/phones/common/"
WITHOUT = "/phones/without-address/"


def place(account, label: str, **fields):
    return factories.phone(account, kind=Kind.COMMON, label=label, **fields)


def labels(response) -> list[str]:
    """Return the labels of the rows, from top to bottom."""
    return [row.label for row in response.context["rows"]]


def page(client, url: str = URL) -> str:
    return compact(client.get(url).content.decode())


def heads(text: str) -> list[str]:
    found = re.findall(r'<th scope="col".*?</th>', text, re.S)
    return [
        re.sub(r"<.*?>", "", head).split("phone without")[0].strip(" 0123456789") for head in found
    ]


@pytest.mark.parametrize("url", [URL, WITHOUT])
def test_account_without_any_phone_is_led_to_the_guide(signed_in, url):  # R3
    assert signed_in.get(url).url == "/phones/add/"


def test_common_area_phones_without_any_says_what_they_are_for_and_leads_to_adding(
    signed_in, acme
):  # R3
    factories.phone(acme, label="Desk")
    text = page(signed_in)
    assert "such as a lobby or kitchen" in text and "Add a common-area phone" in text
    assert "Desk" not in text


def test_both_tabs_are_there_with_phones_of_one_kind(signed_in, acme):  # R2, R3
    place(acme, "Lobby")
    for url in ("/phones/", URL, "/phones/add/"):
        assert (
            re.findall(r'<nav class="tabs".*?</nav>', page(signed_in, url), re.S)[0].count(
                "<a href="
            )
            == 3
        )


def test_common_area_phones_shows_every_column_and_no_person(signed_in, acme):  # R58
    lobby = place(acme, "Lobby", ext="81", caller_id="+12125550142", mac="805bb0e863fc")
    factories.address(lobby)
    place(acme, "Kitchen")
    factories.phone(acme, label="Desk")
    text = page(signed_in)
    assert heads(text) == [
        *("Label", "Ext", "Caller number", "Model", "MAC Address"),
        *("E911 Address", "Status", "Actions"),
    ]
    rows = re.findall(r'<tr id="phone.*?</tr>', text, re.S)
    kitchen, lobby = rows
    for shown in (">81<", "+12125550142", "80:5B:B0:E8:63:FC", "100 Gold Street", "Label: Lobby"):
        assert shown in lobby
    assert "No caller number" in kitchen and "Add address: Kitchen" in kitchen
    assert 'role="combobox"' not in text and "Desk" not in text


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("label", ["alpha", "beta", "delta", "gamma"]),
        ("-label", ["gamma", "delta", "beta", "alpha"]),
        ("ext", ["gamma", "delta", "alpha", "beta"]),
        ("-ext", ["delta", "gamma", "alpha", "beta"]),
        ("model", ["gamma", "alpha", "delta", "beta"]),
        ("-mac", ["delta", "gamma", "beta", "alpha"]),
    ],
)
def test_order_by_each_column(signed_in, acme, sort, order):  # R9
    place(acme, "alpha", model="Poly VVX 450", mac="000413000001")
    place(acme, "beta", model="Snom D785", mac="000413000002")
    place(acme, "gamma", model="Cisco SPA504G", mac="000413000003", ext="7")
    place(acme, "delta", model="Poly VVX 450", mac="000413000004", ext="80")
    for url in (URL, WITHOUT):
        assert labels(signed_in.get(f"{url}?sort={sort}")) == order


def test_common_area_phones_are_by_label_unless_asked_otherwise(signed_in, acme):
    place(acme, "b", ext="7")
    place(acme, "a")
    assert labels(signed_in.get(URL)) == ["a", "b"]


@pytest.mark.parametrize(
    "q", ["lobby", "LOBBY", "81", "212 555 0142", "+12125550142", "b0:e8", "poly"]
)
def test_search_finds_label_extension_number_model_and_mac(signed_in, acme, q):  # R6, R9
    numbers = {"ext": "81", "caller_id": "+12125550142", "mac": "805bb0e863fc"}
    place(acme, "Lobby", model="Poly VVX 450", **numbers)
    place(acme, "Kitchen", mac="24aa00000001")
    person = factories.person(acme, ext="7")
    factories.phone(acme, person, label="lobby desk 81", model="Poly VVX 450", mac="24aab0e80001")
    response = signed_in.get(URL, {"q": q})
    assert (labels(response), response.context["total"]) == (["Lobby"], 1)


def test_search_forgets_a_number_that_was_taken_back(signed_in, acme):
    lobby = place(acme, "Lobby", ext="81")
    with factories.everywhere():
        Phone.objects.filter(pk=lobby.pk).update(ext="92")
    assert labels(signed_in.get(URL, {"q": "81"})) == []
    assert labels(signed_in.get(URL, {"q": "92"})) == ["Lobby"]


@pytest.fixture(params=[False, True], ids=["walked", "collected"])
def way(request, monkeypatch):
    """The list's ways to a page: along its order's index, or by collecting what filters leave."""
    monkeypatch.setattr(Listing, "_filters_leave_few", lambda *_: request.param)


@pytest.mark.usefixtures("way")
def test_filters(signed_in, acme):  # R9
    factories.address(place(acme, "complete", model="Snom D785"))
    place(acme, "missing", model="Snom D785")
    place(acme, "other")
    factories.phone(acme, factories.person(acme), label="person's", model="Snom D785")
    assert labels(signed_in.get(URL + "?show=missing")) == ["missing", "other"]
    assert labels(signed_in.get(URL + "?model=Snom+D785")) == ["complete", "missing"]
    assert labels(signed_in.get(URL + "?model=Snom+D785&show=missing&q=miss")) == ["missing"]
    assert signed_in.get(URL + "?show=missing").context["total"] == 2
    assert signed_in.get(URL + "?show=free").status_code == 400


@pytest.mark.parametrize("url", [URL, WITHOUT])
@pytest.mark.parametrize("sort", CommonAreaPhones.sorts)
@pytest.mark.usefixtures("way")
def test_pages_forth_and_back_show_each_phone_once(signed_in, acme, url, sort, monkeypatch):
    monkeypatch.setattr("users.tenancy.listing.PAGE_SIZE", 2)
    for n in range(5):
        place(acme, f"place {n}", ext=str(90 - n) if n % 2 else None)
    if url == WITHOUT:
        for n in range(2):
            factories.phone(acme, factories.person(acme), label=f"{n}" if n else "")
        factories.phone(acme)  # free: it needs no address

    def walk(side: str, **start: str) -> list[list[str]]:
        pages, response = [], signed_in.get(url, {"sort": sort, **start})
        while True:
            pages.append([row.mac for row in response.context["rows"]])
            cursor = getattr(response.context["page"], side)
            if not cursor:
                return pages
            way = {"next": "after", "previous": "before"}[side]
            response = signed_in.get(url, {"sort": sort, way: cursor})

    forth, back = walk("next"), walk("previous", last="1")
    shown = [mac for part in forth for mac in part]
    assert len(set(shown)) == len(shown) == (7 if url == WITHOUT else 5)
    assert shown[-2:] == back[0] and forth[0] == back[-1]


def test_download_has_the_list_as_shown(signed_in, acme):  # R9
    place(acme, "Lobby", mac="805bb0e863fc", model="Poly VVX 450")
    factories.address(place(acme, "Kitchen"))
    factories.phone(acme, factories.person(acme, "Ann", "Other", ext="7"), label="Desk")
    names: dict[str, list[tuple[str, str]]] = {}
    for url in ("common-area-phones.csv?show=missing", "phones-without-address.csv"):
        response = signed_in.get(f"/phones/{url}")
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        names[response["Content-Disposition"]] = [
            (row["Label"], row["Kind"]) for row in csv.DictReader(io.StringIO(text))
        ]
    assert names == {
        'attachment; filename="common-area-phones.csv"': [("Lobby", "common")],
        'attachment; filename="phones-without-address.csv"': [
            ("Desk", "user"),
            ("Lobby", "common"),
        ],
    }


def test_list_of_both_kinds_says_which_is_which_and_offers_to_add_each_address(
    signed_in, acme, alice
):  # R8, R45
    place(acme, "Lobby")
    factories.phone(acme, alice)
    factories.address(factories.phone(acme, factories.person(acme), label="complete"))
    factories.phone(acme, label="free")
    text = page(signed_in, WITHOUT)
    desk, lobby = re.findall(r'<tr id="phone.*?</tr>', text, re.S)
    assert "Alice Archer" in desk and "Add address: Alice Archer’s phone, 100" in desk
    assert "Common-area phone" in lobby and "Add address: Lobby" in lobby


def test_list_of_phones_without_address_is_glad_when_there_are_none(signed_in, acme):
    factories.phone(acme, label="free")
    assert "Every phone in use has an E911 address." in page(signed_in, WITHOUT)


def test_badge_of_common_area_phones_is_in_the_answer_to_a_status_poll(signed_in, acme):  # R8
    lobby = place(acme, "Lobby")
    (row,) = signed_in.get(URL).context["rows"]
    seen = {"rows": f"{row.id}.{row.version}", "missing": 0, "missing_common": 1}
    assert signed_in.get("/phones/status/", seen).status_code == 204
    other = place(acme, "Kitchen")
    news = compact(signed_in.get("/phones/status/", seen).content.decode())
    assert f"phone-{other.pk}" not in news and f"phone-{lobby.pk}" not in news
    for of, number in (("all", 2), ("common", 2)):
        assert re.search(
            rf'innerHTML:\[data-missing={of}\]"><a class="badge" data-count="{number}"', news
        )
    assert 'innerHTML:[data-missing=user]"></span>' in news


@pytest.mark.parametrize(("url", "queries"), [(URL, 9), (WITHOUT, 11)])
def test_lists_are_the_same_number_of_queries_for_1_and_3_rows(
    signed_in, acme, django_assert_num_queries, url, queries
):
    place(acme, "Lobby")
    with django_assert_num_queries(queries):
        signed_in.get(url)
    for n in range(2):
        place(acme, f"Place {n}", ext=f"9{n}")
    with django_assert_num_queries(queries):
        signed_in.get(url)


def test_other_accounts_phones_are_not_on_them(signed_in, acme, other):
    place(acme, "ours")
    place(other, "theirs")
    for url in (URL, WITHOUT):
        assert labels(signed_in.get(url)) == ["ours"]
        assert labels(signed_in.get(url, {"q": "theirs"})) == []


def test_what_is_done_with_a_common_area_phone_leads_back_to_its_list(signed_in, acme):
    """Without JavaScript: from its page, its acts, and what was refused."""
    lobby = place(acme, "Lobby")
    for where in ("", "password/", "addresses/", "time-zone/", "label/"):
        assert f'href="{URL}"' in page(signed_in, f"/phones/{lobby.pk}/{where}").split("<main")[1]
    asked = signed_in.get(f"/phones/{lobby.pk}/remove/")
    form = {"seen": asked.context["confirmation"].seen, "key": "0123456789abcdef"}
    assert signed_in.post(f"/phones/{lobby.pk}/remove/", form).url == URL


def test_label_of_a_common_area_phone_is_edited_in_place_and_required(signed_in, acme):  # R5, R58
    lobby, htmx = place(acme, "Lobby"), {"HX-Request": "true"}
    where = f"/phones/{lobby.pk}/label/"
    seen = signed_in.get(where, headers=htmx).context["confirmation"].seen
    empty = {"label": " ", "seen": seen, "key": "0123456789abcdef"}
    refused = signed_in.post(where, empty, headers=htmx)
    assert refused.status_code == 422
    said = str(REFUSALS["phones_phone_common_area_has_label"].sentence)
    assert said in compact(refused.content.decode())
    stored = empty | {"label": "Entrance", "key": "fedcba9876543210"}
    row = compact(signed_in.post(where, stored, headers=htmx).content.decode())
    assert "Label: Entrance" in row and "No caller number" in row and "combobox" not in row


def test_address_of_a_common_area_phone_takes_it_off_all_badges_at_once(signed_in, acme):  # R8, R9
    lobby = place(acme, "Lobby", caller_id="+12125550142")
    (row,) = signed_in.get(WITHOUT).context["rows"]
    factories.address(lobby)
    seen = {"rows": f"{row.id}.{row.version}", "missing": 0, "missing_common": 1}
    news = compact(signed_in.get("/phones/status/", seen).content.decode())
    assert f'<tr id="phone-{lobby.pk}"' in news and "100 Gold Street" in news  # the row stays
    assert len(re.findall(r'\[data-missing=\w+\]"></span>', news)) == 3

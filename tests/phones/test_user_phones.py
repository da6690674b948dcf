"""The table of user phones: columns, counters, search, filters, order, pages, CSV (R2 to R9)."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.urls import reverse

from phones.models import Kind, Phone
from phones.phone_list import Listing
from tests import factories
from tests.markup import compact
from users.models import Plan

URL = "/phones/"


def labels(response) -> list[str]:
    """Return the labels (or None) of the rows, from top to bottom."""
    return [row.label for row in response.context["rows"]]


def test_user_phones_without_any_phone_leads_to_the_guide(signed_in):  # R3
    response = signed_in.get(URL)
    assert (response.status_code, response.url) == (302, reverse("add_phone"))
    page = compact(signed_in.get(response.url).content.decode())
    assert "Add phones" in page
    assert ">User phones</a>" not in page


def test_user_phones_with_common_area_phones_only_says_so(signed_in, acme):  # R3, R4
    factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    page = compact(signed_in.get(URL).content.decode())
    assert "only common-area phones" in page
    assert "Lobby" not in page


def test_row_of_a_phone_without_label_is_named_by_its_person(signed_in, acme, alice):  # R45
    factories.phone(acme, alice, mac="805bb0e863fc")
    factories.phone(acme, mac="805bb0e863fd")  # free: model and MAC address are all there is
    page = compact(signed_in.get(URL).content.decode())
    named = re.findall(r'aria-label="(?:Actions|Add label|Assigned to|Add address): (.*?)"', page)
    assert {name.removesuffix(", Unassigned") for name in named} == {
        "Alice Archer’s phone, 100",
        "Yealink SIP-T54W 80:5B:B0:E8:63:FD",
    }


def test_person_of_a_row_is_text_to_copy_and_part_of_what_its_link_is_called(
    signed_in, acme, alice
):  # R11, WCAG 2.5.3
    factories.phone(acme, alice, label="Front desk")
    factories.phone(acme, label="Spare")
    page = compact(signed_in.get(URL).content.decode())
    cells = re.findall(r'<td class="assigned">(.*?)</td>', page)
    assert [re.sub(r"<.*?>", "", cell).strip() for cell in cells] == ["Alice Archer", "Unassigned"]
    named = re.findall(r'aria-label="Assigned to: (.*?)"', page)
    assert named == ["Front desk, Alice Archer", "Spare, Unassigned"]


def test_address_of_a_floor_has_it_in_a_part_of_its_own(signed_in, acme, alice):
    """So that the page can keep it in sight where the line is cut off."""
    phone = factories.phone(acme, alice)
    factories.address(
        phone, standardised="475 Boulevard De Maisonneuve E, Floor 4, #2, Montréal, QC"
    )
    row = signed_in.get(URL).context["rows"][0]
    assert (row.street, row.desk, row.town) == (
        "475 Boulevard De Maisonneuve E", "Floor 4, #2", "Montréal, QC",
    )  # fmt: skip
    factories.address(phone, standardised="100 Gold St, New York, NY 10038")
    assert signed_in.get(URL).context["rows"][0].desk == ""


def test_user_phones_shows_every_column(signed_in, acme, alice):  # R4, R6
    phone = factories.phone(
        acme, alice, label="Front desk", mac="805bb0e863fc", model="Poly VVX 450"
    )
    factories.address(phone)
    page = compact(signed_in.get(URL).content.decode())
    for shown in (
        "Front desk",
        ">100<",
        "Alice Archer",
        "Poly VVX 450",
        "80:5B:B0:E8:63:FC",
        "100 Gold Street",
    ):
        assert shown in page
    heads = re.findall(r'<th scope="col".*?</th>', page, re.S)
    names = [
        "Label",
        "Ext",
        "Assigned to",
        "Model",
        "MAC Address",
        "E911 Address",
        "Status",
        "Actions",
    ]
    assert [re.sub(r"<.*?>", "", head).strip() for head in heads] == names


def test_default_order_is_by_extension_as_a_number_with_free_phones_last(
    signed_in, acme
):  # R9, R11
    for ext in ("1001", "99", "100", "7", "0099"):
        factories.phone(
            acme, factories.person(acme, ext=ext), label=f"x{ext}"
        ) if ext != "100" else None
    factories.phone(acme, label="free")
    assert labels(signed_in.get(URL)) == ["x7", "x0099", "x99", "x1001", "free"]
    assert labels(signed_in.get(URL + "?sort=-ext")) == ["x1001", "x99", "x0099", "x7", "free"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("label", ["Émile", "front", "Zeta", ""]),
        ("-label", ["Zeta", "front", "Émile", ""]),
        ("model", ["Zeta", "front", "", "Émile"]),
        ("mac", ["Émile", "Zeta", "", "front"]),
        ("person", ["front", "Zeta", "Émile", ""]),
        ("-person", ["Zeta", "front", "Émile", ""]),
    ],
)
def test_order_by_each_column(signed_in, acme, sort, order):  # R9
    factories.phone(acme, label="Émile", mac="0004130000a1", model="Yealink SIP-T54W")
    factories.phone(
        acme,
        factories.person(acme, "Ada", "Éclair"),
        label="front",
        mac="805ec00000a4",
        model="Poly VVX 450",
    )
    factories.phone(
        acme,
        factories.person(acme, "Bo", "Young"),
        label="Zeta",
        mac="0004130000a2",
        model="Cisco SPA504G",
    )
    factories.phone(acme, mac="805ec00000a3", model="Snom D785")
    found = labels(signed_in.get(f"{URL}?sort={sort}"))
    if "label" in sort:  # “é” sorts by code point, after z, if PostgreSQL was built without ICU
        assert found[-1] == "" and sorted(found) == sorted(order)
    else:
        assert found == order


def test_emergency_column_in_its_four_states(signed_in, acme):  # R7
    here = factories.phone(acme, factories.person(acme, ext="1"), label="here")
    factories.address(here)
    waits = factories.phone(acme, factories.person(acme, ext="2"), label="waits")
    factories.address(waits, status="pending", current=False, standardised="5 Elm Street")
    factories.phone(acme, factories.person(acme, ext="3"), label="missing")
    factories.phone(acme, label="free")
    rows = re.findall(r'<tr id="phone.*?</tr>', compact(signed_in.get(URL).content.decode()), re.S)
    cells = [re.search(r'<td class="address".*?</td>', row, re.S).group() for row in rows]
    assert "100 Gold Street" in cells[0] and "Update E911 address: here" in cells[0]
    assert "Pending" in cells[1] and "5 Elm Street" in cells[1] and "Add address" not in cells[1]
    assert "Add address" in cells[2]
    assert "–" in cells[3] and "Add address" not in cells[3]


def test_badges_count_assigned_and_common_area_phones_without_current_address(
    signed_in, acme
):  # R8
    for ext in ("1", "2"):
        factories.phone(acme, factories.person(acme, ext=ext))
    factories.address(
        factories.phone(acme, factories.person(acme, ext="3")), status="pending", current=False
    )
    factories.address(factories.phone(acme, factories.person(acme, ext="4")))
    factories.phone(acme)
    for _ in range(2):
        factories.phone(acme, kind=Kind.COMMON)
    factories.address(factories.phone(acme, kind=Kind.COMMON))
    phones, user, common = (
        ("5", "/phones/without-address/"),
        ("3", "/phones/?show=missing"),
        ("2", "/phones/common/?show=missing"),
    )
    for url, of_column in ((URL, user), ("/phones/common/", common), (phones[1], phones)):
        page = compact(signed_in.get(url).content.decode())
        badges = re.findall(r'<a class="badge" data-count="(\d+)" href="([^"]*)"', page)
        assert badges == [phones, user, common, of_column]
    for number, url in (phones, user, common):
        assert len(signed_in.get(url).context["rows"]) == int(number)


def test_counter_of_zero_shows_no_badge(signed_in, acme):  # R8
    factories.phone(acme)
    assert 'class="badge"' not in compact(signed_in.get(URL).content.decode())


@pytest.mark.parametrize(
    "q",
    [
        "80-5B-B0-E8-63-FC",
        "80:5b:b0:e8:63:fc",
        "805bb0e863fc",
        "805B.B0E8.63FC",
        "b0e8",
        "B0:E8",
        "b0-e8",
        "e8.63",
        "63FC",
        "80 5b fc",
        "front",
        "FRONT DESK",
        "desk front",
        "ront de",
        "jurgen",
        "Léger",
        "leger j",
        "4711",
        "471",
        "711",
        "47",
        "Poly",
        "vvx 450",
        "jurgen poly 47",
        "– front, desk!",
        "100%",
        "under_score",
        "back\\slash",
    ],
)
def test_search_finds_label_extension_person_model_and_mac_in_part(signed_in, acme, q):  # R6, R9
    person = factories.person(acme, "Jürgen", "Léger", ext="4711")
    factories.phone(
        acme,
        person,
        label="Front desk 100% under_score back\\slash",
        mac="805bb0e863fc",
        model="Poly VVX 450",
    )
    factories.phone(
        acme, factories.person(acme, "Ann", "Other", ext="8"), label="Cellar", mac="24aa00000001"
    )
    assert [row.mac for row in signed_in.get(URL, {"q": q}).context["rows"]] == [
        "80:5B:B0:E8:63:FC"
    ]


@pytest.mark.parametrize(
    "q",
    ["gold st", "GOLD street", "10038", "floor 2", "snom gold", "100 gold uma", "elm", "elm 62701"],
)
def test_search_finds_current_and_pending_addresses(signed_in, acme, q):  # R7, R9
    person = factories.person(acme, "Uma", "Lind", ext="21")
    phone = factories.phone(acme, person, label="here", model="Snom D785")
    factories.address(phone, standardised="100 Gold Street, Floor 2, New York, NY 10038")
    elm = "5 Elm Avenue, Floor 3, Springfield, IL 62701"
    factories.address(phone, status="pending", current=False, standardised=elm)
    # Every word and number is somewhere else, too.
    other = factories.phone(acme, factories.person(acme, ext="22"), mac="24aa00000002")
    factories.address(other, standardised="22 Pine Street, Floor 12, New York, NY 10002")
    factories.phone(acme, label="Snom 62")
    assert labels(signed_in.get(URL, {"q": q})) == ["here"]


@pytest.mark.parametrize(
    "q", ["nothing", "80:5b:b0:e8:63:fd", "front cellar", "%", "_", "\\", "' OR 1=1 --"]
)
def test_search_without_hits_says_so(signed_in, acme, q):
    factories.phone(acme, label="Front", mac="805bb0e863fc")
    factories.phone(acme, label="Cellar")
    response = signed_in.get(URL, {"q": q})
    assert labels(response) == []
    assert "No phones found" in compact(response.content.decode())


def test_search_follows_a_change_of_name_extension_and_assignment(signed_in, acme):
    person = factories.person(acme, "Old", "Name", ext="51")
    phone = factories.phone(acme, person)
    person.first_name, person.ext = "Brandnew", "5252"
    person.save()
    assert len(signed_in.get(URL, {"q": "brandnew 5252"}).context["rows"]) == 1
    assert labels(signed_in.get(URL, {"q": "old"})) == []
    Phone.objects.filter(pk=phone.pk).update(assigned_to=None)
    assert labels(signed_in.get(URL, {"q": "brandnew"})) == []


@pytest.fixture(params=[False, True], ids=["walked", "collected"])
def way(request, monkeypatch):
    """The list's ways to a page: along its order's index, or by collecting what filters leave."""
    monkeypatch.setattr(Listing, "_filters_leave_few", lambda *_: request.param)


@pytest.mark.usefixtures("way")
def test_filters(signed_in, acme):  # R9
    factories.phone(acme, factories.person(acme, ext="1"), label="assigned", model="Snom D785")
    factories.address(factories.phone(acme, factories.person(acme, ext="2"), label="complete"))
    factories.phone(acme, label="free", model="Snom D785")
    assert labels(signed_in.get(URL + "?show=assigned")) == ["assigned", "complete"]
    assert labels(signed_in.get(URL + "?show=free")) == ["free"]
    assert labels(signed_in.get(URL + "?show=missing")) == ["assigned"]
    assert labels(signed_in.get(URL + "?model=Snom+D785")) == ["assigned", "free"]
    assert labels(signed_in.get(URL + "?model=Snom+D785&show=free&sort=mac&q=free")) == ["free"]


@pytest.mark.parametrize(
    "sort", ["ext", "-ext", "person", "label", "-label", "model", "-model", "mac", "-mac"]
)
@pytest.mark.usefixtures("way")
def test_pages_forth_and_back_show_each_phone_once(signed_in, acme, sort, monkeypatch):  # R9
    monkeypatch.setattr("users.tenancy.listing.PAGE_SIZE", 3)
    for n in range(5):
        factories.phone(
            acme,
            factories.person(acme, f"P{n % 2}", f"L{n % 3}"),
            label=f"a{n}" if n % 2 else "",
            model=("Snom D785", "Snom D713")[n % 2],
        )
    for n in range(3):
        factories.phone(acme, label=f"f{n}" if n else "")

    def walk(side: str, start: str) -> list[list[str]]:
        pages, response = [], signed_in.get(f"{URL}?sort={sort}{start}")
        while True:
            pages.append([row.mac for row in response.context["rows"]])
            cursor = getattr(response.context["page"], side)
            if not cursor:
                return pages
            response = signed_in.get(
                URL, {"sort": sort, {"next": "after", "previous": "before"}[side]: cursor}
            )

    forth, back = walk("next", ""), walk("previous", "&last=1")
    assert len({mac for page in forth for mac in page}) == 8
    assert [len(page) for page in forth] == [3, 3, 2]
    assert [mac for page in reversed(back) for mac in page][-3:] == back[0]
    assert [mac for page in forth for mac in page][-3:] == back[0]
    assert forth[0] == back[-1]


def test_url_of_a_page_keeps_search_filter_and_order(signed_in, acme, monkeypatch):  # R9
    monkeypatch.setattr("users.tenancy.listing.PAGE_SIZE", 1)
    for n in range(2):
        factories.phone(acme, label=f"box {n}")
    page = compact(signed_in.get(URL + "?q=box&show=free&sort=-mac").content.decode())
    link = re.search(r'href="(/phones/\?[^"]*after=[^"]*)"', page).group(1).replace("&amp;", "&")
    assert "q=box" in link and "show=free" in link and "sort=-mac" in link
    assert labels(signed_in.get(link)) == ["box 0"]


@pytest.mark.parametrize(
    "query",
    [
        "show=banana",
        "sort=password",
        "sort=-",
        "after=x",
        "after=[]",
        "after=[9]",
        "after=[0]",
        "after=[-1,1,1]",
        'after=["0",1,1]',
        "after=[0,null,null]",
        "after=[0,1e400,1]",
        "after=[0,99999999999999999999999,1]",
        'after=[0,1,"\\u0000"]',
        'after=[0,1,"\\ud800"]',
        "before={}",
        "last=2",
        "q=%00",
        "model=%00",
        "q=" + "x" * 100_000,
        'after=[0,[1],{"a":1}]',
        "after=[true,1,1]x",
    ],
)
def test_url_that_is_not_understood_is_refused_clearly(signed_in, acme, query):
    factories.phone(acme)
    response = signed_in.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert "This link doesn’t work" in compact(response.content.decode())


def test_list_is_the_same_number_of_queries_for_1_and_3_rows(
    signed_in, acme, django_assert_num_queries
):
    factories.phone(acme, factories.person(acme))
    with django_assert_num_queries(QUERIES):
        signed_in.get(URL)
    for _ in range(2):
        factories.address(factories.phone(acme, factories.person(acme)))
    with django_assert_num_queries(QUERIES):
        signed_in.get(URL)


# In a savepoint, which is two of them: session, who it is and of which account, counts, assigned
# phones, free ones, how many there are in each status, and the rows' own.
QUERIES = 10


def test_csv_has_the_list_as_shown_and_is_safe_in_a_spreadsheet(signed_in, acme, alice):  # R9
    factories.phone(
        acme, alice, label="=cmd|' /C calc'!A0", mac="805bb0e863fc", model="Poly VVX 450"
    )
    factories.phone(acme, label="other")
    response = signed_in.get("/phones/user-phones.csv?show=assigned")
    assert response["Content-Disposition"] == 'attachment; filename="user-phones.csv"'
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["MAC"] == "80:5B:B0:E8:63:FC"
    assert row["Label"] == "'=cmd|' /C calc'!A0"
    assert (row["Assigned extension"], row["Assigned to"]) == ("100", "Alice Archer")


def test_other_accounts_phones_are_not_on_it(signed_in, acme, other):
    factories.phone(acme, label="ours")
    factories.phone(other, factories.person(other, "Bob", "Beta"), label="theirs")
    assert labels(signed_in.get(URL)) == ["ours"]
    assert labels(signed_in.get(URL, {"q": "theirs"})) == []
    assert signed_in.get(URL).context["counts"].missing["all"] == 0


def test_basic_person_is_listed_in_no_row(signed_in, acme):
    factories.person(acme, "Ben", "Basic", plan=Plan.BASIC)
    factories.phone(acme, label="x")
    assert "Ben Basic" not in signed_in.get(URL).content.decode()

"""A phone's own page: what it is, whose, how its line is, what it will get, what can be done."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from phones import fetching, line, preview
from phones.models import Kind, Phone
from tests import factories
from tests.markup import compact
from tests.support.acting import signed_in as signed_in_as
from users import sip
from users.models import SipAccount
from users.time_zones import ZONES

from .confirming import HTMX, text


@pytest.fixture
def uma(acme):
    return factories.person(acme, "Uma", "Ulm", ext="11", caller_id="+14155550111")


@pytest.fixture
def desk(acme, uma) -> Phone:
    return factories.phone(acme, uma, label="Front desk", mac="805ec0aa0001")


def page(phone: Phone) -> str:
    return f"/phones/{phone.pk}/"


def shown_file(response) -> str:
    found = re.search(r"<pre[^>]*>(.*?)</pre>", response.content.decode(), re.S)
    assert found
    return found[1]


def actions(response) -> list[str]:
    return [entry for _group, entries in groups(response) for entry in entries]


def groups(response) -> list[tuple[str, list[str]]]:
    """Return what a menu or page offers, under the names of its groups."""
    html = response.content.decode()
    named = dict(re.findall(r'<p id="(actions-\d+)">(.*?)</p>', html))
    return [
        (
            named.get(name, ""),
            [" ".join(re.sub("<[^>]+>", " ", a).split()) for a in re.findall("<a.*?/a>", ul, re.S)],
        )
        for name, ul in re.findall(
            r'<ul class="actions-of-phone"(?: aria-labelledby="(.*?)")?>(.*?)</ul>', html, re.S
        )
    ]


def test_page_says_what_a_phone_is_and_whose(signed_in, desk):
    factories.address(desk)
    said = text(signed_in.get(page(desk)))
    for fact in (
        "Front desk Yealink SIP-T54W, 80:5E:C0:AA:00:01",
        "Kind User phone",
        "Assigned to Uma Ulm",
        "Extension 11",
        "Caller number +14155550111",
        "E911 address 100 Gold Street, New York, NY 10038",
        f"Time zone {ZONES[settings.PHONE_TIME_ZONE]}",
        "911 does not leave this system.",
        "It has never fetched its configuration.",
        "Not known: the SIP registrar can’t be reached right now.",
    ):
        assert fact in said


def test_page_of_a_free_phone_says_that_it_is_on_standby(signed_in, acme):  # R50
    said = text(signed_in.get(page(factories.phone(acme))))
    assert "Assigned to Unassigned" in said and "Extension" not in said
    assert "Until you assign it, this phone is on standby" in said


def test_page_of_a_common_area_phone_shows_the_line_of_its_own(signed_in, acme):  # R58
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby", ext="300")
    said = text(signed_in.get(page(lobby)))
    assert "Kind Common-area phone" in said and "Extension 300" in said
    assert "Assigned to" not in said.split("Registration")[0] and "standby" not in said


def test_page_shows_the_file_that_the_phone_will_get_with_its_secrets_masked(signed_in, desk, uma):
    response = signed_in.get(page(desk))
    facts = line.load_facts([desk.pk])[desk.pk]
    file = shown_file(response).replace("&amp;", "&").replace("&#x27;", "'")
    assert file == preview.preview_file(facts, has_usernames=True)
    account = SipAccount.objects.get(user=uma)
    assert account.username in file
    content = response.content.decode()
    assert account.ha1 not in content and sip.password_of(account) not in content
    admin = line.build_desk(facts, fetching.build_url("0" * 32)).admin_password
    assert admin not in content


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("Yealink SIP-T54W", "fetches this file when it starts and once an hour."),
        ("Fanvil V64", "fetches this file only when it starts: restart it after a change."),
    ],
)
def test_page_says_when_the_phone_fetches(signed_in, acme, model, said):
    assert said in text(signed_in.get(page(factories.phone(acme, model=model))))


def test_page_says_that_a_phone_needs_a_restart(signed_in, desk, uma):
    assert "Needs restart" not in text(signed_in.get(page(desk)))
    fetching.serve_file(
        secret=fetching.create_code(desk),
        file=f"{desk.mac}.cfg",
        sender="192.0.2.1",
        agent="",
        record=True,
    )
    sip.issue_credentials([uma])
    said = text(signed_in.get(page(desk)))
    assert "Needs restart" in said and "from 192.0.2.1." in said


def test_page_and_menu_offer_the_same_and_the_menu_leads_to_the_page(signed_in, desk):
    menu = signed_in.get(page(desk), headers=HTMX)
    assert actions(menu) == ["This phone’s page", *actions(signed_in.get(page(desk)))]
    assert f'<a href="{page(desk)}">' in compact(menu.content.decode())
    assert "<html" not in menu.content.decode() and "<pre" not in menu.content.decode()


def test_what_can_be_done_is_grouped_and_what_is_dangerous_comes_last(signed_in, desk):  # R41
    response = signed_in.get(page(desk))
    assert groups(response) == [
        ("Who has it, and where", ["Assign", "E911 address", "Make common-area phone"]),
        (
            "The phone itself",
            [
                "Restart",
                "Connect this phone",
                "Phone’s own password",
                "Correct model or MAC",
                "Time zone",
                "Replace phone",
            ],
        ),
        ("Records", ["E911 addresses on record", "Activity"]),
        ("Out of use", ["Remove phone"]),
    ]
    danger = re.findall(r'<a href="([^"]+)" class="danger"', compact(response.content.decode()))
    assert danger == [f"/phones/{desk.pk}/remove/"]


def test_phone_of_another_account_is_not_found(signed_in, other):
    assert signed_in.get(page(factories.phone(other))).status_code == 404


def test_page_takes_as_many_queries_for_any_phone(signed_in, acme, desk, django_assert_num_queries):
    """Middleware's included: session, user, savepoints, navigation."""
    phones = [desk, factories.phone(acme), factories.phone(acme, kind=Kind.COMMON, label="Lobby")]
    for phone in phones:
        with django_assert_num_queries(QUERIES):
            signed_in.get(page(phone))


QUERIES = 10


# --- the difference in a confirmation ---


def difference(response) -> dict[str, list[tuple[str, str]]]:
    """Return each phone's lines, before and after, by the summary that they are folded under."""
    found = {}
    for folded in re.findall(
        r'<details class="difference">(.*?)</details>', compact(response.content.decode()), re.S
    ):
        summary = " ".join(re.sub("<[^>]+>", " ", folded.split("</summary>")[0]).split())
        found[summary] = [
            tuple(
                " ".join(re.sub(r"<span.*?</span>|<[^>]+>", "", "".join(part)).split())
                for part in (re.findall("<del>.*?</del>", row), re.findall("<ins>.*?</ins>", row))
            )
            for row in re.findall("<li>(.*?)</li>", folded, re.S)
        ]
    return found


def test_confirmation_folds_the_lines_that_change_for_each_phone(signed_in, acme, desk, uma):
    spare = factories.phone(acme, label="Spare")
    before = {phone: line.load_facts([phone.pk])[phone.pk].username for phone in (desk, spare)}
    response = signed_in.get(f"/phones/{spare.pk}/assigned/", {"to": uma.pk})
    found = difference(response)
    assert list(found) == [
        "What changes in the configuration of Spare",
        "What changes in the configuration of Front desk",
    ]
    given, taken = found.values()
    assert ("account.1.user_name = " + before[spare], "account.1.user_name = (new)") in given
    assert ("account.1.display_name = %NULL%", "account.1.display_name = Uma Ulm") in given
    assert ("account.1.password = ********", "account.1.password = (new)") in given
    assert ("account.1.display_name = Uma Ulm", "account.1.display_name = %NULL%") in taken
    assert ("account.1.user_name = " + before[desk], "account.1.user_name = (new)") in taken
    assert "“(new)” stands for a SIP username or password" in text(response)


def test_difference_shown_to_support_hides_usernames(committed, desk, uma, acme):
    wyn = factories.person(acme, "Wyn")
    client = signed_in_as(factories.support_agent())
    response = client.get(f"/admin/phones/phone/{desk.pk}/assign/", {"to": wyn.pk})
    (lines,) = difference(response).values()
    assert ("account.1.user_name = ********", "account.1.user_name = (new)") in lines
    assert SipAccount.objects.get(user=uma).username not in response.content.decode()


def test_support_sees_what_a_phone_will_get_without_its_username(committed, desk, uma):
    response = signed_in_as(factories.support_agent()).get(f"/admin/phones/phone/{desk.pk}/change/")
    file = shown_file(response)
    assert "account.1.display_name = Uma Ulm" in file
    assert "account.1.user_name = ********" in file
    assert SipAccount.objects.get(user=uma).username not in response.content.decode()

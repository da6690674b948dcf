"""The pages of SIP credentials: looking, the record of it, and changing them on request (R22)."""

from __future__ import annotations

import html
import re
import threading

import pytest
from django.db import connection, transaction
from django.test import Client

from phones.assignment import carry_out, plan
from phones.assignment_plan import Move
from phones.models import Phone
from tests import factories
from tests.answers import visible_text
from tests.markup import compact
from users import people, sip
from users.models import CredentialsRecord, Plan, SipAccount, User
from users.sip import What
from users.tenancy import scope

HTMX = {"HX-Request": "true"}
each_world = pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "page"])


@pytest.fixture
def signed_in(client, alice) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def uma(acme, alice) -> User:
    return factories.person(acme, "Uma", "Ulm", ext="11")


@pytest.fixture
def phone(acme, uma) -> Phone:
    return factories.phone(acme, uma, label="Front desk", mac="805ec0000001")


def here(user: User, what: str = "") -> str:
    return f"/users/{user.pk}/credentials/{what}"


def values(response) -> dict[str, str]:
    """Return the values that the dialog shows, by label."""
    content = compact(response.content.decode())
    found = re.findall(
        r'<label for="(sip-[a-z]+)">([^<]+)</label>.*?<input id="\1" value="([^"]*)" readonly',
        content,
    )
    return {label: html.unescape(value) for _, label, value in found}


def now(user: User) -> SipAccount:
    return SipAccount.objects.get(user=user)


def recorded(user: User) -> list[tuple[str, str]]:
    return list(
        CredentialsRecord.objects.filter(user=user).order_by("id").values_list("by_name", "what")
    )


def works(user: User, username: str) -> bool:
    """Return whether the registrar would find this username."""
    return SipAccount.objects.filter(user=user, username=username).exists()


# --- looking ---


@each_world
def test_dialog_shows_all_that_a_softphone_asks_for_but_the_password(
    signed_in, uma, settings, headers
):
    settings.SIP_HOST, settings.SIP_PORT, settings.SIP_TRANSPORT = "sip.example.com", 5061, "tls"
    response = signed_in.get(here(uma), headers=headers)
    credentials = now(uma)
    assert values(response) == {
        "Domain": settings.SIP_DOMAIN,
        "Username": credentials.username,
        "Authentication name": credentials.username,
        "Registrar or outbound proxy": "sip.example.com:5061",
        "Transport": "TLS",
    }
    assert sip.password_of(credentials) not in response.content.decode()
    assert credentials.ha1 not in response.content.decode()
    assert response["Cache-Control"] == "no-store, private"


@each_world
def test_password_is_shown_when_asked_for(signed_in, uma, headers):
    response = signed_in.post(here(uma), headers=headers)
    assert values(response)["Password"] == sip.password_of(now(uma))
    assert "ha1" not in response.content.decode()
    assert response["Cache-Control"] == "no-store, private"


def test_username_is_u_and_16_hexadecimal_digits(uma):
    assert re.fullmatch("u[0-9a-f]{16}", now(uma).username)


def test_every_look_is_on_record_with_who_and_what_and_the_dialog_shows_the_last_ones(
    signed_in, alice, uma
):
    signed_in.get(here(uma))
    signed_in.post(here(uma))
    assert recorded(uma) == [("Alice Archer", "looked"), ("Alice Archer", "password")]
    entry = CredentialsRecord.objects.latest("id")
    assert (entry.by, entry.user_name, entry.username, entry.account) == (
        alice,
        "Uma Ulm",
        now(uma).username,
        uma.account,
    )
    for _ in range(5):
        last = signed_in.get(here(uma))
    shown = re.findall(r"<li><bdi>(.*?)</bdi>(.*?)<span", compact(last.content.decode()))
    assert shown == [("Alice Archer", "looked")] * 5
    assert len(recorded(uma)) == 7


def test_record_of_another_person_does_not_show(signed_in, acme, uma):
    signed_in.post(here(factories.person(acme)))
    assert "saw the password" not in visible_text(signed_in.get(here(uma)))


def test_record_stays_when_the_person_and_who_looked_are_gone(signed_in, client, acme, alice, uma):
    owen = factories.person(acme, "Owen", "Older", is_administrator=True)
    client.force_login(owen)
    client.get(here(uma))
    for gone in (uma, owen):
        people.delete(User.objects.get(pk=gone.pk))
    kept = CredentialsRecord.objects.get()
    assert (kept.user, kept.user_name, kept.by, kept.by_name) == (
        None,
        "Uma Ulm",
        None,
        "Owen Older",
    )


def test_dialog_warns_that_a_softphone_takes_the_line_away_from_the_phone(signed_in, uma, phone):
    assert "takes the line from the desk phone, Front desk" in visible_text(
        signed_in.get(here(uma))
    )


def test_dialog_of_a_deactivated_person_says_that_nothing_can_sign_in(signed_in, uma):
    people.set_active(uma, False)
    assert "Nothing can sign in with these" in visible_text(signed_in.get(here(uma)))


@each_world
def test_basic_person_has_none_and_the_page_says_why_and_leads_to_the_plan(
    signed_in, acme, headers
):
    ben = factories.person(acme, "Ben", "Basic", plan=Plan.BASIC)
    for answer in (
        signed_in.get(here(ben), headers=headers),
        signed_in.post(here(ben), headers=headers),
    ):
        assert answer.status_code == 200
        assert "The Basic plan has no line, so it has no SIP credentials." in visible_text(answer)
        assert f'href="/users/{ben.pk}/plan/"' in answer.content.decode()
        assert values(answer) == {}
    assert recorded(ben) == []


def test_menu_leads_to_the_credentials(signed_in, uma):
    assert f'href="{here(uma)}" data-dialog' in compact(signed_in.get("/users/").content.decode())


@each_world
def test_password_whose_key_is_gone_is_told_and_not_on_record_as_seen(
    signed_in, uma, settings, headers
):
    settings.SIP_KEYS = ["another key of 20 or more"]
    assert signed_in.get(here(uma), headers=headers).status_code == 200
    response = signed_in.post(here(uma), headers=headers)
    assert response.status_code == 409
    assert "The password can’t be shown: the key that it was made with is missing" in visible_text(
        response
    )
    assert "Password" not in values(response)
    assert [what for _, what in recorded(uma)] == ["looked", "looked"]
    signed_in.post(here(uma, "change/"), {"seen": now(uma).username})
    assert values(signed_in.post(here(uma)))["Password"] == sip.password_of(now(uma))


# --- changing ---


def test_question_says_what_stops_and_names_the_phone(signed_in, uma, phone):
    before = now(uma).username
    said = visible_text(signed_in.get(here(uma, "change/")))
    assert "Change the SIP credentials of Uma Ulm?" in said
    assert "The old ones stop working right away." in said
    assert (
        "When you confirm, the desk phone Front desk (80:5E:C0:00:00:01) stops making and receiving"
        " calls, 911 included, until it restarts." in said
    )
    assert "set up by hand can’t call until you give it the new credentials" in said
    assert works(uma, before) and recorded(uma) == []


def test_question_names_no_phone_where_there_is_none(signed_in, uma):
    said = visible_text(signed_in.get(here(uma, "change/")))
    assert "desk phone" not in said and "911" not in said


@each_world
def test_change_gives_other_credentials_and_the_dialog_shows_them(signed_in, uma, phone, headers):
    before = now(uma)
    response = signed_in.post(here(uma, "change/"), {"seen": before.username}, headers=headers)
    after = now(uma)
    assert response.status_code == 200
    assert after.username != before.username and after.ha1 != before.ha1
    assert after.ha1 == sip.compute_ha1(after.username, sip.password_of(after))
    assert values(response)["Username"] == after.username and "Password" not in values(response)
    said = visible_text(response)
    assert "Uma Ulm has new SIP credentials. The old ones no longer work." in said
    assert (
        "Restart Front desk, so that it gets the new credentials."
        " Until then, it can’t call, 911 included." in said
    )
    assert f'href="/phones/restart/?phones={phone.pk}"' in response.content.decode()
    assert recorded(uma) == [("Alice Archer", "changed"), ("Alice Archer", "looked")]
    first, second = CredentialsRecord.objects.order_by("id")
    assert (first.username, second.username) == (before.username, after.username)
    assert Phone.objects.get(pk=phone.pk).assigned_to == uma


@each_world
def test_request_sent_again_changes_nothing_more_and_is_a_success(signed_in, uma, headers):
    """A double click, or a resend after a lost connection, even after an assignment (R17)."""
    seen = {"seen": now(uma).username}
    signed_in.post(here(uma, "change/"), seen, headers=headers)
    once = now(uma).username
    again = signed_in.post(here(uma, "change/"), seen, headers=headers)
    assert (again.status_code, values(again)["Username"]) == (200, once)
    assert now(uma).username == once
    sip.issue_credentials([uma])
    signed_in.post(here(uma, "change/"), seen, headers=headers)
    assert recorded(uma).count(("Alice Archer", "changed")) == 1


def by_assignment(uma: User, acme) -> None:
    moves = [Move(factories.phone(acme, label="Spare").pk, uma.pk)]
    carry_out(account_id=acme.pk, moves=moves, seen=plan(account_id=acme.pk, moves=moves).seen)


def by_another_administrator(uma: User, acme) -> None:
    owen = factories.person(acme, "Owen", is_administrator=True)
    sip.change_on_request(uma, by=owen, seen=now(uma).username)


@each_world
@pytest.mark.parametrize("meanwhile", [by_assignment, by_another_administrator])
def test_credentials_that_have_changed_meanwhile_are_left_and_the_new_situation_is_shown(
    signed_in, uma, acme, headers, meanwhile
):
    seen = now(uma).username
    meanwhile(uma, acme)
    other = now(uma).username
    response = signed_in.post(here(uma, "change/"), {"seen": seen}, headers=headers)
    assert response.status_code == 409
    assert "Something changed while you were deciding, so nothing was done." in visible_text(
        response
    )
    assert "The credentials were changed on " in visible_text(response)
    assert ("Spare" in visible_text(response)) is (meanwhile is by_assignment)
    assert now(uma).username == other
    shown = re.search(r'name="seen" value="([^"]*)"', response.content.decode()).group(1)
    assert signed_in.post(here(uma, "change/"), {"seen": shown}, headers=headers).status_code == 200
    assert now(uma).username != other


@pytest.mark.parametrize("seen", [None, "", "u0123456789abcdef", "\0", "x" * 1000])
def test_change_without_what_was_seen_is_refused(signed_in, uma, seen):
    before = now(uma).username
    assert (
        signed_in.post(here(uma, "change/"), {} if seen is None else {"seen": seen}).status_code
        == 409
    )
    assert now(uma).username == before


def test_change_for_a_person_who_went_to_basic_meanwhile_gives_nothing(signed_in, uma):
    seen = now(uma).username
    people.change_plan(uma, Plan.BASIC)
    response = signed_in.post(here(uma, "change/"), {"seen": seen})
    assert response.status_code == 409
    assert "Uma Ulm has no SIP credentials" in visible_text(response)
    assert not SipAccount.objects.filter(user=uma).exists()


def test_person_who_ought_to_have_credentials_and_has_none_can_get_some(signed_in, uma):
    SipAccount.objects.filter(user=uma).delete()
    assert "There are none yet." in visible_text(signed_in.get(here(uma)))
    assert signed_in.post(here(uma)).status_code == 200
    signed_in.post(here(uma, "change/"), {"seen": ""})
    assert values(signed_in.post(here(uma)))["Password"] == sip.password_of(now(uma))


def test_requests_at_the_same_moment_change_once(committed):
    acme = factories.account("Acme")
    alice, owen = (
        factories.person(acme, name, is_administrator=True) for name in ("Alice", "Owen")
    )
    uma = factories.person(acme, "Uma")
    with transaction.atomic(), scope.entered(scope="support"):
        seen = now(uma).username
    together, endings = threading.Barrier(8), []

    def ask(by: User) -> None:
        together.wait(10)
        try:
            with transaction.atomic(), scope.entered(account_id=acme.pk):
                sip.change_on_request(uma, by=by, seen=seen)
                endings.append("done")
        except sip.CredentialsChanged:
            endings.append("changed")
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(by,)) for by in (alice, owen) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (
        sorted(endings) == ["changed"] * 4 + ["done"] * 4
    )  # the person who asked is told so each time
    with transaction.atomic(), scope.entered(scope="support"):
        assert CredentialsRecord.objects.filter(what=What.CHANGED).count() == 1

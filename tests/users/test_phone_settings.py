"""What all phones of an account are set to: asked, changed, and said (R47)."""

from __future__ import annotations

import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from phones import tasks
from phones.models import Kind, Provisioning
from phones.provisioning.dialing import list_emergency_numbers
from tests import factories
from tests.answers import visible_text
from tests.confirming import confirm_act
from users import people
from users.models import Account
from users.phone_settings import find_doubts, set_phone_settings
from users.tenancy import scope

FORM = {
    "time_zone": "America/Denver",
    "country": "CA",
    "phone_language": "fr",
    "ext_length": "3",
    "outside_prefix": "",
}


def save(client, **changes: str):
    """Fill in the page as it is now, and save it."""
    return client.post("/company/phones/", FORM | {"seen": read_seen(client)} | changes)


def read_seen(client) -> str:
    page = client.get("/company/").content.decode()
    return re.search(r'name="seen" value="([0-9a-f]{32})"', page)[1]


def jobs() -> list[tuple[str, dict]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(name, json.loads(args)) for name, args in cursor.fetchall()]


def fetched(phone) -> None:
    """Let a phone have what it should have now."""
    kept = Provisioning.objects.get(phone=phone)
    Provisioning.objects.filter(phone=phone).update(delivered=kept.wanted)


def needs_restart() -> int:
    kept = Provisioning.objects.exclude(delivered="").values_list("delivered", "wanted")
    return sum(delivered != wanted for delivered, wanted in kept)


# --- the page -------------------------------------------------------------------------------------


def test_settings_are_saved_and_the_page_says_when_phones_get_them(signed_in, acme):
    for _ in range(2):
        fetched(factories.phone(acme, factories.person(acme)))
    factories.phone(acme)  # has never fetched anything
    response = save(signed_in)
    assert (response.status_code, response.url) == (302, "/company/")
    acme.refresh_from_db()
    assert (acme.time_zone, acme.country, acme.phone_language) == ("America/Denver", "CA", "fr")
    said = visible_text(signed_in.get("/company/"))
    assert "Saved the phone settings. 2 phones get this when they restart" in said
    assert jobs() == [("phones.renew_wanted", {"account_id": acme.pk})]


def test_saving_what_is_set_already_changes_no_phone(signed_in, acme):
    Account.objects.filter(pk=acme.pk).update(
        time_zone="America/Denver", country="CA", phone_language="fr"
    )
    assert save(signed_in).status_code == 302
    assert "No phone has to change." in visible_text(signed_in.get("/company/"))
    assert jobs() == []


def test_account_without_a_time_zone_keeps_the_operators(signed_in, acme):
    page = signed_in.get("/company/").content.decode()
    assert "Phone company’s default: Eastern (New York)" in page
    save(signed_in, time_zone="")
    assert Account.objects.get(pk=acme.pk).time_zone is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Europe/Paris"},
        {"time_zone": "x"},
        {"country": "MX"},
        {"phone_language": "de"},
        {"ext_length": "1"},
        {"ext_length": "11"},
        {"ext_length": ""},
        {"outside_prefix": "x"},
        {"outside_prefix": "99"},
    ],
)
def test_what_phones_cannot_be_set_to_is_refused(signed_in, acme, wrong):
    response = save(signed_in, **wrong)
    assert response.status_code == 422
    assert list(response.context["phones"].errors) == list(wrong)
    assert Account.objects.get(pk=acme.pk).country == "US"


def test_rules_for_signing_in_are_saved_by_themselves(signed_in, acme):
    assert signed_in.post("/company/", {"second_factor_required": ""}).status_code == 302
    assert jobs() == []


def test_form_that_is_older_than_the_settings_changes_nothing_and_shows_them(
    signed_in, acme
):  # R42
    seen = read_seen(signed_in)
    Account.objects.filter(pk=acme.pk).update(outside_prefix="8", phone_language="es")
    response = save(signed_in, seen=seen)
    assert response.status_code == 409
    assert "Something changed while you were deciding" in visible_text(response)
    assert response.context["phones"]["phone_language"].value() == "es"
    acme.refresh_from_db()
    assert (acme.time_zone, acme.country, acme.outside_prefix) == (None, "US", "8")
    assert save(signed_in, outside_prefix="8").status_code == 302


def test_form_sent_twice_is_saved_once(signed_in, acme):  # R42
    seen = read_seen(signed_in)
    for _ in range(2):
        assert save(signed_in, seen=seen).status_code == 302
    assert len(jobs()) == 1


def test_form_without_what_was_seen_is_refused(signed_in, acme):  # R42
    assert save(signed_in, seen="").status_code == 400
    assert Account.objects.get(pk=acme.pk).country == "US"


def test_time_zone_that_we_do_not_offer_stays_when_something_else_is_saved(signed_in, acme):
    """It may be from an import or an earlier release."""
    Account.objects.filter(pk=acme.pk).update(time_zone="Europe/Paris")
    zone = signed_in.get("/company/").context["phones"]["time_zone"]
    assert ("Europe/Paris", "Europe/Paris") in zone.field.choices
    assert save(signed_in, time_zone="Europe/Paris").status_code == 302
    acme.refresh_from_db()
    assert (acme.time_zone, acme.country) == ("Europe/Paris", "CA")


# --- how to dial ----------------------------------------------------------------------------------


@pytest.fixture
def extensions(acme):
    for ext in ("900", "901", "42", "1234", "201"):
        factories.person(acme, ext=ext)


def test_prefix_that_extensions_begin_with_is_allowed_after_being_said(signed_in, acme, extensions):
    response = save(signed_in, outside_prefix="9")
    assert response.status_code == 422
    said = visible_text(response)
    assert "2 extensions start with 9. Phones take them for outside numbers" in said
    assert "1 extension has fewer than 3 digits" in said
    assert "1 extension has more than 3 digits" in said
    assert 'type="checkbox" name="anyway"' in response.content.decode()
    assert Account.objects.get(pk=acme.pk).outside_prefix == ""
    assert save(signed_in, outside_prefix="9", anyway="on").status_code == 302
    assert Account.objects.get(pk=acme.pk).outside_prefix == "9"
    # It was said; other settings are saved without asking again.
    assert save(signed_in, outside_prefix="9", country="US").status_code == 302


def test_way_to_dial_that_suits_all_extensions_needs_no_word(acme, signed_in, extensions):
    assert find_doubts(acme, ext_length=4, outside_prefix="") == []
    assert len(find_doubts(acme, ext_length=3, outside_prefix="8")) == 2
    page = signed_in.get("/company/").content.decode()
    assert 'type="hidden" name="anyway"' in page


def test_extensions_of_common_area_phones_count_as_well(acme):
    factories.phone(acme, kind=Kind.COMMON, label="Lobby", ext="900")
    (said,) = find_doubts(acme, ext_length=3, outside_prefix="9")[1:]
    assert said.startswith("1 extension starts with 9.")


@pytest.mark.parametrize(
    ("prefix", "number", "said"),
    [("9", "93305550100", "330 to 339"), ("1", "112125550100", "starts with 2"), ("8", "", "")],
)
def test_outside_numbers_that_begin_like_an_emergency_number_are_said(acme, prefix, number, said):
    """A phone sends an emergency number at once, and can't know that more digits were to come."""
    cut_off = [one for one in list_emergency_numbers(prefix) if number.startswith(one)]
    assert bool(cut_off) == bool(said)
    doubts = find_doubts(acme, ext_length=3, outside_prefix=prefix)
    assert [said in doubt for doubt in doubts] == [True] * bool(said)
    acme.outside_prefix = prefix
    assert find_doubts(acme, ext_length=4, outside_prefix=prefix) == [], "it was said"


# --- the worker -----------------------------------------------------------------------------------


def test_worker_marks_every_phone_of_the_account_and_no_other(acme, other, monkeypatch):
    for account in (acme, other):
        for _ in range(3):
            phone = factories.phone(account, factories.person(account))
            with scope.entered(account_id=account.pk):
                fetched(phone)
    assert set_phone_settings(acme, time_zone="America/Denver") == 3
    assert needs_restart() == 0
    monkeypatch.setattr(tasks, "BATCH", 2)
    for _ in range(2):  # the same, however often
        tasks.renew_wanted(acme.pk)
        assert needs_restart() == 3
    with scope.entered(account_id=other.pk):
        assert needs_restart() == 0


def test_adding_a_person_marks_no_phone(acme):
    """Dial plans follow from the account's settings, never from the extensions in use."""
    fetched(factories.phone(acme, factories.person(acme)))
    people.add(account_id=acme.pk, plan="pro", first_name="Ann", ext="90123")
    tasks.renew_wanted(acme.pk)
    assert (needs_restart(), jobs()) == (0, [])


# --- a new account --------------------------------------------------------------------------------

NEW = {"name": "New Co", "email": "boss@new.example", "reason": "A customer"}


@pytest.fixture
def agent(client, db):
    with scope.entered(scope="support"):
        client.force_login(factories.support_agent())
    return client


def zone_of(name: str) -> str | None:
    with scope.entered(scope="support"):
        return Account.objects.get(name=name).time_zone


@pytest.mark.parametrize(
    ("browser", "guessed"),
    [("America/Chicago", "America/Chicago"), ("Europe/Paris", ""), ("", "")],
)
def test_time_zone_of_a_new_account_is_guessed_from_the_browser(agent, browser, guessed):
    if browser:
        agent.cookies["timezone"] = browser
    form = agent.get("/admin/users/account/add/").context["form"]
    assert form["time_zone"].value() == guessed


def test_time_zone_is_chosen_when_an_account_is_created(agent):
    confirm_act(agent, "/admin/users/account/add/", **NEW, time_zone="America/Boise")
    assert zone_of("New Co") == "America/Boise"


def test_command_that_invites_an_administrator_takes_the_time_zone(db):
    call_command("invite", "boss@new.example", account="New Co", time_zone="Pacific/Honolulu")
    assert zone_of("New Co") == "Pacific/Honolulu"
    with pytest.raises(CommandError, match="--time-zone goes with --account"):
        call_command("invite", "sam@new.example", support=True, time_zone="Pacific/Honolulu")
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("invite", "x@new.example", "--account=New", "--time-zone=Europe/Paris")

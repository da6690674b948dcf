"""The address dialog, used and read the way a person does (R7, R8, R27 to R31)."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from playwright.sync_api import expect

from e911.models import EmergencyAddress
from tests import factories
from users.tenancy import scope

from .address_dialog import EMPIRE_STATE, address_cell, ask_for_news, fill_and_check, open_dialog


def test_adding_an_address_shows_what_was_understood_and_stores_it(page, cast):  # R7, R8, R27
    badges = page.locator(".badge")
    expect(badges).to_have_text([re.compile("^1")] * 3)
    dialog = open_dialog(page, "Add address: Warehouse")
    fill_and_check(dialog, **EMPIRE_STATE)
    expect(dialog.get_by_role("heading")).to_have_text("Is this the right address for Warehouse?")
    expect(dialog).to_contain_text("350 5th Ave, Floor 34, New York, NY 10118")
    expect(dialog).to_contain_text("not whether the dispatcher’s maps have it")
    expect(dialog).not_to_contain_text("verified")  # R30
    expect(badges).to_have_count(3)
    dialog.get_by_role("button", name="Save address").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("status").first).to_contain_text(
        "The E911 address of Warehouse is 350 5th Ave, Floor 34"
    )
    expect(address_cell(page, "Warehouse")).to_contain_text("350 5th Ave, Floor 34")
    expect(badges).to_have_count(0)  # all three places change with one answer
    expect(page.get_by_role("link", name="Update E911 address: Warehouse")).to_be_focused()


def test_updating_starts_from_the_current_address_and_keeps_the_old_on_record(
    page, cast
):  # R27, R31
    dialog = open_dialog(page, "Update E911 address: Front desk")
    expect(dialog.get_by_label("House number and street")).to_have_value("100 Gold Street")
    fill_and_check(dialog, **EMPIRE_STATE)
    dialog.get_by_role("button", name="Save address").click()
    expect(address_cell(page, "Front desk")).to_contain_text("350 5th Ave")
    page.get_by_role("link", name="Actions: Front desk").click()
    dialog = open_dialog(page, "E911 addresses on record")
    versions = dialog.get_by_role("listitem")
    expect(versions).to_have_count(2)
    expect(versions.nth(0)).to_contain_text(re.compile("350 5th Ave.*In force.*Alice Archer", re.S))
    expect(versions.nth(1)).to_contain_text(re.compile("100 Gold Street.*Withdrawn", re.S))


def test_refused_address_says_all_that_is_wrong_and_the_old_one_stays(page, cast):  # R28
    dialog = open_dialog(page, "Update E911 address: Front desk")
    fill_and_check(dialog, street="PO Box 12", city="New York", state="NY", postal_code="94103")
    summary = dialog.get_by_role("alert")
    expect(summary).to_contain_text(
        "This address can’t be saved. The E911 address is still 100 Gold Street"
    )
    expect(summary).to_contain_text("“PO Box 12” is a mailbox")
    expect(summary).to_contain_text("94103 is in California")
    expect(summary).not_to_contain_text("Try again")  # a retry could not help
    street = dialog.get_by_label("House number and street")
    expect(street).to_have_value("PO Box 12")  # the input is kept
    expect(summary).to_be_focused()  # it leads to each field, and the first is in view beside it
    expect(street).to_be_in_viewport(ratio=1)
    expect(street).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")
    expect(address_cell(page, "Front desk")).to_contain_text("100 Gold Street")


@pytest.mark.parametrize(
    ("button", "stored"),
    [("Use suggested address", "Santa Monica, CA 90401"), ("Keep mine", "Los Angeles, CA 90401")],
)
def test_suggestion_is_stored_only_when_it_is_picked(page, cast, button, stored):  # R29
    dialog = open_dialog(page, "Add address: Warehouse")
    fill_and_check(
        dialog, street="200 Santa Monica Blvd", city="Los Angeles", state="CA", postal_code="90401"
    )
    expect(dialog.locator("mark")).to_have_text(["Santa Monica,"])
    dialog.get_by_role("button", name=button).click()
    expect(address_cell(page, "Warehouse")).to_contain_text(f"200 Santa Monica Blvd, {stored}")


def test_pasted_address_fills_the_fields(page, cast):  # R27
    dialog = open_dialog(page, "Add address: Warehouse")
    dialog.get_by_text("Paste a whole address").click()
    dialog.get_by_label("Whole address").fill(
        "475, boul. De Maisonneuve Est, bureau 200\nMontréal (Québec)  H2L5C4"
    )
    dialog.get_by_role("button", name="Fill in the fields").click()
    expect(dialog.get_by_label("City")).to_have_value("Montréal")
    expect(dialog.get_by_label("Country")).to_have_value("CA")
    expect(dialog.get_by_label("State or province")).to_have_value("QC")
    expect(dialog.get_by_label("Unit number")).to_have_value("200")
    expect(dialog.get_by_label("ZIP or postal code")).to_have_value("H2L 5C4")
    dialog.get_by_role("button", name="Check address").click()
    dialog.get_by_role("button", name="Save address").click()
    expect(address_cell(page, "Warehouse")).to_contain_text("Montréal, QC H2L 5C4")


def test_list_of_states_follows_the_country(page, cast):  # R27
    dialog = open_dialog(page, "Add address: Warehouse")
    states = dialog.get_by_label("State or province")
    expect(states.get_by_role("option", name="Ontario")).to_be_hidden()
    states.select_option("NY")
    dialog.get_by_label("Country").select_option("Canada")
    expect(states).to_have_value("")
    states.select_option("ON")
    expect(states.locator("option", has_text="New York")).to_be_disabled()


def test_free_phone_shows_a_dash_and_keeps_its_address_when_unassigned(page, cast):  # R7
    expect(
        address_cell(page, "Spare").get_by_role("img", name="none, not needed while unassigned")
    ).to_be_visible()
    page.get_by_role("link", name="Assigned to: Front desk").click()
    page.get_by_role("listbox", name="Assigned to").get_by_role("option", name="Unassigned").click()
    page.get_by_role("button", name="Unassign phone").click()
    expect(address_cell(page, "Front desk")).to_contain_text("100 Gold Street")


def test_what_the_provider_does_comes_with_the_status_poll(page, cast):  # R7, R8
    expect(page.locator(".badge")).to_have_text([re.compile("^1")] * 3)
    waiting = factories.address(
        cast.phones["Warehouse"], status="pending", current=False, standardised="9 Elm St"
    )
    ask_for_news(page)
    expect(address_cell(page, "Warehouse")).to_contain_text("Pending: 9 Elm St")
    with transaction.atomic(), scope.entered(scope="support"):
        EmergencyAddress.objects.filter(pk=waiting.pk).update(
            status="refused", words="No such street"
        )
    ask_for_news(page)
    expect(address_cell(page, "Warehouse")).to_contain_text("Refused: 9 Elm St")
    expect(page.get_by_role("link", name="Add address: Warehouse")).to_be_visible()
    dialog = open_dialog(page, "Add address: Warehouse")
    expect(dialog).to_contain_text("No such street")
    dialog.get_by_role("button", name="Try again").click()  # the built-in provider never refuses
    expect(address_cell(page, "Warehouse")).to_contain_text("100 Gold Street")
    expect(page.locator(".badge")).to_have_count(0)


@pytest.mark.ci
def test_badge_leads_to_phones_of_both_kinds_and_each_address_takes_one_off(
    page, cast
):  # R8, R9, R58
    factories.phone(cast.account, kind="common", label="Kitchen", caller_id="+12125550143")
    page.get_by_role("navigation", name="Main").locator(".badge").click()
    ask_for_news(page)
    badges = page.locator(".badge")
    expect(badges).to_have_text([re.compile(f"^{number}") for number in (2, 1, 1, 2)])
    rows = page.locator("tbody tr")
    expect(rows).to_have_text([re.compile("Warehouse"), re.compile("Kitchen.*Common-area phone")])
    fill_and_check(open_dialog(page, "Add address: Kitchen"), **EMPIRE_STATE)
    page.get_by_role("dialog").get_by_role("button", name="Save address").click()
    expect(rows.nth(1)).to_contain_text("350 5th Ave, Floor 34")  # it stays until the next load
    expect(badges).to_have_text([re.compile("^1")] * 3)
    page.get_by_role("link", name="Common-area phones", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(2)

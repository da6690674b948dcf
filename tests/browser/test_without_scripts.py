"""The main jobs with scripts switched off: only links and buttons, and each answer is a page.

R5, R11 to R20, R24, R25, R27 to R29, R34.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from users.models import User
from users.tenancy import scope

from .address_dialog import EMPIRE_STATE, address_cell, fill_and_check
from .assignment_cases import CASES, LISTED, assign_as_another_administrator, read_holders
from .dropdown import row


@pytest.fixture
def page(windows, cast) -> Iterator[Page]:
    """User phones as alice sees it without scripts, in a laptop's window."""
    with windows.window(cast.alice, java_script_enabled=False, reduced_motion="reduce") as page:
        page.goto("/phones/")
        yield page


def link(page: Page, name: str | re.Pattern) -> None:
    page.get_by_role("main").get_by_role("link", name=name, exact=isinstance(name, str)).click()


def button(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()


def said(page: Page, *sentences: str) -> None:
    for sentence in sentences:
        expect(page.locator("#messages")).to_contain_text(sentence)


def choose(page: Page, phone: str, person: str) -> None:
    """Choose a person on the page to which the row's link leads."""
    page.goto("/phones/")
    link(page, re.compile(f"^Assigned to: {phone}"))
    heading(page, f"Assign {phone}")
    link(page, re.compile(person))


def test_five_confirmations_say_what_happens_and_do_it(page, cast):  # R14, R15, R18
    """Carry out each case, then undo it with the link in its message, which asks too."""
    for case, (choice, question, sentences, after, told) in CASES.items():
        before = read_holders(cast)
        choose(page, *choice)
        expect(page.get_by_role("heading", level=1)).to_contain_text(question.removesuffix("?"))
        for sentence in sentences:
            expect(page.get_by_role("main")).to_contain_text(sentence)
        assert read_holders(cast) == before
        button(page, "Unassign phone" if case == "a" else "Assign phone")
        said(page, *told)
        assert read_holders(cast) == after
        for label, name in after.items():
            shown = cast.people[name].name if name else "Unassigned"
            expect(row(page, label).locator("td.assigned")).to_have_text(shown)
        link(page, "Undo")
        assert read_holders(cast) == after
        page.get_by_role("main").locator("form.confirm button.primary").click()
        said(page, "by hand")
        assert read_holders(cast) == before


def test_people_are_searched(page, cast):  # R11
    link(page, re.compile("Assigned to: Spare"))
    box = page.get_by_role("searchbox", name="Search people")
    box.fill("wolf")
    box.press("Enter")
    expect(page.locator(".people a")).to_have_text(
        [re.compile("Unassigned"), re.compile("Wyn Wolf")]
    )
    link(page, re.compile("Wyn Wolf"))
    heading(page, CASES["b"][1])
    link(page, "Cancel")  # R16
    heading(page, "User phones")
    assert read_holders(cast)["Spare"] == ""


def test_list_names_everybody_and_why_some_cannot_be_chosen(page):  # R11, R12, R16, R19
    link(page, re.compile("Assigned to: Front desk"))
    people = page.locator(".people li")
    expect(people).to_have_text(LISTED)
    for refused in ("Bea Basic", "Max"):
        expect(people.filter(has_text=refused).get_by_role("link")).to_have_count(0)
    people.get_by_role("link", name="Uma Ulm").click()  # choosing the current user asks nothing
    expect(page.get_by_role("button", name="Assign phone")).to_have_count(0)


def test_confirmation_that_is_out_of_date_shows_the_new_situation(page, cast):  # R17
    choose(page, "Front desk", "Wyn")
    assign_as_another_administrator(cast.phones["Front desk"], cast.people["Vic"])
    button(page, "Assign phone")
    alert = page.get_by_role("main").get_by_role("alert")
    expect(alert.filter(has_text="Something changed while you were deciding")).to_be_visible()
    heading(page, "Give Front desk to Wyn Wolf?")
    assert read_holders(cast)["Front desk"] == "Vic"
    again = page.context.new_page()
    choose(again, "Front desk", "Wyn")
    button(page, "Assign phone")
    said(page, "is Wyn Wolf’s now")
    button(again, "Assign phone")  # a second confirmation succeeds and changes nothing
    heading(again, "User phones")
    assert read_holders(cast) == {"Front desk": "Wyn", "Warehouse": "", "Spare": ""}


def test_restart_that_cannot_be_asked_says_so_before_and_what_to_do(page):  # R34, R43
    choose(page, "Spare", "Wyn")
    button(page, "Assign phone")
    said(page, "Restart Spare by hand")
    expect(page.locator("#messages").get_by_role("button", name="Restart phone")).to_have_count(0)
    link(page, "Actions: Spare")
    link(page, "Restart")
    heading(page, "Restart")
    expect(page.get_by_role("alert").filter(has_text="can’t be reached right now")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    link(page, "Cancel")
    heading(page, "User phones")


def test_act_that_is_out_of_date_shows_the_new_situation_and_then_is_done(page, cast):  # R17, R41
    page.goto("/users/")
    person = page.get_by_role("row").filter(has_text="Wyn Wolf")
    person.locator("summary").click()
    person.get_by_role("link", name="Deactivate").click()
    heading(page, "Deactivate Wyn Wolf?")
    with transaction.atomic(), scope.entered(scope="support"):
        User.objects.filter(pk=cast.people["Wyn"].pk).update(last_name="Wolfe")
    button(page, "Deactivate user")
    alert = page.get_by_role("main").get_by_role("alert")
    expect(alert.filter(has_text="Something changed while you were deciding")).to_be_visible()
    heading(page, "Deactivate Wyn Wolfe?")
    button(page, "Deactivate user")
    said(page, "Deactivated Wyn Wolfe.")
    link(page, "Undo")
    button(page, "Activate user")
    said(page, "Activated Wyn Wolfe.")


def test_confirmation_is_not_asked_again_by_going_back(page, cast):  # R42
    page.goto(f"/users/{cast.people['Wyn'].pk}/make-administrator/")
    heading(page, "Make Wyn Wolf an administrator?")
    button(page, "Make administrator")
    said(page, "Wyn Wolf is an administrator now.")
    page.go_back()
    expect(page.get_by_text("This is already done.")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    link(page, "Close")
    heading(page, "Users")


def test_address_is_added_updated_and_pasted(page):  # R27
    main = page.get_by_role("main")
    link(page, "Add address: Warehouse")
    fill_and_check(main, **EMPIRE_STATE)
    heading(page, "Is this the right address for Warehouse?")
    button(page, "Edit")
    expect(main.get_by_label("House number and street")).to_have_value("350 5th Ave")
    button(page, "Check address")
    button(page, "Save address")
    said(page, "The E911 address of Warehouse is 350 5th Ave, Floor 34")
    expect(page.locator(".badge")).to_have_count(0)
    link(page, "Update E911 address: Warehouse")
    page.get_by_text("Paste a whole address").click()
    main.get_by_label("Whole address").fill(
        "475, boul. De Maisonneuve Est, bureau 200\nMontréal (Québec)  H2L5C4"
    )
    button(page, "Fill in the fields")
    expect(main.get_by_label("City")).to_have_value("Montréal")
    expect(main.get_by_label("State or province")).to_have_value("QC")
    button(page, "Check address")
    button(page, "Save address")
    expect(address_cell(page, "Warehouse")).to_contain_text("Montréal, QC H2L 5C4")


def test_address_that_is_refused_says_why_and_keeps_what_was_typed(page):  # R28
    main = page.get_by_role("main")
    link(page, "Update E911 address: Front desk")
    fill_and_check(main, street="PO Box 12", city="New York", state="NY", postal_code="94103")
    alert = main.locator("#address-errors")
    expect(alert).to_contain_text(
        "This address can’t be saved. The E911 address is still 100 Gold Street"
    )
    expect(alert).to_contain_text("94103 is in California")
    expect(main.get_by_label("House number and street")).to_have_value("PO Box 12")
    link(page, "Cancel")
    expect(address_cell(page, "Front desk")).to_contain_text("100 Gold Street")


@pytest.mark.parametrize(
    ("choice", "stored"),
    [("Use suggested address", "Santa Monica, CA 90401"), ("Keep mine", "Los Angeles, CA 90401")],
)
def test_suggestion_is_stored_only_when_it_is_picked(page, choice, stored):  # R29
    link(page, "Add address: Warehouse")
    fill_and_check(
        page.get_by_role("main"),
        street="200 Santa Monica Blvd",
        city="Los Angeles",
        state="CA",
        postal_code="90401",
    )
    expect(page.locator("mark")).to_have_text(["Santa Monica,"])
    button(page, choice)
    expect(address_cell(page, "Warehouse")).to_contain_text(f"200 Santa Monica Blvd, {stored}")


def test_label_is_edited_and_a_second_of_the_same_name_refused(page):  # R5
    link(page, "Label: Spare")
    field = page.get_by_role("textbox", name="Label")
    field.fill("warehouse")
    button(page, "Save label")
    expect(
        page.get_by_text("Another phone in your account already has this label.")
    ).to_be_visible()
    expect(field).to_have_value("warehouse")
    field.fill("Kitchen")
    button(page, "Save label")
    expect(page.get_by_role("link", name="Label: Kitchen")).to_be_visible()


def test_list_is_searched_sorted_and_filtered(page):  # R9
    page.get_by_role("searchbox", name="Search phones").fill("80-5e-c0-00-00-02")
    button(page, "Search")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("searchbox", name="Search phones").fill("")
    page.get_by_role("combobox", name="Show").select_option("Free")
    button(page, "Search")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("combobox", name="Show").select_option("All phones")
    button(page, "Search")
    link(page, "Label")
    expect(page.locator("td.label")).to_have_text(["Front desk", "Spare", "Warehouse"])


def test_user_is_added_and_gets_another_plan(page, cast):  # R23, R24, R25
    page.goto("/users/")
    link(page, "Add user")
    for label, value in (
        ("First name", "Zoe"),
        ("Last name", "Zorn"),
        ("Email", "zoe@acme.example"),
        ("Extension", "77"),
    ):
        page.get_by_label(label).fill(value)
    button(page, "Add user")
    person = page.get_by_role("row").filter(has_text="Zoe Zorn")
    expect(person).to_be_visible()
    person.locator("summary").click()
    person.get_by_role("link", name="Change plan").click()
    page.get_by_label("Basic").check()
    button(page, "Change plan")
    expect(person).to_contain_text("Basic")
    holder = page.get_by_role("row").filter(has_text="Uma Ulm")
    holder.locator("summary").click()
    holder.get_by_role("link", name="Change plan").click()
    expect(page.get_by_text("can’t go to Basic while they have a phone")).to_be_visible()
    link(page, "Unassign phone")
    button(page, "Unassign phone")
    said(page, "Front desk (80:5E:C0:00:00:01) is free now")
    assert read_holders(cast)["Front desk"] == ""

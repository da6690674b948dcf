"""Acts on people and phones as a person does them in dialogs (R25, R38, R41, R42)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from playwright.sync_api import Locator, Page, expect

from phones import lifecycle
from phones.models import Phone
from tests import factories
from users.models import User
from users.tenancy import scope

CLOSED = pytest.mark.parametrize("close", ["Escape", "Cancel"])


def row(page: Page, words: str) -> Locator:
    return page.locator("tbody tr").filter(has_text=words)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def ask_about(page: Page, person: str, act: str) -> Locator:
    """Choose an act from a person's menu on Users; return its question."""
    if not page.url.endswith("/users/"):
        page.goto("/users/")
    row(page, person).locator("summary").click()
    row(page, person).get_by_role("link", name=act, exact=True).click()
    heading = dialog(page).get_by_role("heading")
    expect(heading).to_be_focused()
    return heading


def confirm(page: Page, button: str) -> None:
    dialog(page).get_by_role("button", name=button, exact=True).click()


def leave(page: Page, close: str) -> None:
    if close == "Escape":
        page.keyboard.press("Escape")
    else:
        dialog(page).get_by_role("link", name=close, exact=True).click()
    expect(dialog(page)).to_be_hidden()


def said(page: Page) -> Locator:
    return page.locator("#messages")


def changed_meanwhile(page: Page) -> Locator:
    return dialog(page).get_by_role("alert").filter(has_text="Something changed")


@contextmanager
def meanwhile() -> Iterator[None]:
    """Change something behind the page's back."""
    with transaction.atomic(), scope.entered(scope="support"):
        yield


def rename_wyn(cast) -> None:
    with meanwhile():
        User.objects.filter(pk=cast.people["Wyn"].pk).update(last_name="Wolfe")


def relabel_spare(cast) -> None:
    with meanwhile():
        Phone.objects.filter(pk=cast.phones["Spare"].pk).update(label="Kitchen")


def remove_spare(cast) -> None:
    with transaction.atomic(), scope.entered(account_id=cast.account.pk):
        lifecycle.remove_phone(Phone.objects.get(pk=cast.phones["Spare"].pk))


def versions(cast, name: str, **fields: object) -> int:
    """Return how many versions of a person in the history are like this."""
    with meanwhile():
        of_person = User.pgh_event_model.objects.filter(pgh_obj_id=cast.people[name].pk)
        return of_person.filter(**fields).count()


def test_role_of_administrator_is_given_and_taken_with_a_question(page, cast):  # R25
    expect(ask_about(page, "Wyn Wolf", "Make administrator")).to_have_text(
        "Make Wyn Wolf an administrator?"
    )
    expect(dialog(page)).to_contain_text("gets a link to choose a password")
    confirm(page, "Make administrator")
    expect(said(page)).to_contain_text("Wyn Wolf is an administrator now.")
    expect(row(page, "Wyn Wolf")).to_contain_text("administrator")
    ask_about(page, "Wyn Wolf", "Remove administrator")
    confirm(page, "Remove administrator")
    expect(said(page)).to_contain_text("Wyn Wolf is no longer an administrator.")
    assert versions(cast, "Wyn", is_administrator=True) == 1


def test_own_role_is_taken_only_with_a_warning_and_never_the_last_one(page, cast):  # R25
    ask_about(page, "Alice Archer", "Remove administrator")
    expect(dialog(page).get_by_role("alert")).to_be_visible()
    expect(dialog(page).get_by_role("button")).to_have_count(0)
    leave(page, "Escape")
    factories.person(
        cast.account, "Ann", "Other", ext="44", is_administrator=True, password="secret"
    )
    ask_about(page, "Alice Archer", "Remove administrator")
    expect(dialog(page).locator("li.danger")).to_contain_text("This is you.")
    confirm(page, "Remove administrator")
    expect(page.get_by_role("heading", name="You can’t open this page")).to_be_visible()


def test_act_that_needs_something_first_leads_there(page):  # R25, R43
    ask_about(page, "Uma Ulm", "Deactivate")
    expect(dialog(page).get_by_role("alert")).to_contain_text("Uma Ulm has the phone Front desk")
    expect(dialog(page).get_by_role("button")).to_have_count(0)
    dialog(page).get_by_role("link", name="Unassign phone").click()
    expect(page.get_by_role("heading", name="Unassign Front desk?")).to_be_visible()


def test_confirmation_clicked_twice_is_done_once_and_undone_once(page, cast):  # R42
    ask_about(page, "Wyn Wolf", "Deactivate")
    dialog(page).get_by_role("button", name="Deactivate user").dblclick()
    expect(said(page)).to_contain_text("Deactivated Wyn Wolf.")
    expect(dialog(page)).to_be_hidden()
    assert versions(cast, "Wyn", is_active=False) == 1
    said(page).get_by_role("link", name="Undo").click()
    confirm(page, "Activate user")
    expect(said(page)).to_contain_text("Activated Wyn Wolf.")


@CLOSED
def test_person_who_changed_meanwhile_is_shown_anew_after_the_dialog(page, cast, close):
    ask_about(page, "Wyn Wolf", "Deactivate")
    rename_wyn(cast)
    confirm(page, "Deactivate user")
    expect(changed_meanwhile(page)).to_be_visible()
    expect(dialog(page).get_by_role("heading")).to_have_text("Deactivate Wyn Wolfe?")
    leave(page, close)
    expect(row(page, "Wyn Wolfe")).to_be_visible()
    assert versions(cast, "Wyn", is_active=False) == 0


def test_what_was_done_already_is_said_and_the_list_is_shown_anew(page, cast):  # R42
    page.goto("/users/")
    expect(row(page, "Wyn Wolf")).to_be_visible()
    with meanwhile():
        User.objects.filter(pk=cast.people["Wyn"].pk).update(is_active=False, last_name="Wolfe")
    ask_about(page, "Wyn Wolf", "Deactivate")
    expect(dialog(page)).to_contain_text("already done")
    leave(page, "Close")
    expect(row(page, "Wyn Wolfe")).to_be_visible()


def test_what_became_impossible_meanwhile_is_said_and_the_list_is_shown_anew(page, cast):
    ask_about(page, "Wyn Wolf", "Deactivate")
    with meanwhile():
        Phone.objects.filter(pk=cast.phones["Spare"].pk).update(
            assigned_to=cast.people["Wyn"], label="Kitchen"
        )
        User.objects.filter(pk=cast.people["Wyn"].pk).update(last_name="Wolfe")
    confirm(page, "Deactivate user")
    expect(dialog(page).get_by_role("alert")).to_contain_text("has the phone Kitchen")
    leave(page, "Cancel")
    expect(row(page, "Wyn Wolfe")).to_be_visible()


def open_act(page: Page, label: str, act: str) -> None:
    """Choose an act from a phone's menu."""
    page.get_by_role("link", name=f"Actions: {label}").click()
    page.locator("#menu").get_by_role("link", name=act, exact=True).click()
    expect(dialog(page).get_by_role("heading")).to_be_visible()


@CLOSED
def test_phone_that_changed_meanwhile_has_a_new_row_behind_the_dialog(page, cast, close):
    page.evaluate("window.loaded = 'once'")
    open_act(page, "Spare", "Remove phone")
    relabel_spare(cast)
    confirm(page, "Remove phone")
    expect(changed_meanwhile(page)).to_be_visible()
    expect(dialog(page).get_by_role("heading")).to_have_text("Remove Kitchen?")
    leave(page, close)
    expect(page.get_by_role("link", name="Actions: Kitchen")).to_be_focused()
    expect(row(page, "Spare")).to_have_count(0)
    assert page.evaluate("window.loaded") == "once"


@CLOSED
def test_phone_that_was_removed_meanwhile_leaves_the_list_with_the_dialog(page, cast, close):
    open_act(page, "Spare", "Replace phone")
    dialog(page).get_by_label("MAC address").fill("80:5e:c0:00:00:99")
    remove_spare(cast)
    confirm(page, "Replace phone")
    expect(dialog(page).get_by_role("alert")).to_be_visible()
    expect(dialog(page).get_by_role("button")).to_have_count(0)
    leave(page, close)
    expect(row(page, "Spare")).to_have_count(0)


def edit_label(page: Page, label: str, new: str) -> Locator:
    page.get_by_role("link", name="Label: Spare").click()
    field = page.get_by_role("textbox", name="Label")
    field.fill(new)
    return field


def test_label_that_changed_meanwhile_is_asked_about_and_then_replaced(page, cast):  # R5, R41
    field = edit_label(page, "Spare", "Lab")
    relabel_spare(cast)
    field.press("Enter")
    expect(page.locator(".label-form .error")).to_contain_text("was changed to Kitchen")
    expect(field).to_have_value("Lab")
    expect(field).to_be_focused()
    field.press("Enter")
    expect(page.get_by_role("link", name="Label: Lab")).to_be_focused()


def test_label_that_changed_meanwhile_is_shown_after_escape(page, cast):
    field = edit_label(page, "Spare", "Lab")
    relabel_spare(cast)
    field.press("Enter")
    expect(page.locator(".label-form .error")).to_contain_text("was changed to Kitchen")
    field.press("Escape")
    expect(page.get_by_role("link", name="Label: Kitchen")).to_be_focused()


def test_label_of_a_phone_that_was_removed_meanwhile_goes_with_it(page, cast):
    field = edit_label(page, "Spare", "Lab")
    remove_spare(cast)
    field.press("Enter")
    expect(page.locator(".label-form .error")).to_contain_text("removed")
    expect(field).to_have_value("Lab")
    page.keyboard.press("Escape")
    expect(row(page, "Front desk")).to_be_visible()
    expect(row(page, "Spare")).to_have_count(0)


def test_label_saved_twice_in_a_hurry_is_saved_once(page, cast):  # R42
    field = edit_label(page, "Spare", "Lab")
    field.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Label: Lab")).to_be_visible()
    with meanwhile():
        of_phone = Phone.pgh_event_model.objects.filter(pgh_obj_id=cast.phones["Spare"].pk)
        assert of_phone.filter(label="Lab").count() == 1


def test_address_that_waits_changed_meanwhile_is_shown_anew(page, cast):  # R29, R41
    """The review of an address names what it replaces, so it asks again when that changed."""
    page.get_by_role("link", name="Update E911 address: Front desk").click()
    dialog(page).get_by_label("House number and street").fill("350 5th Ave")
    dialog(page).get_by_label("Floor").fill("34")
    dialog(page).get_by_label("ZIP or postal code").fill("10118")
    confirm(page, "Check address")
    expect(dialog(page).get_by_role("button", name="Save address")).to_be_visible()
    with meanwhile():
        Phone.objects.filter(pk=cast.phones["Front desk"].pk).update(label="Entrance")
    confirm(page, "Save address")
    expect(changed_meanwhile(page)).to_be_visible()
    expect(dialog(page).get_by_role("heading")).to_contain_text("Entrance")
    leave(page, "Escape")
    expect(row(page, "Entrance")).to_be_visible()

"""Open a row, a menu or a dialog the way a person does, in whatever language the pages are."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

DIALOG = "dialog[open] #dialog-title"


OPEN = "dialog[open], details[open], [aria-expanded=true], .label-form, #messages .message"


def row(page: Page, label: str) -> Locator:
    """Return the row of a phone on User phones."""
    return page.locator("tbody tr", has=page.locator("td.label", has_text=label))


def person(page: Page, name: str) -> Locator:
    """Return the row of a person on Users."""
    return page.locator("tbody tr", has=page.locator("td:first-of-type", has_text=name))


def at(page: Page, place: str) -> None:
    """Show a page with nothing open on it; if it is shown already, only press Escape."""
    if page.url.endswith(place):
        page.keyboard.press("Escape")
        if not page.locator(OPEN).count():
            return
    page.goto(place)


def phones(page: Page) -> None:
    at(page, "/phones/")


def users(page: Page) -> None:
    at(page, "/users/")


def choose(page: Page, label: str, name: str) -> None:
    """Ask to assign a phone to a user, or to unassign it (""), with the dropdown Assigned to."""
    phones(page)
    row(page, label).locator("[data-choose]").click()
    options = page.locator("#people [role=option]")
    (options.filter(has_text=name) if name else options).first.click()
    page.wait_for_selector(DIALOG)


def of_phone(page: Page, label: str, action: str) -> None:
    """Open a dialog of a phone from its menu."""
    phones(page)
    row(page, label).locator("[data-menu]").click()
    page.locator(f"#menu a[href*='{action}']").click()
    page.wait_for_selector(DIALOG)


def of_person(page: Page, name: str, action: str) -> None:
    """Open a dialog of a person from their menu; without `action`, the first in it."""
    users(page)
    person(page, name).locator("summary").click()
    person(page, name).locator(
        f".menu a[href$='/{action}/']" if action else ".menu a"
    ).first.click()
    page.wait_for_selector(DIALOG)


def address(page: Page, label: str) -> None:
    """Open the address dialog of a phone from its row."""
    phones(page)
    row(page, label).locator("td.address a").first.click()
    page.wait_for_selector(DIALOG)


def enter_address(page: Page, label: str, whole: str) -> None:
    """Paste a whole address, have it split into the fields, and check it."""
    address(page, label)
    page.locator("dialog summary").click()
    page.locator("dialog [name=whole]").fill(whole)
    page.locator("dialog [value=fill]").click()
    page.wait_for_selector("dialog .field.city [value]:not([value=''])")
    page.locator("dialog [value=check]").click()

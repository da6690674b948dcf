"""The dialog for a phone's E911 address, used the way a person uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

LABELS_OF_TEXTS = {
    "street": "House number and street",
    "floor": "Floor",
    "room": "Room",
    "unit": "Unit number",
    "city": "City",
    "postal_code": "ZIP or postal code",
}
LABELS_OF_SELECTS = {
    "unit_type": "Unit type",
    "state": "State or province",
    "country": "Country",
}
EMPIRE_STATE = {
    "street": "350 5th Ave",
    "floor": "34",
    "city": "New York",
    "state": "NY",
    "postal_code": "10118",
}


def address_cell(page: Page, phone: str) -> Locator:
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"Assigned to: {phone}"))
    return row.locator("td.address")


def open_dialog(page: Page, link: str) -> Locator:
    page.get_by_role("link", name=link).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_be_visible()
    return dialog


def fill_and_check(dialog: Locator, **values: str) -> None:
    """Fill in or select the named fields, and press Check address."""
    for name, value in values.items():
        if name in LABELS_OF_SELECTS:
            dialog.get_by_label(LABELS_OF_SELECTS[name]).select_option(value)
        else:
            dialog.get_by_label(LABELS_OF_TEXTS[name]).fill(value)
    dialog.get_by_role("button", name="Check address").click()


def ask_for_news(page: Page) -> None:
    """Have the page ask for news, as it does when the user comes back to it."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

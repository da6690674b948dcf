"""The dropdown Assigned to on User phones, used the way a person uses it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def box(page: Page, phone: str) -> Locator:
    """Return the link that names a phone's person and opens the dropdown."""
    return page.get_by_role("link", name=f"Assigned to: {phone}")


def field(page: Page, phone: str) -> Locator:
    """Return the field that lies over the link while the dropdown is open."""
    return page.get_by_role("combobox", name=f"Assigned to: {phone}")


def options(page: Page, name: str = "") -> Locator:
    """Return the entries of the open dropdown whose text matches `name`."""
    return page.get_by_role("listbox", name="Assigned to").get_by_role(
        "option", name=re.compile(name)
    )


def row(page: Page, phone: str) -> Locator:
    return page.get_by_role("row").filter(has=box(page, phone))


def choose(page: Page, phone: str, person: str) -> Locator:
    """Choose a person in the dropdown of a phone, and return the dialog that opens."""
    box(page, phone).click()
    options(page, person).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_be_focused()
    return dialog

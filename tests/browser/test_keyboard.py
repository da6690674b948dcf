"""The main job done with the keyboard alone (R11 to R18, R27, R34).

WCAG 2.1.1, 2.1.2, 2.1.4, 2.4.3, 2.4.7, 2.4.11 and 4.1.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import factories

from .address_dialog import EMPIRE_STATE
from .assignment_cases import read_holders
from .conftest import PASSWORD
from .dropdown import field
from .keyboard import Keyboard


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


@pytest.fixture
def stranger(windows, cast) -> Iterator[Keyboard]:
    """Open User phones signed out, on a screen that is too low for a whole dialog."""
    with windows.window(viewport={"width": 1280, "height": 560}) as page:
        page.goto("/phones/")
        yield Keyboard(page)


def test_main_job_with_the_keyboard_alone(stranger, cast):
    sign_in(stranger)
    search(stranger, "Spare")
    choose_wyn_for_spare(stranger, cast)
    confirm_assignment_of_spare(stranger, cast)
    add_address_of_spare(stranger)
    be_told_from_its_menu_why_spare_cannot_be_restarted(stranger)


def choose_wyn_for_spare(keyboard: Keyboard, cast) -> None:
    """Open and leave the dropdown, then choose from it with arrows and by typing."""
    page, named = keyboard.page, keyboard.named
    box = keyboard.to(named("link", "Assigned to: Spare, Unassigned"))
    chosen = page.locator("#people [aria-selected=true]")
    keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("Unassigned")
    keyboard.press("Escape")
    expect(page.locator("#people")).to_be_hidden()
    keyboard.on(box)
    keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("Unassigned")
    keyboard.press("End")
    expect(chosen).to_contain_text("Wyn Wolf")
    assert is_seen(chosen)
    keyboard.press("Enter")
    question = keyboard.on(named("heading", "Give Spare to Wyn Wolf?"))
    keyboard.press("Escape")
    expect(question).to_be_hidden()
    keyboard.on(box)
    assert read_holders(cast)["Spare"] == ""
    keyboard.write("wolf")
    expect(page.locator("#people [role=option]")).to_have_count(1)
    keyboard.press("ArrowDown", "Enter")
    keyboard.on(named("heading", "Give Spare to Wyn Wolf?"))


def confirm_assignment_of_spare(keyboard: Keyboard, cast) -> None:
    """Go round the dialog with Tab, and confirm."""
    page, named = keyboard.page, keyboard.named
    box = page.get_by_role("link", name="Assigned to: Spare")
    confirm, cancel = named("button", "Assign phone"), named("link", "Cancel")
    keyboard.to(confirm)
    keyboard.to(cancel)
    keyboard.to(confirm)
    keyboard.to(cancel, "Shift+Tab")
    keyboard.to(confirm)
    keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_hidden()
    keyboard.on(box)
    expect(box).to_have_text("Wyn Wolf")
    expect(page.locator("#messages[role=status]")).to_contain_text(
        "Spare (80:5E:C0:00:00:03) is Wyn Wolf’s now"
    )
    assert read_holders(cast)["Spare"] == "Wyn"


def add_address_of_spare(keyboard: Keyboard) -> None:
    """Enter an address that is refused, correct it, check it and save it."""
    page, named = keyboard.page, keyboard.named
    keyboard.to(named("link", "Add address: Spare"))
    keyboard.press("Enter")
    keyboard.on(named("combobox", "Country"))
    street = keyboard.to(named("textbox", "House number and street"))
    keyboard.write("PO Box 12")
    keyboard.to(named("button", "Check address"))
    keyboard.press("Enter")
    expect(keyboard.on(page.locator("dialog [role=alert]"))).to_contain_text("can’t be saved")
    keyboard.press("Tab", "Enter")  # its first line leads to the field
    keyboard.on(street)
    keyboard.press("Control+a")
    keyboard.write(EMPIRE_STATE["street"])
    for label, key in (("Floor", "floor"), ("City", "city"), ("ZIP or postal", "postal_code")):
        keyboard.to(named("textbox", re.compile(f"^{label}")))
        keyboard.write(EMPIRE_STATE[key])
    keyboard.to(named("combobox", "State or province"), "Shift+Tab")
    keyboard.write("New York")
    keyboard.to(named("button", "Check address"))
    keyboard.press("Enter")
    keyboard.on(named("heading", "Is this the right address for Spare?"))
    keyboard.to(named("button", "Save address"))
    keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("#messages")).to_contain_text(
        "The E911 address of Spare is 350 5th Ave, Floor 34"
    )
    keyboard.on(named("link", "Update E911 address: Spare"))


def be_told_from_its_menu_why_spare_cannot_be_restarted(keyboard: Keyboard) -> None:  # R43
    page, named = keyboard.page, keyboard.named
    menu = keyboard.to(named("link", "Actions: Spare"))
    keyboard.press("Enter")
    keyboard.to(page.locator("#menu").get_by_role("link", name="Restart"), "ArrowDown")
    keyboard.press("Enter")
    keyboard.on(named("heading", "Restart"))
    expect(page.locator("dialog [role=alert]")).to_contain_text("can’t be reached right now")
    keyboard.to(named("link", "Cancel"))
    keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_hidden()
    keyboard.on(menu)


def test_keys_that_come_faster_than_the_list_are_kept(keyboard):
    keyboard.to(keyboard.named("link", "Assigned to: Front desk, Uma Ulm"))
    keyboard.press("ArrowDown", "ArrowDown", "Enter")
    keyboard.on(keyboard.named("heading", re.compile("Give Front desk to Vic Vance")))
    keyboard.press("Escape")
    keyboard.on(keyboard.named("link", "Assigned to: Front desk, Uma Ulm"))
    keyboard.press("ArrowDown", "End", "Enter")
    keyboard.on(keyboard.named("heading", re.compile("Give Front desk to Wyn Wolf")))
    keyboard.press("Escape")
    keyboard.on(keyboard.named("link", "Assigned to: Front desk, Uma Ulm"))
    keyboard.press("ArrowDown", "Escape", "Enter")  # closed before the list arrived
    expect(keyboard.page.locator("#people [aria-selected=true]")).to_contain_text("Uma Ulm")
    expect(keyboard.page.locator("dialog")).to_be_hidden()
    expect(field(keyboard.page, "Front desk")).to_have_value("Uma Ulm")


def sign_in(keyboard: Keyboard) -> None:
    """Sign in on the page to which User phones redirects a signed-out visitor."""
    email = keyboard.named("textbox", "Email")
    if not email.evaluate("element => element === document.activeElement"):
        keyboard.to(email)
    keyboard.write("alice@acme.example")
    keyboard.to(keyboard.named("textbox", "Password"))
    keyboard.write(PASSWORD)
    keyboard.press("Enter")
    expect(keyboard.page).to_have_url(re.compile("/phones/$"))


def search(keyboard: Keyboard, words: str) -> None:
    """Press / and search User phones."""
    expect(keyboard.page.locator("html.scripted")).to_be_attached()
    keyboard.press("/")
    keyboard.on(keyboard.page.get_by_role("searchbox", name="Search phones"))
    keyboard.write(words)
    expect(keyboard.page.locator("tbody tr")).to_have_count(1)


def is_seen(option: Locator) -> bool:
    """Return whether a person sees the chosen option: outlined, scrolled into the list, on top."""
    return option.evaluate("""(option) => {
      const box = option.getBoundingClientRect();
      const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return getComputedStyle(option).outlineStyle !== 'none' && option.contains(top);
    }""")


def test_menu_of_a_row_goes_round_with_arrows_and_escape_returns(keyboard):
    link = keyboard.to(keyboard.named("link", "Actions: Front desk"))
    keyboard.press("Enter")
    items = keyboard.page.locator("#menu a")
    keyboard.on(items.first)
    expect(link).to_have_attribute("aria-expanded", "true")
    keyboard.press("ArrowUp")
    keyboard.on(items.last)
    keyboard.press("ArrowDown")
    keyboard.on(items.first)
    keyboard.press("Escape")
    expect(items).to_have_count(0)
    keyboard.on(link)
    keyboard.press("Enter")
    keyboard.on(items.first)
    keyboard.press("Tab")  # Tab past the last item closes the menu
    for _ in range(items.count()):
        keyboard.press("Tab")
    expect(items).to_have_count(0)
    keyboard.look()


def test_list_of_keys_stays_that_was_asked_for_before_the_last_dialog_had_gone(keyboard):
    """The browser announces a closed dialog a little later, and a key may come before that."""
    keyboard.to(keyboard.named("link", "Label: Front desk"))
    keyboard.press("?")
    keyboard.on(keyboard.named("heading", "Keyboard"))
    keyboard.page.evaluate("""() => new Promise((told) => {
      const dialog = document.querySelector('dialog');
      dialog.addEventListener('close', () => setTimeout(told));
      dialog.close();
      const pressed = new KeyboardEvent('keydown', { key: '?', bubbles: true });
      document.activeElement.dispatchEvent(pressed);
    })""")
    keyboard.on(keyboard.named("heading", "Keyboard"))


def test_keys_are_listed_by_question_mark_and_off_when_preferences_say_so(keyboard):  # WCAG 2.1.4
    start = keyboard.to(keyboard.named("link", "Label: Front desk"))
    keyboard.press("?")
    keyboard.on(keyboard.named("heading", "Keyboard"))
    keyboard.press("Escape")
    expect(keyboard.page.locator("dialog")).to_be_hidden()
    keyboard.on(start)
    keyboard.press("?")
    keyboard.to(keyboard.named("link", "Preferences"))
    keyboard.press("Enter")
    keyboard.to(keyboard.page.get_by_role("checkbox", name=re.compile("^Keyboard shortcuts")))
    keyboard.press("Space", "Enter")
    expect(keyboard.page.locator("body:not([data-shortcuts])")).to_be_attached()
    keyboard.to(keyboard.page.locator("nav").get_by_role("link", name="Phones", exact=True))
    keyboard.press("Enter")
    start = keyboard.to(keyboard.named("link", "Label: Front desk"))
    keyboard.press("/", "?")
    keyboard.on(start)
    expect(keyboard.page.locator("dialog")).to_be_hidden()


def test_focus_is_covered_by_nothing_on_the_way_through_a_long_list(keyboard, cast):  # WCAG 2.4.11
    """Neither the table's sticky heading nor the messages at the bottom may cover it."""
    for n in range(9):
        factories.phone(cast.account, label=f"Room {n}")
    search_box = keyboard.page.get_by_role("searchbox")
    keyboard.page.set_viewport_size({"width": 1280, "height": 400})
    keyboard.page.reload()
    expect(keyboard.page.locator("tbody tr")).to_have_count(12)
    keyboard.to(keyboard.named("link", "Assigned to: Front desk, Uma Ulm"))
    keyboard.press("ArrowDown")
    expect(keyboard.page.locator("#people [aria-selected=true]")).to_contain_text("Uma Ulm")
    keyboard.press("Home", "Enter")
    keyboard.on(keyboard.named("heading", "Unassign Front desk?"))
    keyboard.to(keyboard.named("button", "Unassign phone"))
    keyboard.press("Enter")
    expect(keyboard.page.locator("#messages .message")).to_be_visible()
    keyboard.to(keyboard.page.get_by_role("link", name="Download as CSV"))
    keyboard.to(search_box, "Shift+Tab")

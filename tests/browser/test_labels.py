"""A label that was typed is kept, and a whole office is labeled without the mouse (R5, R46)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from phones.models import Phone
from tests import factories

from .address_dialog import ask_for_news
from .dropdown import box
from .test_acts import meanwhile, relabel_spare

TAKEN = "Another phone in your account already has this label."


def start(page: Page, phone: str) -> Locator:
    """Open the field of a phone’s label with the mouse, and return it."""
    page.get_by_role("link", name=f"Label: {phone}", exact=True).click()
    opened = field(page, phone)
    expect(opened).to_be_focused()
    return opened


def field(page: Page, phone: str) -> Locator:
    return page.get_by_role("textbox", name=f"Label: {phone}", exact=True)


def read_labels(cast) -> set[str]:
    with meanwhile():
        return {phone.label for phone in Phone.objects.filter(account=cast.account, kind="user")}


def shown(page: Page, label: str) -> None:
    expect(page.get_by_role("link", name=f"Label: {label}", exact=True)).to_be_visible()


def test_label_is_stored_when_its_field_is_left_by_any_way(page, cast):
    start(page, "Spare").fill("Kitchen")
    page.mouse.click(640, 5)
    shown(page, "Kitchen")
    start(page, "Warehouse").fill("Dock")
    page.keyboard.press("Tab")  # in the normal order of the focus
    expect(box(page, "Dock")).to_be_focused()
    shown(page, "Dock")
    assert read_labels(cast) == {"Front desk", "Dock", "Kitchen"}


def test_escape_takes_the_edit_back(page, cast):
    start(page, "Spare").fill("Kitchen")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Label: Spare")).to_be_focused()
    assert "Spare" in read_labels(cast)


def test_enter_and_arrows_go_from_label_to_label_without_waiting(page, cast):
    waiting = []
    page.route("**/label/", lambda route: waiting.append(route))  # answered further down
    start(page, "Front desk").fill("Porch")
    page.keyboard.press("Enter")
    expect(field(page, "Warehouse")).to_be_focused()
    page.keyboard.type("Dock")  # the old label is selected, so this replaces it
    page.keyboard.press("ArrowDown")
    expect(field(page, "Spare")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(field(page, "Warehouse")).to_be_focused()
    expect(field(page, "Warehouse")).to_have_value("Dock")
    expect(field(page, "Front desk")).to_have_value("Porch")
    for route in waiting:
        route.continue_()
    page.unroute("**/label/")
    page.keyboard.press("Enter")
    for label in ("Porch", "Dock"):
        shown(page, label)
    assert read_labels(cast) == {"Porch", "Dock", "Spare"}


@pytest.mark.ci
def test_thirty_three_phones_are_labeled_without_the_mouse(page, cast):
    for number in range(30):
        factories.phone(cast.account, mac=f"805ec00001{number:02}")
    page.reload()
    page.get_by_role("link", name="Label: Front desk", exact=True).focus()
    page.keyboard.press("Enter")
    for number in range(33):
        page.keyboard.type(f"Desk {number}")
        page.keyboard.press("Enter")
    last = page.get_by_role("link", name="Label: Desk 32", exact=True)
    expect(last).to_be_focused(timeout=30_000)  # Enter in the last row stores, and stays
    expect(page.locator("td.label input")).to_have_count(0)
    assert read_labels(cast) == {f"Desk {number}" for number in range(33)}
    names = page.locator("td.label a").all_inner_texts()
    assert names == [f"Desk {number}" for number in range(33)]


def test_label_that_is_refused_stays_with_its_reason_while_the_user_goes_on(page, cast):
    start(page, "Front desk").fill("warehouse ")
    page.keyboard.press("Enter")
    expect(field(page, "Warehouse")).to_be_focused()
    expect(page.get_by_role("alert").filter(has_text=TAKEN)).to_be_visible()
    expect(field(page, "Front desk")).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("Dock")
    page.keyboard.press("Enter")
    shown(page, "Dock")
    expect(page.get_by_text(TAKEN)).to_be_visible()
    expect(field(page, "Front desk")).to_have_value("warehouse ")
    field(page, "Front desk").click()  # Warehouse is free now
    page.keyboard.press("Enter")
    shown(page, "warehouse")
    expect(page.get_by_text(TAKEN)).to_have_count(0)


def test_swap_of_a_row_or_of_the_list_eats_nothing_that_was_typed(page, cast):
    start(page, "Spare").fill("Front desk")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text(TAKEN)).to_be_visible()
    page.keyboard.press("Escape")
    relabel_spare(cast)
    ask_for_news(page)
    expect(page.get_by_role("link", name="Actions: Kitchen")).to_be_visible()  # the row is new
    kept = page.locator("td.label input")
    expect(kept).to_have_value("Front desk")
    page.locator("thead").get_by_role("link", name="MAC Address").click()
    expect(page.locator("th[aria-sort]")).to_contain_text("MAC")
    expect(kept).to_have_value("Front desk")
    page.get_by_role("searchbox").fill("warehouse")
    expect(kept).to_have_count(0)
    page.get_by_role("searchbox").fill("")
    expect(kept).to_have_value("Front desk")
    expect(page.get_by_text(TAKEN)).to_be_visible()


def test_typing_goes_on_while_the_label_is_on_its_way(page, cast):
    """Go back into the field before the answer: it must not take away what is typed by then."""
    routes = []
    page.route(
        "**/label/",
        lambda route: routes.append(route) if is_post(route) else route.continue_(),
    )
    with page.expect_request(lambda request: request.method == "POST"):
        start(page, "Front desk").fill("Porch")
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.type(" East")
    routes[0].continue_()
    expect(page.get_by_role("link", name="Actions: Porch")).to_be_visible()
    edited = page.locator("td.label input")
    expect(edited).to_be_focused()
    expect(edited).to_have_value("Porch East")
    page.keyboard.press("Escape")
    shown(page, "Porch")


def is_post(route) -> bool:
    return route.request.method == "POST"


def test_lost_connection_keeps_the_label_and_stores_it_when_it_is_back(page, cast):  # R20
    opened = start(page, "Spare")
    page.context.set_offline(True)
    opened.fill("Kitchen")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("Not saved: no connection.")).to_be_visible()
    assert "Kitchen" not in read_labels(cast)
    page.context.set_offline(False)
    shown(page, "Kitchen")
    assert "Kitchen" in read_labels(cast)


def test_ended_session_keeps_the_label_and_leads_to_sign_in_in_another_tab(page, cast, windows):
    cookies = page.context.cookies()
    start(page, "Spare").fill("Kitchen")
    page.context.clear_cookies()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not saved: you’ve been signed out.")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    page.context.add_cookies(cookies)
    field(page, "Spare").press("Enter")
    shown(page, "Kitchen")


@pytest.fixture
def questions(page: Page) -> Iterator[list[str]]:
    """Collect the browser’s questions whether to leave the page, and stay each time."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    yield asked
    page.remove_listener("dialog", stay)


def test_leaving_with_a_label_that_is_not_stored_asks(page, cast, questions):
    start(page, "Spare").fill("Front desk")
    page.keyboard.press("Enter")
    expect(page.get_by_text(TAKEN)).to_be_visible()
    page.get_by_role("link", name="Users", exact=True).click(no_wait_after=True)
    expect(page.get_by_text(TAKEN)).to_be_visible()
    page.wait_for_function("document.readyState === 'complete'")
    assert questions == ["beforeunload"]
    field(page, "Spare").press("Escape")
    shown(page, "Spare")
    page.get_by_role("link", name="Users", exact=True).click()
    expect(page).to_have_url(re.compile("/users/$"))
    assert questions == ["beforeunload"]


def test_click_in_the_row_of_a_label_that_is_being_stored_is_not_lost(page, cast):
    """The mouse is pressed before the label is stored, and released after."""
    start(page, "Spare").fill("Kitchen")
    page.get_by_role("link", name="Actions: Spare").hover()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.mouse.down()
    page.mouse.up()
    expect(page.locator("#menu a").first).to_be_visible()
    shown(page, "Kitchen")


def test_add_label_is_seen_when_it_is_pointed_at_or_focused(page, cast, windows):
    phone = factories.phone(cast.account, mac="805ec0000101")
    page.reload()
    link = page.get_by_role("link", name=f"Add label: {phone.model_name}")
    assert opacity(link) == "0"
    page.locator(f"#phone-{phone.pk} .mac").hover()
    assert opacity(link) == "1"
    page.mouse.move(0, 0)
    assert opacity(link) == "0"
    link.focus()
    assert opacity(link) == "1"


def opacity(link: Locator) -> str:
    return link.evaluate("link => getComputedStyle(link).opacity")

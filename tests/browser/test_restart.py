"""Restarting phones as a person does it, with simulated phones and the real registrar (R34)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.sip.conftest import Registrar, missing_registrar
from tests.sip.desk_phone import DeskPhone
from tests.web import serving

from .dropdown import choose, row
from .windows import window

BOTH_WIDTHS = pytest.mark.parametrize(
    "page", [(1280, 800), (390, 800)], ids=["1280", "390"], indirect=True
)
STATUS = re.compile("/phones/status/")
POLL = 20_000  # ms between two questions of the page
HURRY = 2_000  # the same while phones are expected back


@pytest.fixture(scope="module")
def registrar(django_db_setup, tmp_path_factory) -> Iterator[Registrar]:
    missing_registrar()
    made = Registrar(tmp_path_factory.mktemp("registrar") / "log")
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def site(registrar: Registrar) -> Iterator[str]:
    """Start a web server that uses this registrar; the value is its address."""
    place = {
        "PHONEADMIN_SIP_LISTEN": "{}:{}".format(*registrar.address),
        "PHONEADMIN_REGISTRAR_RPC": "{}:{}".format(*registrar.rpc),
    }
    with serving(**place) as address:
        yield address


@pytest.fixture(params=[(1280, 800)], ids=["1280"])
def page(browser: Browser, site: str, cast, request: pytest.FixtureRequest) -> Iterator[Page]:
    """User phones as alice sees it, in a window of its own because tests change its clock."""
    width, height = request.param
    with window(browser, site, cast.alice, viewport={"width": width, "height": height}) as page:
        page.goto("/phones/")
        yield page


@dataclass
class CallingPhone(DeskPhone):
    """A phone that finishes its call before it restarts."""

    call: threading.Lock = field(default_factory=threading.Lock)

    def boot(self) -> None:
        with self.call:
            super().boot()


@pytest.fixture
def bring(page: Page, cast, owner) -> Iterator[Callable[[str], CallingPhone]]:
    """Connect a phone the way its page says, and boot it."""
    desks: list[CallingPhone] = []

    def brought(label: str) -> CallingPhone:
        act(page, label, "Connect this phone")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Get an address").click()
        folder = dialog.locator("code").inner_text()
        dialog.get_by_role("link", name="Done").click()
        desk = CallingPhone("yealink", cast.phones[label].mac, folder)
        desks.append(desk)
        desk.boot()
        desk.booted()
        return desk

    try:
        yield brought
    finally:
        for desk in desks:
            desk.close()
        owner.execute("DELETE FROM registrar.location")
        owner.commit()


def menu(page: Page, label: str) -> Locator:
    return page.get_by_role("link", name=f"Actions: {label}")


def act(page: Page, label: str, action: str) -> None:
    """Choose an action from a row's menu."""
    menu(page, label).click()
    page.locator("#menu").get_by_role("link", name=action).click()


def status(page: Page, label: str) -> Locator:
    return row(page, label).locator(".status")


def questions(page: Page) -> list[str]:
    """Collect the page's requests for the status of its rows from now on."""
    asked: list[str] = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if re.search(STATUS, request.url) else None,
    )
    return asked


def answered(page: Page, *waits: int) -> None:
    """Let each of these periods (ms) pass; in each, the page asks and gets an answer."""
    for wait in waits:
        with page.expect_response(STATUS):
            page.clock.run_for(wait)


def hide(page: Page, hidden: bool) -> None:
    """Make the page believe that another tab is in front, or that it is in front again."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        hidden,
    )


@BOTH_WIDTHS
def test_phones_of_an_assignment_are_restarted_from_its_message_and_the_marks_go_by_themselves(
    page, bring
):  # R14, R18
    front, warehouse = bring("Front desk"), bring("Warehouse")
    page.reload()
    for label, said in (
        ("Front desk", "Registered"),
        ("Warehouse", "Registered"),
        ("Spare", "Free, not set up"),  # what screen readers hear
    ):
        expect(status(page, label)).to_have_text(said)
    page.evaluate("window.loaded = 'once'")

    choose(page, "Front desk", "Vic").get_by_role("button", name="Assign phone").click()
    expect(status(page, "Front desk")).to_have_text("Not registered Needs restart")
    expect(status(page, "Warehouse")).to_have_text("Free, not registered Needs restart")
    told = page.get_by_role("status")
    with front.call, warehouse.call:
        told.get_by_role("button", name="Restart phones").click()
        expect(told).to_contain_text("Front desk was asked to restart.")
        expect(told).to_contain_text("Warehouse was asked to restart.")
        expect(told.get_by_role("link", name="Undo")).to_be_visible()  # R43
        for label in ("Front desk", "Warehouse"):  # a request alone does not clear the mark
            expect(status(page, label)).to_contain_text("Needs restart")

    front.booted(), warehouse.booted()
    assert (front.line["name"], warehouse.line["username"][0]) == ("Vic Vance", "s")
    expect(status(page, "Front desk")).to_have_text("Registered")
    expect(status(page, "Warehouse")).to_have_text("Free, registered")
    assert page.evaluate("window.loaded") == "once"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_phone_is_restarted_from_its_row_with_the_keyboard_alone(page, bring):
    front = bring("Front desk")
    menu(page, "Front desk").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    for action in (
        "This phone’s page",
        "Assign",
        "E911 address",
        "Make common-area phone",
        "Restart",
    ):
        expect(page.get_by_role("link", name=action, exact=True)).to_be_focused()
        if action != "Restart":
            page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Restart Front desk?")).to_be_focused()
    expect(dialog.locator(".device")).to_contain_text("80:5E:C0:00:00:01")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Restart phone")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("status")).to_contain_text("Front desk was asked to restart.")
    expect(menu(page, "Front desk")).to_be_focused()
    front.booted()


def test_cancelling_asks_nobody_and_the_focus_returns(page, bring):
    bring("Front desk")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    for close in ("Escape", "Cancel"):
        act(page, "Front desk", "Restart")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading", name="Restart Front desk?")).to_be_focused()
        page.keyboard.press("Escape") if close == "Escape" else dialog.get_by_role(
            "link", name="Cancel"
        ).press("Enter")
        expect(dialog).to_be_hidden()
        expect(menu(page, "Front desk")).to_be_focused()
    assert set(sent) == {"GET"}


def test_mark_on_the_row_leads_to_the_restart_and_leaves_the_focus_in_the_row(page, bring):
    front = bring("Front desk")
    page.clock.install()
    page.reload()
    choose(page, "Front desk", "Wyn").get_by_role("button", name="Assign phone").click()
    mark = page.get_by_role("link", name="Needs restart: Front desk")
    mark.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Restart phone").press("Enter")
    front.booted()
    assert front.line["name"] == "Wyn Wolf"
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.clock.run_for(HURRY)
    expect(status(page, "Front desk")).to_have_text("Registered")
    expect(row(page, "Front desk").locator(":focus")).to_have_count(1)


def test_focus_stays_in_the_row_when_its_mark_goes_while_the_question_is_open(page, bring):
    warehouse = bring("Warehouse")
    page.clock.install()
    page.reload()
    choose(page, "Warehouse", "Unassigned").get_by_role("button", name="Unassign phone").click()
    mark = page.get_by_role("link", name="Needs restart: Warehouse")
    mark.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_focused()
    warehouse.boot()  # as after unplugging it and plugging it in again
    answered(page, POLL)
    expect(mark).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(row(page, "Warehouse").locator(":focus")).to_have_count(1)


def test_phone_that_is_not_registered_is_not_offered_and_the_others_are(page, bring):  # R43
    warehouse = bring("Warehouse")
    page.reload()
    choose(page, "Spare", "Vic").get_by_role("button", name="Assign phone").click()
    told = page.get_by_role("status")
    expect(told).to_contain_text("Restart Warehouse so that this takes effect right away.")
    expect(told).to_contain_text("Unplug Spare and plug it back in: it isn’t registered")
    told.get_by_role("button", name="Restart phone").click()
    expect(told).to_contain_text("Warehouse was asked to restart.")
    warehouse.booted()
    act(page, "Spare", "Restart")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text(
        "Spare isn’t registered, so it can’t be asked to restart."
    )
    expect(dialog.get_by_role("button")).to_have_count(0)


def test_phone_is_restarted_without_scripts(browser, site, cast, page, bring):
    front = bring("Front desk")
    with window(browser, site, cast.alice, java_script_enabled=False) as plain:
        plain.goto("/phones/")
        menu(plain, "Front desk").click()
        acts = plain.get_by_role("list", name="The phone itself")
        acts.get_by_role("link", name="Restart", exact=True).click()
        expect(plain.get_by_role("heading", name="Restart Front desk?")).to_be_visible()
        plain.get_by_role("button", name="Restart phone").click()
        expect(plain.locator("#messages")).to_contain_text("Front desk was asked to restart.")
    front.booted()


def test_page_asks_while_somebody_looks_and_hurries_after_a_restart(page, bring):
    bring("Front desk")
    page.clock.install()
    page.reload()
    asked = questions(page)
    answered(page, POLL, POLL)
    hide(page, True)
    page.clock.run_for(3 * POLL)
    assert len(asked) == 2
    with page.expect_response(STATUS):  # at once, because the user came back
        hide(page, False)
    answered(page, POLL)
    assert len(asked) == 4
    act(page, "Front desk", "Restart")
    page.get_by_role("dialog").get_by_role("button", name="Restart phone").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    answered(page, HURRY, HURRY, HURRY)
    with page.expect_response(STATUS):
        page.clock.fast_forward(3 * 60_000)  # after three minutes the page stops hurrying
    before = len(asked)
    page.clock.run_for(POLL // 2)
    assert len(asked) == before

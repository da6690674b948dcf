"""Adding a phone as a person does: by keyboard, with a real phone that fetches and registers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sip.conftest import Registrar, missing_registrar
from tests.sip.desk_phone import DeskPhone
from tests.web import serving

from .windows import window

STICKER = "MAC: 80-5E-C0-AA-00-42, S/N 803012E061006123"
ADDRESS = "100 Gold St, 2nd floor, New York NY 10038"


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


@pytest.fixture
def page(browser: Browser, site: str, cast) -> Iterator[Page]:
    with window(browser, site, cast.alice, viewport={"width": 1280, "height": 800}) as page:
        page.goto("/phones/add/")
        yield page


def step(page: Page, title: str):
    return page.locator(".progress li", has_text=title)


@pytest.mark.ci
def test_phone_is_added_by_keyboard_and_followed_until_it_is_registered(
    page, cast, owner
):  # R3, R47
    keys = page.keyboard
    page.locator("[name=mac]").focus()
    keys.insert_text(STICKER)
    expect(page.locator("#model-hint")).to_contain_text("Yealink")
    keys.press("Enter")  # as a scanner does
    expect(page.locator("[name=model]")).to_be_focused()
    keys.type("Yealink SIP-T54W")
    page.locator("[name=q]").focus()
    keys.type("wyn")
    expect(page.locator(".choice")).to_have_count(2)
    keys.press("Enter")
    expect(page.get_by_role("radio", name="Wyn Wolf")).to_be_checked()
    page.locator("[name=whole]").focus()
    keys.insert_text(ADDRESS)
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Add this phone for Wyn Wolf?")).to_be_visible()
    page.get_by_role("button", name="Add phone").click()
    expect(step(page, "Given to Wyn Wolf")).to_have_class("done")
    expect(step(page, "E911 address on record")).to_have_class("done")
    expect(step(page, "Fetching its configuration")).to_have_class("to-do")

    page.get_by_role("button", name="Get an address").click()
    expect(step(page, "Waiting for it to fetch")).to_have_class("awaited")
    desk = DeskPhone("yealink", "805ec0aa0042", page.locator("code").inner_text())
    try:
        desk.boot()
        desk.booted()
        expect(step(page, "Registered")).to_have_class("done", timeout=10_000)
        expect(step(page, "Fetching its configuration")).to_have_class("done")
        expect(page.locator("#progress-said")).to_have_text("The phone is registered.")
        # All is done; the page goes on asking, but less often.
        expect(page.locator("[data-progress][data-done]")).to_have_count(1)
        assert (desk.line["name"], desk.line["ext"]) == ("Wyn Wolf", "101")
    finally:
        desk.close()
        owner.execute("DELETE FROM registrar.location")
        owner.commit()


@pytest.mark.ci
def test_enter_takes_the_person_of_what_is_typed_now_and_no_one_of_several(page):
    find, chosen = page.locator("[name=q]"), page.locator("[name=person]:checked")
    find.press_sequentially("w")
    expect(page.locator(".choice")).not_to_have_count(2)
    find.fill("wyn")
    find.press("Enter")  # before the list of "w" has gone
    expect(page.get_by_role("radio", name="Wyn Wolf")).to_be_checked()
    wyn = chosen.input_value()
    find.fill("1")  # extensions 10, 11 and so on
    with page.expect_response(re.compile("q=1&")):
        find.press("Enter")
    expect(page.locator(".choice")).not_to_have_count(2)
    expect(page.locator("#people-found.htmx-settling, #people-found .htmx-settling")).to_have_count(
        0
    )
    assert chosen.input_value() == wyn
    expect(find).to_be_focused()


@pytest.mark.ci
def test_page_asks_only_while_it_can_be_seen(page, cast):
    page.clock.install()
    page.goto(f"/phones/{cast.phones['Spare'].pk}/setup/")
    asked = re.compile("/progress/")
    with page.expect_response(asked) as answer:
        page.clock.run_for(3_000)
    assert answer.value.status == 204
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.clock.run_for(30_000)
    assert not [url for url in asked_for if asked.search(url)]

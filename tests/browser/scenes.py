"""Every page and dialog of an account, and how to open it, in whatever language the pages are.

Used by the accessibility tests and by `make screenshots`, so neither can forget a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.steps import (
    DIALOG,
    address,
    choose,
    enter_address,
    of_person,
    of_phone,
    person,
    phones,
    row,
    users,
)


@dataclass(frozen=True)
class Company:
    """The phones of the scenes, by their labels, and the people, by their names."""

    taken: str
    holder: str
    other: str  # a second phone that is assigned
    other_holder: str
    free: str
    without: str  # a user who can have a phone and has none
    administrator: str


Scene = Callable[[Page, Company], None]
SCENES: dict[str, Scene] = {}
SIGNED_OUT: dict[str, Scene] = {}
WRONG_ADDRESS = "Nowhere Lane, Springfield"
RIGHT_ADDRESS = "350 W Hubbard St Suite 200, Chicago, IL 60654"


def scene(where: dict[str, Scene]) -> Callable[[Scene], Scene]:
    def keep(function: Scene) -> Scene:
        where[function.__name__.replace("_", "-")] = function
        return function

    return keep


# --- signed out ---


@scene(SIGNED_OUT)
def sign_in(page: Page, company: Company) -> None:
    page.goto("/sign-in/")


@scene(SIGNED_OUT)
def sign_in_refused(page: Page, company: Company) -> None:
    page.goto("/sign-in/")
    page.fill("[name=login]", "nobody@example.com")
    page.fill("[name=password]", "wrong")
    page.locator("button.primary").click()
    page.wait_for_selector(".errors")


@scene(SIGNED_OUT)
def password_reset(page: Page, company: Company) -> None:
    page.goto("/sign-in/password/reset/")


@scene(SIGNED_OUT)
def block_link_that_is_dead(page: Page, company: Company) -> None:
    page.goto("/sign-in/block/nothing/")


# --- phones ---


@scene(SCENES)
def user_phones(page: Page, company: Company) -> None:
    page.goto("/phones/")


@scene(SCENES)
def user_phones_none_found(page: Page, company: Company) -> None:
    page.goto("/phones/?q=nothing-is-called-so")


@scene(SCENES)
def common_area_phones(page: Page, company: Company) -> None:
    page.goto("/phones/common/")


@scene(SCENES)
def common_area_phones_none_found(page: Page, company: Company) -> None:
    page.goto("/phones/common/?q=nothing-is-called-so")


@scene(SCENES)
def phones_without_address(page: Page, company: Company) -> None:
    page.goto("/phones/without-address/")


@scene(SCENES)
def credentials_of_place(page: Page, company: Company) -> None:
    page.goto("/phones/common/")
    page.locator("tbody [data-menu]").first.click()
    page.locator("#menu a[href$='/credentials/']").click()
    page.wait_for_selector(DIALOG)


@scene(SCENES)
def credentials_of_place_change(page: Page, company: Company) -> None:
    credentials_of_place(page, company)
    page.locator("dialog a[href$='/change/']").click()
    page.wait_for_selector("dialog [name=seen]", state="attached")


@scene(SCENES)
def assigned_to(page: Page, company: Company) -> None:
    phones(page)
    row(page, company.taken).locator("[data-choose]").click()
    page.wait_for_selector("#people [role=option]")


@scene(SCENES)
def menu_of_phone(page: Page, company: Company) -> None:
    phones(page)
    row(page, company.taken).locator("[data-menu]").click()
    page.wait_for_selector("#menu a")


@scene(SCENES)
def menu_of_mine(page: Page, company: Company) -> None:
    phones(page)
    page.locator(".personal summary").click()


@scene(SCENES)
def label_refused(page: Page, company: Company) -> None:
    phones(page)
    row(page, company.taken).locator("td.label a").click()
    field = page.locator(".label-form [name=label]")
    field.fill(company.free)
    field.press("Enter")
    page.wait_for_selector(".label-form [aria-invalid]")


@scene(SCENES)
def confirm_a(page: Page, company: Company) -> None:
    choose(page, company.taken, "")


@scene(SCENES)
def confirm_b(page: Page, company: Company) -> None:
    choose(page, company.free, company.without)


@scene(SCENES)
def confirm_c(page: Page, company: Company) -> None:
    choose(page, company.taken, company.without)


@scene(SCENES)
def confirm_d(page: Page, company: Company) -> None:
    choose(page, company.free, company.other_holder)


@scene(SCENES)
def confirm_e(page: Page, company: Company) -> None:
    choose(page, company.taken, company.other_holder)


@scene(SCENES)
def confirmation_alone(page: Page, company: Company) -> None:
    """Without scripts, the confirmation is a page of its own."""
    phones(page)
    link = row(page, company.taken).locator("[data-menu]").get_attribute("href")
    page.goto(f"{link}assigned/?to=nobody")


@scene(SCENES)
def choose_person(page: Page, company: Company) -> None:
    phones(page)
    link = row(page, company.taken).locator("[data-menu]").get_attribute("href")
    page.goto(f"{link}assigned/")


@scene(SCENES)
def restart(page: Page, company: Company) -> None:
    of_phone(page, company.taken, "/restart/")


@scene(SCENES)
def label_changed_meanwhile(page: Page, company: Company) -> None:
    """The row still shows an earlier label."""
    phones(page)
    link = row(page, company.taken).locator("td.label a").element_handle()
    link.evaluate("link => { link.firstElementChild.textContent = 'Earlier label'; }")
    link.click()
    field = page.locator(".label-form [name=label]")
    field.fill("New label")
    field.press("Enter")
    page.wait_for_selector(".label-form .error a")


@scene(SCENES)
def connect(page: Page, company: Company) -> None:
    of_phone(page, company.taken, "/setup/")


@scene(SCENES)
def correct(page: Page, company: Company) -> None:
    of_phone(page, company.taken, "/correct/")


@scene(SCENES)
def replace(page: Page, company: Company) -> None:
    of_phone(page, company.taken, "/replace/")


@scene(SCENES)
def replace_refused(page: Page, company: Company) -> None:
    of_phone(page, company.taken, "/replace/")
    page.locator("dialog [name=mac]").fill("12:34")
    page.locator("dialog button.primary").click()
    page.wait_for_selector("dialog .error")


@scene(SCENES)
def make_common_area(page: Page, company: Company) -> None:
    of_phone(page, company.taken, "/make-common-area/")


@scene(SCENES)
def remove(page: Page, company: Company) -> None:
    of_phone(page, company.taken, "/remove/")


@scene(SCENES)
def add_phones(page: Page, company: Company) -> None:
    page.goto("/phones/add/")


def fill_in_phone(page: Page, company: Company, address: str) -> None:
    """Fill in and send the form that adds a phone, for someone who has none."""
    page.goto("/phones/add/")
    page.locator("[name=mac]").fill("MAC: 80-5E-C0-AA-77-01, S/N 803012E061006123")
    page.locator("option + optgroup[label=Yealink]").wait_for(state="attached")
    page.locator("[name=model]").select_option(label="Yealink SIP-T54W")
    page.locator(".choice", has_text=company.without).locator("input").check()
    page.locator("[name=whole]").fill(address)
    page.locator(".adding > .buttons > .primary").click()


@scene(SCENES)
def add_phone_refused(page: Page, company: Company) -> None:
    fill_in_phone(page, company, WRONG_ADDRESS)
    page.wait_for_selector(".wrong [aria-invalid]")


@scene(SCENES)
def add_phone_review(page: Page, company: Company) -> None:
    fill_in_phone(page, company, RIGHT_ADDRESS)
    page.wait_for_selector("#review-title")


@scene(SCENES)
def add_common_area_phone(page: Page, company: Company) -> None:
    page.goto("/phones/add/")
    page.locator("[name=kind][value=common]").check()


@scene(SCENES)
def phone_page(page: Page, company: Company) -> None:
    phones(page)
    page.goto(row(page, company.taken).locator("[data-menu]").get_attribute("href") or "")


@scene(SCENES)
def setup_page(page: Page, company: Company) -> None:
    phones(page)
    link = row(page, company.free).locator("[data-menu]").get_attribute("href")
    page.goto(f"{link}setup/")
    page.locator("form.setup button").click()
    page.wait_for_selector(".address-to-enter")


# --- addresses ---


@scene(SCENES)
def address_new(page: Page, company: Company) -> None:
    address(page, company.other)


@scene(SCENES)
def address_refused(page: Page, company: Company) -> None:
    enter_address(page, company.other, WRONG_ADDRESS)
    page.wait_for_selector("dialog .errors, dialog .error")


@scene(SCENES)
def address_understood(page: Page, company: Company) -> None:
    enter_address(page, company.other, RIGHT_ADDRESS)
    page.wait_for_selector("dialog .understood")


@scene(SCENES)
def addresses_on_record(page: Page, company: Company) -> None:
    of_phone(page, company.taken, "/addresses/")


# --- users ---


@scene(SCENES)
def users_of_account(page: Page, company: Company) -> None:
    page.goto("/users/")


@scene(SCENES)
def users_none_found(page: Page, company: Company) -> None:
    page.goto("/users/?q=nobody-is-called-so")


@scene(SCENES)
def options_of_user(page: Page, company: Company) -> None:
    users(page)
    person(page, company.holder).locator("summary").click()


@scene(SCENES)
def add_user(page: Page, company: Company) -> None:
    users(page)
    page.locator("#add-user").click()
    page.wait_for_selector(DIALOG)


@scene(SCENES)
def several_errors(page: Page, company: Company) -> None:
    add_user(page, company)
    page.locator("dialog [name=email]").fill("nothing")
    page.locator("dialog [name=ext]").fill("12a")
    page.locator("dialog button.primary").click()
    page.wait_for_selector("dialog [data-summary]")


@scene(SCENES)
def edit_user(page: Page, company: Company) -> None:
    of_person(page, company.holder, "edit")


@scene(SCENES)
def credentials(page: Page, company: Company) -> None:
    of_person(page, company.holder, "credentials")


@scene(SCENES)
def credentials_change(page: Page, company: Company) -> None:
    of_person(page, company.holder, "credentials")
    page.locator("dialog a[href$='/change/']").click()
    page.wait_for_selector("dialog [name=seen]", state="attached")


@scene(SCENES)
def change_plan(page: Page, company: Company) -> None:
    of_person(page, company.holder, "plan")


@scene(SCENES)
def users_not_fully_set_up(page: Page, company: Company) -> None:
    page.goto("/users/?show=incomplete")


@scene(SCENES)
def phone_for_person(page: Page, company: Company) -> None:
    users(page)
    person(page, company.without).locator("summary").click()
    person(page, company.without).locator("a[href*='/phones/for/']").click()
    page.wait_for_selector("dialog .people")


@scene(SCENES)
def phone_for_person_alone(page: Page, company: Company) -> None:
    """Without scripts, the choice of phones is a page of its own."""
    users(page)
    link = person(page, company.without).locator("a[href*='/phones/for/']").get_attribute("href")
    page.goto(link or "")


@scene(SCENES)
def make_administrator(page: Page, company: Company) -> None:
    of_person(page, company.without, "make-administrator")


@scene(SCENES)
def remove_administrator(page: Page, company: Company) -> None:
    of_person(page, company.administrator, "remove-administrator")


@scene(SCENES)
def deactivate_user(page: Page, company: Company) -> None:
    of_person(page, company.without, "deactivate")


@scene(SCENES)
def deactivate_user_who_changed_meanwhile(page: Page, company: Company) -> None:
    """Show a question again because it was answered in an earlier situation."""
    of_person(page, company.without, "deactivate")
    page.locator("dialog [name=seen]").evaluate("field => { field.value = 'earlier'; }")
    page.locator("dialog button.primary").click()
    page.wait_for_selector("dialog .errors")


@scene(SCENES)
def delete_user(page: Page, company: Company) -> None:
    of_person(page, company.without, "delete")


@scene(SCENES)
def delete_user_who_has_a_phone(page: Page, company: Company) -> None:
    of_person(page, company.holder, "delete")


# --- the rest ---


@scene(SCENES)
def activity(page: Page, company: Company) -> None:
    page.goto("/activity/")


@scene(SCENES)
def help(page: Page, company: Company) -> None:
    page.goto("/help/")


@scene(SCENES)
def help_found(page: Page, company: Company) -> None:
    page.goto("/help/?q=911")


@scene(SCENES)
def keys(page: Page, company: Company) -> None:
    phones(page)
    page.keyboard.press("?")
    page.wait_for_selector(DIALOG)


@scene(SCENES)
def preferences(page: Page, company: Company) -> None:
    page.goto("/preferences/")


@scene(SCENES)
def company_settings(page: Page, company: Company) -> None:
    page.goto("/company/")


@scene(SCENES)
def security(page: Page, company: Company) -> None:
    page.goto("/sign-in/second-factor/")


@scene(SCENES)
def sessions(page: Page, company: Company) -> None:
    page.goto("/sign-in/sessions/")


@scene(SCENES)
def change_password(page: Page, company: Company) -> None:
    page.goto("/sign-in/password/change/")


@scene(SCENES)
def not_found(page: Page, company: Company) -> None:
    page.goto("/nothing-is-here/")


@scene(SCENES)
def assigned(page: Page, company: Company) -> None:
    """Show the message after an assignment. The last scene, because the phones change hands."""
    choose(page, company.free, company.without)
    page.locator("dialog button.primary").click()
    page.wait_for_selector("#messages .message")

"""After a failed submit the first wrong field and its sentence are in view, on a small screen too.

Every form that takes something is sent with wrong values: as a page without scripts, and as the
page or dialog that scripts make of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.bad_input.pages import FORMS
from tests.browser.steps import DIALOG
from users.models import User

pytestmark = pytest.mark.ci

SMALL = {"width": 390, "height": 844}
# What is wrong in each form; None is no choice at all of several buttons.
WRONG: dict[str, dict[str, str | None]] = {
    "add_phone": {"mac": "12:34", "model": "", "label": "x" * 61, "kind": None},
    "phone_label": {"label": "x" * 61},
    "phone_correct": {"mac": "12:34"},
    "phone_replace": {"mac": "12:34", "model": ""},
    "phone_line": {"label": "", "ext": "911"},
    "phone_make-common-area": {"label": ""},
    "phone_time-zone": {"phone_time_zone": "Mars/Olympus"},
    "phone_address": {"street": "100 Gold St", "postal_code": "99999"},  # the last field
    "add_user": {"email": "nothing", "ext": "12345678901"},
    "user_edit": {"ext": "911"},
    "user_plan": {"plan": None},
    "company_phones": {"outside_prefix": "x"},
    "preferences": {"theme": "no color"},
}
PAGES = ("add_phone", "company_phones", "preferences")  # the others open as dialogs
SIGN_IN = {
    "account_login": {"login": "", "password": ""},
    "account_reset_password": {"email": "nothing"},
}
# These ask for nothing that can be typed.
NOTHING_TYPED = {
    "phone_assigned", "phone_moves", "phone_remove", "phone_setup", "phone_password",
    "phone_new-password", "phone_credentials", "phone_credentials_change", "phones_restart",
    "user_credentials", "user_credentials_change",
    "user_make-administrator", "user_remove-administrator", "user_invitation",
    "user_second-factor", "user_sign-in-block", "user_deactivate", "user_activate", "user_delete",
    "company", "phone_make-user-phone",
}  # fmt: skip

ENTER = """([form, values]) => {
  for (const [name, value] of Object.entries(values)) {
    const [field] = form.querySelectorAll(`[name="${name}"]`);
    if (value === null) for (const each of form.elements[name]) each.checked = false;
    else if (field.type === 'radio') Object.assign(field, { value, checked: true });
    else if (field.matches('select') && value) {
      field.add(new Option(value, value, true, true));
    } else field.value = value;
  }
}"""
# The parts of the first error that can't be seen: its sentence and its control.
HIDDEN = """() => {
  const within = document.querySelector('dialog[open]') ?? document.querySelector('main');
  const error = [...within.querySelectorAll('.error')].find((each) => each.textContent.trim());
  const control = within.querySelector('[aria-invalid=true]');
  const isSeen = (part) => {
    const lines = [...part.getClientRects()].filter((line) => line.width);
    const middle = ({ left, top, height }) => [left + 8, top + height / 2];
    const { left, top, bottom } = part.getBoundingClientRect();
    const points = lines.length > 1
      ? [middle(lines[0]), middle(lines.at(-1))] : [[left + 8, top + 2], [left + 8, bottom - 2]];
    return points.every(([x, y]) => part.contains(document.elementFromPoint(x, y)));
  };
  return [error, control].filter((part) => !part || !isSeen(part))
    .map((part) => `${part?.outerHTML} at ${JSON.stringify(part?.getBoundingClientRect())}`);
}"""


def url_of(name: str, cast) -> str:
    place = name == "phone_line"
    key = {
        "phone": cast.phones["Lobby" if place else "Front desk"].pk,
        "user": cast.people["Wyn"].pk,
    }
    about, _dash, act = name.partition("_")
    return reverse(name, args=[key[about]] if act and about in key else [])


def send(page: Page, name: str, values: dict[str, str | None]) -> None:
    """Fill in the form that has these fields, and press its button."""
    within = "dialog[open]" if page.locator("dialog[open]").count() else "main"
    form = page.locator(f"{within} form", has=page.locator(f"[name='{next(iter(values))}']")).first
    page.evaluate(ENTER, [form.element_handle(), values])
    button = form.locator("button.primary")
    button.click() if button.count() else form.locator("input:not([type=hidden])").press("Enter")


def test_every_form_that_takes_something_is_tried():
    assert set(WRONG) | NOTHING_TYPED == set(FORMS)


def forms_of(cast) -> Iterator[tuple[User | None, str, dict[str, str | None]]]:
    """Yield each form: who is signed in, its name, and what is wrong in it."""
    yield from ((None, name, values) for name, values in SIGN_IN.items())
    yield from ((cast.alice, name, values) for name, values in WRONG.items())


def open_page(page: Page, name: str, cast) -> None:
    page.goto(reverse("company") if name == "company_phones" else url_of(name, cast))


def test_first_wrong_field_and_its_sentence_are_in_view_without_scripts(windows, cast):
    hidden = {}
    for person, name, values in forms_of(cast):
        with windows.window(person, viewport=SMALL, java_script_enabled=False) as page:
            open_page(page, name, cast)
            send(page, name, values)
            expect(page.locator("main [aria-invalid=true]").first).to_be_visible()
            hidden[name] = page.evaluate(HIDDEN)
    assert not any(hidden.values()), hidden


def test_first_wrong_field_and_its_sentence_are_in_view_in_pages_and_dialogs(windows, cast):
    hidden = {}
    for person, name, values in forms_of(cast):
        with windows.window(person, viewport=SMALL, reduced_motion="reduce") as page:
            if name in (*PAGES, *SIGN_IN):
                open_page(page, name, cast)
                send(page, name, values)
            elif name == "phone_label":
                page.goto("/phones/")
                page.locator(f"td.label a[href='{url_of(name, cast)}']").click()
                page.locator(".label-form [name=label]").fill(values["label"])
                page.keyboard.press("Enter")
            else:
                page.goto("/phones/")
                page.evaluate("url => htmx.ajax('GET', url, '#dialog')", url_of(name, cast))
                page.wait_for_selector(DIALOG)
                send(page, name, values)
            expect(page.locator("[aria-invalid=true]").first).to_be_visible()
            hidden[name] = page.evaluate(HIDDEN)
    assert not any(hidden.values()), hidden


def test_summary_of_several_errors_has_the_focus_and_leads_to_each_field(windows, cast):
    with windows.window(cast.alice, viewport=SMALL) as page:
        page.goto("/phones/add/")
        send(page, "add_phone", WRONG["add_phone"])
        summary = page.locator("[data-summary]")
        expect(summary).to_be_focused()
        for label in ("MAC address", "Model", "Label", "Who is it for?"):
            summary.get_by_role("link", name=label).click()
            expect(page.get_by_role("main").locator(":focus")).to_have_attribute(
                "aria-invalid", "true"
            )
            error = page.locator(".wrong:has(:focus) .error")
            expect(error).to_be_in_viewport(ratio=1)


def test_single_error_is_said_once_and_its_field_has_the_focus(windows, cast):
    with windows.window(cast.alice, viewport=SMALL) as page:
        page.goto("/phones/")
        page.evaluate("url => htmx.ajax('GET', url, '#dialog')", url_of("user_edit", cast))
        page.wait_for_selector("dialog[open] [name=ext]")
        send(page, "user_edit", {"ext": "911"})
        expect(page.locator("dialog [name=ext]")).to_be_focused()
        expect(page.locator("dialog").get_by_text("An extension can’t start")).to_have_count(1)
        expect(page.locator("[data-summary]")).to_have_count(0)

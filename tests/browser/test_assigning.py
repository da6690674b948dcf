"""Assigning a phone, done and read the way a person does and reads it (R11 to R20)."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from playwright.sync_api import expect

from tests import factories
from users.models import Plan, User
from users.tenancy import scope

from .assignment_cases import CASES, LISTED, assign_as_another_administrator, read_holders
from .dropdown import box, choose, field, options, row
from .layout import find_too_wide


@pytest.mark.parametrize("case", CASES)
def test_confirmation_says_what_happens_and_does_it(page, cast, case):  # R14, R15, R18
    choice, question, said, after, told = CASES[case]
    before = read_holders(cast)
    dialog = choose(page, *choice)
    expect(dialog.get_by_role("heading")).to_have_text(question)
    for sentence in said:
        expect(dialog).to_contain_text(sentence)
    assert read_holders(cast) == before
    dialog.get_by_role("button", name="Unassign phone" if case == "a" else "Assign phone").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    for sentence in told:
        expect(page.get_by_role("status")).to_contain_text(sentence)
    assert read_holders(cast) == after
    names = {"": "Unassigned"} | {name: user.name for name, user in cast.people.items()}
    for phone, holder in after.items():  # the page shows it without being loaded again
        expect(box(page, phone)).to_have_text(names[holder])
    expect(box(page, choice[0])).to_be_focused()


def test_counters_change_in_all_three_places_with_the_assignment(page, cast):  # R8, R18
    badges = page.locator(".badge")
    expect(badges).to_have_text([re.compile("^1")] * 3)
    choose(page, "Spare", "Wyn").get_by_role("button", name="Assign phone").click()
    expect(badges).to_have_text([re.compile("^2")] * 3)
    expect(row(page, "Spare").get_by_role("link", name="Add address: Spare")).to_be_visible()
    choose(page, "Warehouse", "Unassigned").get_by_role("button", name="Unassign phone").click()
    expect(badges).to_have_text([re.compile("^1")] * 3)
    choose(page, "Spare", "Unassigned").get_by_role("button", name="Unassign phone").click()
    expect(badges).to_have_count(0)


@pytest.mark.parametrize("way", ["Cancel", "Escape"])
def test_cancelling_changes_nothing_and_puts_the_dropdown_back(page, cast, way):  # R16
    before = read_holders(cast)
    dialog = choose(page, "Front desk", "Wyn")
    page.keyboard.press("Escape") if way == "Escape" else dialog.get_by_role(
        "link", name="Cancel"
    ).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(box(page, "Front desk")).to_have_text("Uma Ulm")
    expect(box(page, "Front desk")).to_be_focused()
    assert read_holders(cast) == before


def test_choosing_the_current_person_asks_nothing(page):  # R16
    box(page, "Front desk").click()
    options(page, "Uma").click()
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_list_has_unassigned_first_then_everybody_by_extension(page):  # R11, R12, R19
    box(page, "Front desk").click()
    expect(options(page)).to_have_text(LISTED)
    expect(options(page, "Uma")).to_have_attribute("aria-selected", "true")
    basic = options(page, "Bea")
    expect(basic).to_be_disabled()
    expect(basic).to_have_attribute("title", re.compile("Basic plan"))
    basic.click(force=True)
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_dropdown_by_keyboard_alone(page, cast):
    """Follow the combobox pattern of the ARIA Authoring Practices."""
    box(page, "Spare").focus()
    expect(box(page, "Spare")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    active = page.locator("[role=option][aria-selected=true]")
    expect(active).to_have_text(re.compile("Unassigned"))  # the current one
    expect(field(page, "Spare")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(active).to_have_text(re.compile("Bea Basic"))  # so that its reason is read out
    expect(field(page, "Spare")).to_have_attribute(
        "aria-activedescendant", active.get_attribute("id")
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("End")
    expect(active).to_have_text(re.compile("Wyn Wolf"))
    page.keyboard.press("Home")
    expect(active).to_have_text(re.compile("Unassigned"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box(page, "Spare")).to_have_text("Unassigned")
    expect(box(page, "Spare")).to_be_focused()
    page.keyboard.type("wyn")  # typing on the link searches at once
    expect(options(page)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text(
        "Give Spare to Wyn Wolf?"
    )
    page.keyboard.press("Tab")
    expect(page.get_by_role("dialog").locator(".difference summary")).to_be_focused()  # R52
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Assign phone")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is Wyn Wolf’s now")
    assert read_holders(cast)["Spare"] == "Wyn"


def test_typing_that_fits_nobody_says_so_and_escape_puts_the_name_back(page):
    box(page, "Front desk").click()
    field(page, "Front desk").fill("zzz")
    expect(options(page)).to_have_text([re.compile("No one found for “zzz”")])
    page.keyboard.press("Escape")
    expect(box(page, "Front desk")).to_have_text("Uma Ulm")


def test_list_of_what_was_typed_last_does_not_wait_for_an_earlier_one(page):
    box(page, "Front desk").click()
    page.route("**/people/?q=v", lambda route: None)  # never answered
    with page.expect_request("**/people/?q=v"):
        field(page, "Front desk").fill("v")
    field(page, "Front desk").fill("vi")
    expect(options(page)).to_have_text([re.compile("Vic Vance")])
    expect(page.locator(".problem")).to_have_count(0)


def test_long_list_is_fetched_in_pieces_from_both_ends(page, cast):  # R11
    for n in range(120):
        factories.person(cast.account, f"N{n}", "Many", ext=str(5000 + n))
    box(page, "Front desk").click()
    expect(options(page, "Uma")).to_be_visible()
    active = page.locator("[role=option][aria-selected=true]")
    page.keyboard.press("End")
    expect(active).to_have_text(re.compile("N119 Many"))
    for _ in range(60):
        page.keyboard.press("ArrowUp")
    expect(active).to_have_text(re.compile("N59 Many"))
    page.keyboard.press("Home")
    expect(active).to_have_text(re.compile("Unassigned"))
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    expect(active).to_have_text(re.compile("N53 Many"))
    names = page.locator("[role=option] .who").all_inner_texts()
    assert len(names) == len(set(names))


def test_confirmation_that_is_out_of_date_shows_the_new_situation(page, cast):  # R17
    dialog = choose(page, "Front desk", "Wyn")
    assign_as_another_administrator(cast.phones["Front desk"], cast.people["Vic"])
    dialog.get_by_role("button", name="Assign phone").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Something changed while you were deciding")
    expect(dialog.get_by_role("heading")).to_have_text("Give Front desk to Wyn Wolf?")
    assert read_holders(cast)["Front desk"] == "Vic"
    dialog.get_by_role("button", name="Assign phone").click()
    expect(page.get_by_role("status")).to_contain_text("is Wyn Wolf’s now")
    assert read_holders(cast) == {"Front desk": "Wyn", "Warehouse": "", "Spare": ""}


def test_double_click_does_it_once(page, cast):  # R17
    choose(page, "Spare", "Wyn").get_by_role("button", name="Assign phone").dblclick()
    expect(page.get_by_role("status")).to_contain_text("is Wyn Wolf’s now")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert read_holders(cast)["Spare"] == "Wyn"


def test_lost_connection_says_so_and_lets_one_try_again(page, cast):  # R20
    dialog = choose(page, "Spare", "Wyn")
    page.context.set_offline(True)
    dialog.get_by_role("button", name="Assign phone").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The server didn’t answer")
    assert read_holders(cast)["Spare"] == ""
    page.context.set_offline(False)
    dialog.get_by_role("button", name="Assign phone").click()
    expect(page.get_by_role("status")).to_contain_text("is Wyn Wolf’s now")
    expect(page.get_by_role("alert")).to_be_empty()


def test_lost_connection_at_the_dropdown_says_so(page):  # R20
    page.context.set_offline(True)
    box(page, "Spare").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    expect(box(page, "Spare")).to_have_text("Unassigned")


def test_expired_session_leads_to_sign_in(page, cast):
    page.context.clear_cookies()
    box(page, "Spare").click()
    page.wait_for_url("**/sign-in/?next=/phones/&ended=1")


def test_enter_chooses_the_only_person_who_fits_and_can_be_chosen(page, cast):  # R11, R12
    factories.person(cast.account, "Wanda", "Basic", ext="8", plan=Plan.BASIC)
    box(page, "Spare").focus()
    page.keyboard.type("w")  # Wanda can’t be chosen, Wyn can
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text(
        "Give Spare to Wyn Wolf?"
    )


@pytest.mark.parametrize(
    ("typed", "said"), [("1", "More than one person"), ("bea", "No one found can be")]
)
def test_enter_chooses_no_one_among_several_or_none_and_says_so(page, typed, said):
    box(page, "Spare").focus()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text(said)
    assert said in page.locator("#people").evaluate(
        "list => getComputedStyle(list, '::after').content"
    )
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(field(page, "Spare")).to_be_focused()


def test_search_and_filter_change_the_list_and_the_url(page):  # R9
    page.get_by_role("searchbox", name="Search phones").fill("80-5e-c0-00-00-02")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"q=80-5e"))
    expect(box(page, "Warehouse")).to_be_visible()
    page.get_by_role("searchbox", name="Search phones").fill("")
    page.get_by_role("combobox", name="Show").select_option("Free")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(box(page, "Spare")).to_be_visible()
    page.reload()
    expect(page.get_by_role("combobox", name="Show")).to_have_value("free")
    expect(page.get_by_role("row")).to_have_count(2)


@pytest.mark.parametrize("page", [(390, 844)], indirect=True, ids=["390"])
def test_narrow_screen_shows_everything_without_scrolling_sideways(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for text in ("80:5E:C0:00:00:01", "100 Gold Street", "Add address"):
        expect(page.get_by_text(text).first).to_be_visible()
    dialog = choose(page, "Front desk", "Vic")
    expect(dialog.get_by_role("heading")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("page", [(390, 844), (320, 640)], indirect=True, ids=["390", "320"])
def test_lines_of_a_difference_break_on_a_narrow_screen(page, cast):  # R52
    with transaction.atomic(), scope.entered(account_id=cast.account.pk):
        User.objects.filter(pk=cast.people["Vic"].pk).update(last_name="x" * 60)
    dialog = choose(page, "Front desk", "Vic")
    for summary in dialog.locator(".difference summary").all():
        summary.click()
    lines = dialog.locator(".difference li")
    expect(lines.first).to_be_visible()
    assert not find_too_wide(page)
    assert not lines.evaluate_all(
        "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).length"
    )


def test_main_job_without_scripts(windows, cast):
    with windows.window(cast.alice, java_script_enabled=False) as page:
        page.goto("/phones/")
        page.get_by_role("link", name="Actions: Spare").click()
        page.get_by_role("link", name="Assign").click()
        page.get_by_role("searchbox").fill("wolf")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Wyn Wolf").click()
        expect(page.get_by_role("heading", name="Give Spare to Wyn Wolf?")).to_be_visible()
        page.get_by_role("button", name="Assign phone").click()
        expect(page.get_by_role("status")).to_contain_text("is Wyn Wolf’s now")
        assert read_holders(cast)["Spare"] == "Wyn"


def test_failure_is_told_while_the_page_asks_for_news(page, cast):  # R20
    page.route("**/phones/status/**", lambda route: None)  # never answered
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    dialog = choose(page, "Spare", "Wyn")
    page.context.set_offline(True)
    dialog.get_by_role("button", name="Assign phone").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The server didn’t answer")
    page.context.set_offline(False)
    page.unroute_all(behavior="ignoreErrors")


def test_unassigning_from_users_shows_users_anew(page, cast):  # R18, R23
    page.goto("/users/")
    row = page.get_by_role("row").filter(has_text="Uma Ulm")
    row.get_by_text("Options").click()
    row.get_by_role("link", name="Change plan").click()
    page.get_by_role("dialog").get_by_role("link", name="Unassign phone").click()
    page.get_by_role("button", name="Unassign phone").click()
    expect(page.get_by_role("status").first).to_contain_text(
        "Front desk (80:5E:C0:00:00:01) is free now"
    )
    expect(row).not_to_contain_text("Front desk")

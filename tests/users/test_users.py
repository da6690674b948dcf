"""The table of users, and adding and editing them (R21, R25)."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from tests import factories
from tests.answers import visible_text
from tests.confirming import HIDDEN, confirm_act, read_question
from tests.users.editing import HTMX, NEW, UNSEEN, add, edit, errors
from users import sip
from users.models import Plan, SipAccount, User
from users.refusals import REFUSALS

LIKE_EMERGENCY = str(REFUSALS["users_number_no_emergency_number"].sentence)
EMAIL_IN_USE = (
    "This email address is already in use. If it isn’t one of your users, contact support."
)


# --- the table ---


def test_table_shows_name_extension_email_plan_and_phone(signed_in, phone, acme):  # R21
    factories.person(acme, "Ben", "Basic", ext=None, email=None, plan=Plan.BASIC)
    page = signed_in.get("/users/").content.decode()
    rows = [
        re.sub(r"<[^>]+>", " ", row).split("Options")[0].split()
        for row in re.findall(r"<tr id.*?</tr>", page, re.S)
    ]
    assert [" ".join(row) for row in rows] == [
        "Uma One 11 uma@example.com Pro Front desk No E911 address",
        f"Alice Archer administrator 100 {User.objects.get(ext='100').email} Pro –",
        "Ben Basic – – Basic –",
    ]


def test_options_menu_has_what_can_be_done(signed_in, uma):  # R21, R22
    page = signed_in.get("/users/").content.decode()
    menu = re.search(rf'<tr id="user-{uma.pk}".*?<ul>(.*?)</ul>', page, re.S).group(1)
    items = [
        " ".join(re.sub(r"<[^>]+>", " ", item).split())
        for item in re.findall(r"<li\b.*?</li>", menu, re.S)
    ]
    assert [item for item in items if not item.startswith("Show SIP")] == [
        "Edit user", "Change plan", "Give a phone", "Activity", "Make administrator", "Deactivate",
        "Delete user",
    ]  # fmt: skip
    assert len([item for item in items if item.startswith("Show SIP credentials")]) == 1


def test_menu_of_a_basic_person_says_why_there_are_no_credentials(signed_in, acme):  # R22
    factories.person(acme, plan=Plan.BASIC, ext="1")
    assert "none on Basic" in visible_text(signed_in.get("/users/"))


def test_table_is_the_same_number_of_queries_for_1_and_3_people(
    signed_in, acme, django_assert_max_num_queries
):
    factories.phone(acme, factories.person(acme))
    for _ in range(2):
        with django_assert_max_num_queries(9):
            signed_in.get("/users/")
        for _ in range(3):
            factories.phone(acme, factories.person(acme))


def test_person_added_has_what_was_typed_and_credentials(signed_in, acme):  # R22, R25
    response = add(signed_in, **NEW)
    zoe = User.objects.get(ext="0042")
    assert (response.status_code, response.url) == (302, "/users/")
    assert (zoe.account, zoe.name, zoe.email, zoe.caller_id, zoe.plan) == (
        acme, "Zoë Ng", "zoe.ng@example.com", None, Plan.PLUS,
    )  # fmt: skip
    assert (zoe.is_administrator, zoe.is_staff, zoe.has_usable_password()) == (False, False, False)
    assert zoe.sip.ha1 == sip.compute_ha1(zoe.sip.username, sip.password_of(zoe.sip))
    assert "Added Zoë Ng." in visible_text(signed_in.get("/users/"))


def test_basic_person_added_has_no_credentials(signed_in, acme):  # R22
    add(signed_in, **NEW | {"plan": "basic"})
    assert not SipAccount.objects.filter(user__ext="0042").exists()


def test_person_may_be_added_before_he_is_fully_set_up(signed_in, acme):  # R19
    assert add(signed_in, last_name="Ng", plan="pro").status_code == 302
    assert User.objects.get(last_name="Ng").can_have_phone is False


REFUSED = [
    *(
        ({"ext": ext}, {"ext": [LIKE_EMERGENCY]})
        for ext in ("911", "933", "112", "9911", "9110", "9339", "112233", "99110")
    ),
    ({"ext": "12a"}, {"ext": ["An extension is 1 to 10 digits."]}),
    ({"ext": "12\n"}, {"ext": ["An extension is 1 to 10 digits."]}),
    ({"ext": "٣"}, {"ext": ["An extension is 1 to 10 digits."]}),
    ({"ext": "12345678901"}, {"ext": ["An extension is 1 to 10 digits."]}),
    ({"ext": "11"}, {"ext": ["A person or common-area phone already has this extension."]}),
    ({"email": "UMA@example.com"}, {"email": [EMAIL_IN_USE]}),
    ({"email": "no email"}, {"email": ["Enter a valid email address, such as ann@example.com."]}),
    (
        {"first_name": "x" * 61},
        {"first_name": ["Use at most 60 characters. This has 61."]},
    ),
    (
        {"last_name": "two\nlines"},
        {
            "last_name": [
                "This contains characters that can’t be seen, such as line breaks. Remove them."
            ]
        },
    ),
    (
        {"first_name": "", "last_name": "", "email": ""},
        {"__all__": ["Enter a name or an email address, so that people can tell who this is."]},
    ),
]
NEEDS_EMAIL = "An administrator needs an email address to sign in."
REFUSED_NEW = [
    *REFUSED,
    ({"email": "", "is_administrator": "on"}, {"email": [NEEDS_EMAIL]}),
]


@pytest.mark.parametrize(("changes", "wrong"), REFUSED_NEW)
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "page"])
def test_person_that_cannot_be_added_is_refused_with_the_reason(
    signed_in, uma, changes, wrong, headers
):  # R13, R25
    response = add(signed_in, headers, **NEW | changes)
    assert (response.status_code, errors(response)) == (422, wrong)
    assert User.objects.count() == 2


@pytest.mark.parametrize(("changes", "wrong"), REFUSED)
def test_person_cannot_be_edited_into_what_cannot_be_added(signed_in, uma, acme, changes, wrong):
    wyn = factories.person(acme, "Wyn", "Three", ext="13", email="wyn@example.com")
    response = edit(signed_in, wyn, **changes)
    assert (response.status_code, errors(response)) == (422, wrong)
    kept = User.objects.get(pk=wyn.pk)
    assert (kept.name, kept.email, kept.ext) == ("Wyn Three", "wyn@example.com", "13")


def test_person_without_an_email_cannot_be_made_an_administrator(signed_in, acme):  # R25, R43
    wyn = factories.person(acme, "Wyn", "Three", email=None)
    url = f"/users/{wyn.pk}/make-administrator/"
    for response in (signed_in.get(url), signed_in.post(url, UNSEEN)):
        assert response.status_code == 422
        assert NEEDS_EMAIL in visible_text(response)
        assert f'href="/users/{wyn.pk}/edit/"' in response.content.decode()
    assert User.objects.get(pk=wyn.pk).is_administrator is False


@pytest.mark.parametrize(
    "kept_out",
    [{"is_active": False}, {"sign_in_blocked_at": timezone.now()}],
    ids=["deactivated", "blocked"],
)
def test_person_who_cannot_sign_in_cannot_be_made_an_administrator(signed_in, acme, kept_out):
    """It would be a role without a way in, which comes to life when nobody thinks of it."""  # R43
    wyn = factories.person(acme, "Wyn", "Three", **kept_out)
    url = f"/users/{wyn.pk}/make-administrator/"
    for response in (signed_in.get(url), signed_in.post(url, UNSEEN)):
        assert response.status_code == 422
        assert "Wyn Three can’t sign in" in visible_text(response)
    assert User.objects.get(pk=wyn.pk).is_administrator is False


def test_administrator_keeps_an_email(signed_in, acme):  # R25
    bob = factories.person(acme, "Bob", is_administrator=True, password="secret")
    response = edit(signed_in, bob, email="")
    assert (response.status_code, errors(response)) == (422, {"email": [NEEDS_EMAIL]})
    assert User.objects.get(pk=bob.pk).email == bob.email


def test_role_is_given_and_taken_by_acts_of_their_own(signed_in, uma):  # R25, R42
    for verb, role in (("make-administrator", True), ("remove-administrator", False)):
        url = f"/users/{uma.pk}/{verb}/"
        assert signed_in.post(url).status_code == 400
        assert confirm_act(signed_in, url).status_code == 302
        assert User.objects.get(pk=uma.pk).is_administrator is role


def test_email_of_another_company_is_refused_in_the_same_words(signed_in, acme, other):  # R6
    factories.person(other, "Eve", "Else", email="eve@other.example")
    response = add(signed_in, **NEW | {"email": "Eve@other.example"})
    assert (response.status_code, errors(response)) == (422, {"email": [EMAIL_IN_USE]})
    assert not re.search("Else|Other", visible_text(response))


def test_extension_of_another_company_is_free_here(signed_in, acme, other):
    factories.person(other, ext="0042")
    assert add(signed_in, **NEW).status_code == 302


def test_email_that_grows_when_it_is_lowered_is_refused(signed_in, acme):
    """“İ” is one character, but two in lower case."""
    long = NEW | {"email": "İ" * 240 + "@example.com"}
    assert add(signed_in, **long).status_code == 422


# --- adding twice ---

NAMELESS = {"first_name": "Lobby", "plan": "basic"}  # nothing but the key tells two of them apart


def test_person_without_an_email_who_is_added_twice_is_one(signed_in, acme):  # R42
    sent = read_question(signed_in, "/users/add/") | NAMELESS
    for _ in range(3):
        response = signed_in.post("/users/add/", sent)
        assert (response.status_code, response.url) == (302, "/users/")
        assert "Added Lobby." in visible_text(signed_in.get("/users/"))
    assert User.objects.filter(first_name="Lobby").count() == 1


def test_person_who_is_added_again_with_a_new_form_is_another(signed_in, acme):  # R42
    for _ in range(2):
        assert add(signed_in, **NAMELESS).status_code == 302
    assert User.objects.filter(first_name="Lobby").count() == 2


def test_form_that_was_sent_with_other_answers_adds_no_one(signed_in, acme):  # R42
    sent = read_question(signed_in, "/users/add/") | NAMELESS
    signed_in.post("/users/add/", sent)
    response = signed_in.post("/users/add/", sent | {"first_name": "Kitchen"})
    assert response.status_code == 422
    assert "already sent with different answers" in visible_text(response)
    assert not User.objects.filter(first_name="Kitchen").exists()
    again = dict(HIDDEN.findall(response.content.decode())) | NAMELESS | {"first_name": "Kitchen"}
    assert signed_in.post("/users/add/", again).status_code == 302
    assert User.objects.filter(first_name="Kitchen").count() == 1


def test_person_is_not_added_without_a_key(signed_in, acme):  # R42
    for key in ({}, {"key": ""}, {"key": "short"}):
        assert signed_in.post("/users/add/", NAMELESS | key).status_code == 400
    assert not User.objects.filter(first_name="Lobby").exists()


# --- editing ---


def test_edited_person_is_as_typed(signed_in, uma):  # R25
    before = SipAccount.objects.get(user=uma).username
    factories.caller_number(uma.account, "+442079460000")
    response = edit(signed_in, uma, first_name=" Ümit ", ext="77", caller_id="+442079460000")
    assert (response.status_code, response.url) == (302, "/users/")
    edited = User.objects.get(pk=uma.pk)
    assert (edited.first_name, edited.ext, edited.caller_id) == ("Ümit", "77", "+442079460000")
    assert (
        SipAccount.objects.get(user=uma).username == before
    )  # R22: only an assignment or a request changes them


@pytest.mark.parametrize("lost", ["first_name", "last_name", "email", "ext"])
def test_person_with_a_phone_keeps_what_he_needs_for_it(signed_in, uma, phone, lost):  # R25
    response = edit(signed_in, uma, **{lost: ""})
    assert response.status_code == 422
    assert "To take one away, unassign the phone first." in visible_text(response)
    assert getattr(User.objects.get(pk=uma.pk), lost) == getattr(uma, lost)


def test_dialog_of_htmx_reloads_the_list_when_done(signed_in, uma):
    response = edit(signed_in, uma, HTMX, first_name="Ulla")
    assert (response.status_code, response["HX-Refresh"]) == (204, "true")
    assert "Saved Ulla One." in visible_text(signed_in.get("/users/"))

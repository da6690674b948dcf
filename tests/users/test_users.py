"""Users and what can be done with a person (R21, R23 to R25)."""

from __future__ import annotations

import html
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client

from phones.models import Phone
from tests import factories
from tests.markup import compact
from tests.waiting import wait_until
from users import people, sip
from users.access import user_of
from users.models import Account, Plan, SipCredentials, User
from users.tenancy import scope

HTMX = {"HX-Request": "true"}
EMAIL_IN_USE = (
    "This email address is already in use. If it is not one of your users, contact support."
)
LAST = "This is the last administrator of your account. Make somebody else one first."
HAS_PHONE = "This person has a phone. Unassign it first."


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def uma(acme, alice) -> User:
    return factories.person(acme, "Uma", "One", ext="11", email="uma@example.com")


@pytest.fixture
def phone(acme, uma) -> Phone:
    """Uma's phone."""
    return factories.phone(acme, uma, label="Front desk")


def form(user: User, **changes: str) -> dict[str, str]:
    """What the form of Edit user sends."""
    sent = {
        name: getattr(user, name) or ""
        for name in ("first_name", "last_name", "email", "ext", "caller_id")
    }
    return sent | ({"is_administrator": "on"} if user.is_administrator else {}) | changes


def errors(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def text(response) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()))


# --- the table ---


def test_table_shows_name_extension_email_plan_and_phone(signed_in, phone, acme):  # R21
    factories.person(acme, "Ben", "Basic", ext=None, email=None, plan=Plan.BASIC)
    page = signed_in.get("/users/").content.decode()
    rows = [
        re.sub(r"<[^>]+>", " ", row).split("Options")[0].split()
        for row in re.findall(r"<tr id.*?</tr>", page, re.S)
    ]
    assert [" ".join(row) for row in rows] == [
        "Uma One 11 uma@example.com Pro Front desk",
        f"Alice Archer administrator 100 {User.objects.get(ext='100').email} Pro –",
        "Ben Basic – – Basic –",
    ]


def test_options_menu_has_what_can_be_done(signed_in, uma):  # R21, R22
    page = signed_in.get("/users/").content.decode()
    menu = re.search(rf'<tr id="user-{uma.pk}".*?<ul>(.*?)</ul>', page, re.S).group(1)
    items = [
        " ".join(re.sub(r"<[^>]+>", " ", item).split())
        for item in re.findall(r"<li>.*?</li>", menu, re.S)
    ]
    assert [item for item in items if not item.startswith("Show SIP")] == [
        "Edit user", "Change plan", "Activity", "Deactivate", "Delete user",
    ]  # fmt: skip
    assert len([item for item in items if item.startswith("Show SIP credentials")]) == 1


def test_menu_of_a_basic_person_says_why_there_are_no_credentials(signed_in, acme):  # R22
    factories.person(acme, plan=Plan.BASIC, ext="1")
    assert "none on Basic" in text(signed_in.get("/users/"))


def test_table_is_the_same_number_of_queries_for_1_and_3_people(
    signed_in, acme, django_assert_max_num_queries
):
    factories.phone(acme, factories.person(acme))
    for _ in range(2):
        with django_assert_max_num_queries(9):
            signed_in.get("/users/")
        for _ in range(3):
            factories.phone(acme, factories.person(acme))


# --- adding and editing ---


NEW = {
    "first_name": "Zoë",
    "last_name": "Ng",
    "email": "Zoe.Ng@Example.com",
    "ext": "0042",
    "caller_id": "(415) 555-0100",
    "plan": "plus",
}


def test_person_added_has_what_was_typed_and_credentials(signed_in, acme):  # R22, R25
    response = signed_in.post("/users/add/", NEW)
    zoe = User.objects.get(ext="0042")
    assert (response.status_code, response.url) == (302, "/users/")
    assert (zoe.account, zoe.name, zoe.email, zoe.caller_id, zoe.plan) == (
        acme, "Zoë Ng", "zoe.ng@example.com", "+14155550100", Plan.PLUS,
    )  # fmt: skip
    assert (zoe.is_administrator, zoe.is_staff, zoe.has_usable_password()) == (False, False, False)
    assert zoe.sip.ha1 == sip.compute_ha1(zoe.sip.username, sip.password_of(zoe.sip))
    assert "Added Zoë Ng." in text(signed_in.get("/users/"))


def test_basic_person_added_has_no_credentials(signed_in, acme):  # R22
    signed_in.post("/users/add/", NEW | {"plan": "basic"})
    assert not SipCredentials.objects.filter(user__ext="0042").exists()


def test_person_may_be_added_before_he_is_fully_set_up(signed_in, acme):  # R19
    assert signed_in.post("/users/add/", {"last_name": "Ng", "plan": "pro"}).status_code == 302
    assert User.objects.get(last_name="Ng").can_have_phone is False


REFUSED = [
    ({"ext": "911"}, {"ext": ["911, 933 and 112 are emergency numbers and cannot be extensions."]}),
    ({"ext": "933"}, {"ext": ["911, 933 and 112 are emergency numbers and cannot be extensions."]}),
    ({"ext": "112"}, {"ext": ["911, 933 and 112 are emergency numbers and cannot be extensions."]}),
    ({"ext": "12a"}, {"ext": ["An extension is 1 to 10 digits."]}),
    ({"ext": "12\n"}, {"ext": ["An extension is 1 to 10 digits."]}),
    ({"ext": "٣"}, {"ext": ["An extension is 1 to 10 digits."]}),
    ({"ext": "12345678901"}, {"ext": ["An extension is 1 to 10 digits."]}),
    ({"ext": "11"}, {"ext": ["Somebody in your account already has this extension."]}),
    ({"email": "UMA@example.com"}, {"email": [EMAIL_IN_USE]}),
    ({"email": "no email"}, {"email": ["Enter a valid email address."]}),
    (
        {"caller_id": "5550100"},
        {"caller_id": ["Write the number with + and country code, such as +1 415 555 0100."]},
    ),
    (
        {"first_name": "x" * 61},
        {"first_name": ["Ensure this value has at most 60 characters (it has 61)."]},
    ),
    (
        {"last_name": "two\nlines"},
        {
            "last_name": [
                "This holds characters that cannot be seen, such as line breaks. Take them out."
            ]
        },
    ),
    (
        {"email": "", "is_administrator": "on"},
        {"email": ["An administrator signs in with an email address and needs one."]},
    ),
    (
        {"first_name": "", "last_name": "", "email": ""},
        {"__all__": ["Give a name or an email address, so that people can tell who this is."]},
    ),
]


@pytest.mark.parametrize(("changes", "wrong"), REFUSED)
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "page"])
def test_person_that_cannot_be_added_is_refused_with_the_reason(
    signed_in, uma, changes, wrong, headers
):  # R13, R25
    response = signed_in.post("/users/add/", NEW | changes, headers=headers)
    assert (response.status_code, errors(response)) == (422, wrong)
    assert User.objects.count() == 2


@pytest.mark.parametrize(("changes", "wrong"), REFUSED)
def test_person_cannot_be_edited_into_what_cannot_be_added(signed_in, uma, acme, changes, wrong):
    wyn = factories.person(acme, "Wyn", "Three", ext="13", email="wyn@example.com")
    response = signed_in.post(f"/users/{wyn.pk}/", form(wyn, **changes))
    assert (response.status_code, errors(response)) == (422, wrong)
    kept = User.objects.get(pk=wyn.pk)
    assert (kept.name, kept.email, kept.ext) == ("Wyn Three", "wyn@example.com", "13")


def test_email_of_another_company_is_refused_in_the_same_words(signed_in, acme, other):  # R6
    factories.person(other, "Eve", "Else", email="eve@other.example")
    response = signed_in.post("/users/add/", NEW | {"email": "Eve@other.example"})
    assert (response.status_code, errors(response)) == (422, {"email": [EMAIL_IN_USE]})
    assert not re.search("Else|Other", text(response))


def test_extension_of_another_company_is_free_here(signed_in, acme, other):
    factories.person(other, ext="0042")
    assert signed_in.post("/users/add/", NEW).status_code == 302


def test_email_that_grows_when_it_is_lowered_is_refused(signed_in, acme):
    """“İ” is one character, and two in lower case."""
    assert (
        signed_in.post("/users/add/", NEW | {"email": "İ" * 240 + "@example.com"}).status_code
        == 422
    )


def test_edited_person_is_as_typed(signed_in, uma):  # R25
    before = SipCredentials.objects.get(user=uma).username
    response = signed_in.post(
        f"/users/{uma.pk}/", form(uma, first_name=" Ümit ", ext="77", caller_id="+442079460000")
    )
    assert (response.status_code, response.url) == (302, "/users/")
    edited = User.objects.get(pk=uma.pk)
    assert (edited.first_name, edited.ext, edited.caller_id) == ("Ümit", "77", "+442079460000")
    assert (
        SipCredentials.objects.get(user=uma).username == before
    )  # R22: only an assignment or a request changes them


@pytest.mark.parametrize("lost", ["first_name", "last_name", "email", "ext"])
def test_person_with_a_phone_keeps_what_he_needs_for_it(signed_in, uma, phone, lost):  # R25
    response = signed_in.post(f"/users/{uma.pk}/", form(uma, **{lost: ""}))
    assert response.status_code == 422
    assert "Unassign the phone first." in text(response)
    assert getattr(User.objects.get(pk=uma.pk), lost) == getattr(uma, lost)


def test_dialog_of_htmx_reloads_the_list_when_done(signed_in, uma):
    response = signed_in.post(f"/users/{uma.pk}/", form(uma, first_name="Ulla"), headers=HTMX)
    assert (response.status_code, response["HX-Refresh"]) == (204, "true")
    assert "Saved Ulla One." in text(signed_in.get("/users/"))


# --- plans ---


@pytest.mark.parametrize(("before", "after"), [("plus", "pro"), ("pro", "plus"), ("pro", "pro")])
def test_change_between_plans_with_a_line_keeps_phone_and_credentials(
    signed_in, uma, phone, before, after
):  # R24
    User.objects.filter(pk=uma.pk).update(plan=before)
    credentials = SipCredentials.objects.get(user=uma).username
    assert signed_in.post(f"/users/{uma.pk}/plan/", {"plan": after}).status_code == 302
    assert User.objects.get(pk=uma.pk).plan == after
    assert SipCredentials.objects.get(user=uma).username == credentials
    assert Phone.objects.get().assigned_to == uma


def test_upgrade_from_basic_gives_credentials_and_a_place_on_the_list_at_once(
    signed_in, acme
):  # R22, R24
    ben = factories.person(acme, "Ben", "Basic", ext="14", plan=Plan.BASIC)
    free = factories.phone(acme)
    choose = f"/phones/{free.pk}/assigned/?to={ben.pk}"
    assert signed_in.get(choose).status_code == 422
    response = signed_in.post(f"/users/{ben.pk}/plan/", {"plan": "plus"}, follow=True)
    assert "Ben Basic is on Plus now." in text(response)
    assert SipCredentials.objects.filter(user=ben).count() == 1
    assert signed_in.get(choose).status_code == 200


def test_downgrade_takes_the_credentials_away(signed_in, uma):  # R22
    signed_in.post(f"/users/{uma.pk}/plan/", {"plan": "basic"})
    assert User.objects.get(pk=uma.pk).plan == Plan.BASIC
    assert not SipCredentials.objects.filter(user=uma).exists()


def test_downgrade_and_upgrade_make_new_credentials(signed_in, uma):  # R22
    before = SipCredentials.objects.get(user=uma).username
    for plan in ("basic", "pro"):
        signed_in.post(f"/users/{uma.pk}/plan/", {"plan": plan})
    assert SipCredentials.objects.get(user=uma).username != before


@pytest.mark.parametrize("dialog", ["plan", "activation", "delete"])
def test_dialog_that_needs_the_phone_gone_names_it_and_leads_to_unassigning(
    signed_in, uma, phone, dialog
):  # R23, R25
    page = signed_in.get(f"/users/{uma.pk}/{dialog}/")
    assert "Uma One has the phone Front desk. Unassign it first." in text(page)
    markup = compact(page.content.decode())
    links = re.findall(r'<a class="button" href="([^"]*assigned[^"]*)"', markup)
    assert links == [f"/phones/{phone.pk}/assigned/?to=nobody"]
    assert "Unassign Front desk" in text(signed_in.get(links[0]))


@pytest.mark.parametrize(
    ("dialog", "form"), [("plan", {"plan": "basic"}), ("activation", {}), ("delete", {})]
)
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "page"])
def test_person_with_a_phone_cannot_lose_it_by_the_way(
    signed_in, uma, phone, dialog, form, headers
):  # R23, R25
    response = signed_in.post(f"/users/{uma.pk}/{dialog}/", form, headers=headers)
    assert response.status_code == 422
    assert HAS_PHONE in text(response) and "has the phone Front desk" in text(response)
    kept = User.objects.get(pk=uma.pk)
    assert (kept.plan, kept.is_active, kept.phone) == (Plan.PRO, True, phone)
    assert SipCredentials.objects.filter(user=uma).count() == 1


def test_plan_that_does_not_exist_is_refused(signed_in, uma):
    response = signed_in.post(f"/users/{uma.pk}/plan/", {"plan": "gold"})
    assert (response.status_code, list(errors(response))) == (422, ["plan"])


# --- leaving ---


def test_deleted_person_is_gone_with_his_credentials(signed_in, uma):  # R25
    assert "Delete Uma One?" in text(signed_in.get(f"/users/{uma.pk}/delete/"))
    assert "Deleted Uma One." in text(signed_in.post(f"/users/{uma.pk}/delete/", follow=True))
    assert not User.objects.filter(pk=uma.pk).exists()
    assert not SipCredentials.objects.filter(user_id=uma.pk).exists()


def test_deactivated_person_stays_and_can_come_back(signed_in, uma):  # R25
    assert "Deactivated Uma One." in text(
        signed_in.post(f"/users/{uma.pk}/activation/", follow=True)
    )
    assert User.objects.get(pk=uma.pk).is_active is False
    assert "Activated Uma One." in text(signed_in.post(f"/users/{uma.pk}/activation/", follow=True))
    assert User.objects.get(pk=uma.pk).is_active is True


def test_person_who_was_just_given_a_phone_cannot_be_deleted(rf, alice, acme, uma):  # R25
    request = rf.get("/")
    request.user = alice
    seen_without = user_of(request, uma.pk)
    factories.phone(acme, uma)
    with pytest.raises(ValidationError, match="has a phone"):
        people.delete(seen_without)
    assert User.objects.filter(pk=uma.pk).exists()


# --- the last administrator ---


UNMAKE = {
    "unmade": lambda user: people.edit(user, is_administrator=False),
    "deactivated": lambda user: people.set_active(user, False),
    "deleted": people.delete,
}


@pytest.mark.parametrize("way", UNMAKE)
def test_last_administrator_stays_one(alice, acme, way):  # R25
    factories.person(acme, is_administrator=True, is_active=False)
    with pytest.raises(ValidationError, match=re.escape(LAST)):
        UNMAKE[way](alice)
    kept = User.objects.get(pk=alice.pk)
    assert (kept.is_administrator, kept.is_active) == (True, True)


@pytest.mark.parametrize("way", UNMAKE)
def test_administrator_beside_another_may_go(alice, acme, way):  # R25
    UNMAKE[way](factories.person(acme, is_administrator=True))
    assert list(User.objects.filter(is_administrator=True, is_active=True)) == [alice]


@pytest.mark.parametrize(
    ("path", "form"),
    [("", {"first_name": "Alice", "email": "a@example.com"}), ("activation/", {}), ("delete/", {})],
)
def test_page_of_the_last_administrator_says_why_not(signed_in, alice, path, form):
    response = signed_in.post(f"/users/{alice.pk}/{path}", form)
    assert response.status_code == 422
    assert LAST in text(response)


@pytest.mark.parametrize("way", UNMAKE)
def test_two_administrators_cannot_unmake_each_other_at_once(committed, way):  # R25
    account = factories.account()
    both = [factories.person(account, is_administrator=True) for _ in range(2)]
    together = threading.Barrier(2, timeout=60)

    def unmake(user: User) -> str:
        try:
            with transaction.atomic():
                scope.enter(account_id=account.pk)
                together.wait()
                UNMAKE[way](user)
            return "done"
        except ValidationError as refusal:
            return refusal.messages[0]
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(unmake, both)) == [LAST, "done"]
    with transaction.atomic():
        scope.enter(account_id=account.pk)
        assert User.objects.filter(is_administrator=True, is_active=True).count() == 1


@pytest.mark.parametrize("way", UNMAKE)
def test_person_who_became_the_last_administrator_meanwhile_stays_one(alice, acme, way):  # R25
    bob = factories.person(acme, "Bob")
    User.objects.filter(pk=bob.pk).update(is_administrator=True)
    User.objects.filter(pk=alice.pk).update(is_administrator=False)
    with pytest.raises(ValidationError, match=re.escape(LAST)):
        UNMAKE[way](bob)  # as he was read before


# --- two requests at once ---


def in_turn(owner, locked: str, *posts: tuple[Client, str, dict[str, str]]) -> list[int]:
    """Send requests that wait for the owner's lock, release them in order; return statuses."""

    def send(client: Client, url: str, form: dict[str, str]) -> int:
        try:
            return client.post(url, form).status_code
        finally:
            connection.close()

    owner.execute(f"{locked} FOR UPDATE")
    with ThreadPoolExecutor() as pool:
        sent = []
        for number, post in enumerate(posts, 1):
            sent.append(pool.submit(send, *post))
            waiting = "SELECT count(*) = %s FROM pg_locks WHERE NOT granted"
            wait_until(
                lambda waiting=waiting, number=number: owner.execute(waiting, [number]).fetchone()[
                    0
                ]
            )
        owner.rollback()
        return [answer.result() for answer in sent]


def administrators(account: Account, count: int = 2) -> list[Client]:
    """Browsers, each with an administrator of the account signed in."""
    clients = []
    for _ in range(count):
        person = factories.person(account, is_administrator=True, password="secret")
        clients.append(Client(raise_request_exception=False))
        clients[-1].post("/sign-in/", {"login": person.email, "password": "secret"})
    return clients


@pytest.mark.parametrize(
    ("path", "sent"), [("", {"last_name": "New"}), ("plan/", {"plan": "plus"}), ("activation/", {})]
)
def test_change_of_a_person_who_is_just_being_deleted_finds_nobody(committed, owner, path, sent):
    account = factories.account()
    one, other = administrators(account)
    uma = factories.person(account, "Uma")
    locked = f"SELECT FROM users_user WHERE id = {uma.pk}"
    assert in_turn(
        owner,
        locked,
        (one, f"/users/{uma.pk}/delete/", {}),
        (other, f"/users/{uma.pk}/{path}", sent),
    ) == [
        302,
        404,
    ]

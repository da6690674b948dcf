"""Which language a user is answered in, how they change it, and where it is remembered."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from tests import factories, site
from tests.markup import compact
from users import links, tasks
from users.models import User

PHONES = "/phones/"
SPANISH = {"Accept-Language": "es-MX,es;q=0.9"}


@pytest.fixture
def signed_in(client, alice) -> Client:
    client.force_login(alice)
    return client


def language_of(answer) -> str:
    """Return the language that an answer states in its headers and in its page."""
    said = answer.headers["Content-Language"]
    if answer.content:
        assert f'<html lang="{said}"' in answer.content.decode()
    return said


def choose(client: Client, language: str, **more: str):
    return client.post("/sign-in/language/", {"language": language, "next": PHONES, **more})


def test_first_visit_is_answered_in_the_language_that_the_browser_asks_for(client, db):
    assert language_of(client.get("/sign-in/", headers=SPANISH)) == "es"
    assert language_of(client.get("/sign-in/", headers={"Accept-Language": "fi,en;q=0.5"})) == "en"
    assert language_of(client.get("/sign-in/", headers={"Accept-Language": "fi"})) == "en"
    assert language_of(client.get("/sign-in/")) == "en"


def test_answer_in_a_language_is_kept_by_no_cache(client, db):
    answer = client.get("/sign-in/", headers=SPANISH)
    assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", "))
    assert "Accept-Language" in answer.headers["Vary"]


def test_language_chosen_before_sign_in_is_remembered_in_the_browser(client, db):
    answer = choose(client, "es", next="/sign-in/password/reset/?next=/phones/")
    assert (answer.status_code, answer.url) == (302, "/sign-in/password/reset/?next=/phones/")
    cookie = client.cookies["language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (
        "es",
        True,
        "Lax",
        31_536_000,
    )
    assert language_of(client.get("/sign-in/", headers={"Accept-Language": "en"})) == "es"


def test_chosen_language_is_remembered_on_the_person_and_wins_in_any_browser(signed_in, alice):
    choose(signed_in, "es")
    elsewhere = Client()
    elsewhere.force_login(alice)
    elsewhere.cookies["language"] = "en"
    assert language_of(elsewhere.get(PHONES, headers={"Accept-Language": "en"})) == "es"
    choose(elsewhere, "en")
    assert language_of(signed_in.get(PHONES, headers=SPANISH)) == "en"


def test_language_in_which_somebody_first_signs_in_becomes_his(alice, client):
    data = {"login": alice.email, "password": "secret"}
    assert client.post("/sign-in/", data, headers=SPANISH).status_code == 302
    assert User.objects.get(pk=alice.pk).language == "es"
    client.post("/sign-in/out/")
    client.post("/sign-in/", data, headers={"Accept-Language": "en"})
    assert User.objects.get(pk=alice.pk).language == "es"


def test_choice_of_a_language_is_a_preference_and_makes_no_history(signed_in, alice):
    before = alice.history.count()
    choose(signed_in, "es")
    assert alice.history.count() == before


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "http://[", ""]
)
def test_switch_leads_nowhere_but_back_to_our_pages(signed_in, where):
    assert choose(signed_in, "es", next=where).url == "/"


@pytest.mark.parametrize("language", ["xx", "", "es-MX", "../es"])
def test_language_that_there_is_not_is_refused_and_changes_nothing(signed_in, alice, language):
    assert choose(signed_in, language).status_code == 400
    assert User.objects.get(pk=alice.pk).language == "" and "language" not in signed_in.cookies


def test_language_is_chosen_by_a_form_of_our_own_only(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert choose(client, "es").status_code == 403


@pytest.mark.parametrize(
    "page",
    ["/sign-in/", "/sign-in/password/reset/", "/phones/", "/users/", "/sign-in/second-factor/"],
)
def test_every_page_offers_each_language_in_its_own_name(client, alice, page):
    if not page.startswith("/sign-in/"):
        client.force_login(alice)
    text = compact(client.get(page, follow=True, headers=SPANISH).content.decode())
    assert '<button name="language" value="en" lang="en">English</button>' in text
    assert (
        '<button name="language" value="es" lang="es" aria-current="true">Español</button>' in text
    )


def test_support_staff_have_the_switch_in_django_admin(db):
    world = site.world()
    client = world.client("support")
    assert 'lang="es">Español</button>' in compact(client.get("/admin/").content.decode())
    choose(client, "es", next="/admin/")
    assert language_of(client.get("/admin/")) == "es"


def test_error_pages_are_in_the_language_of_who_meets_them(signed_in):
    choose(signed_in, "es")
    signed_in.raise_request_exception = False
    for path in ("/nothing/", "/users/?sort=nothing", "/phones/999999/"):
        answer = signed_in.get(path, headers={"Accept-Language": "en"})
        assert answer.status_code >= 400 and '<html lang="es"' in answer.content.decode()


def test_telephones_and_whoever_comes_next_are_not_answered_in_the_language_of_who_came_before(
    signed_in,
):
    choose(signed_in, "es")
    signed_in.get(PHONES)
    assert translation.get_language() == "en"


@pytest.mark.parametrize(("language", "subject"), [("es", "es"), ("en", "en"), ("", "en")])
def test_mail_is_in_the_language_of_who_gets_it(alice, language, subject):
    User.objects.filter(pk=alice.pk).update(language=language)
    alice.refresh_from_db()
    tasks.send_news(alice.account_id, alice.pk, "password_changed")
    tasks.send_password_link(alice.account_id, alice.pk)
    links.send_invitation(alice)
    with translation.override(subject):
        subjects = [translation.gettext(text) for text in SUBJECTS]
        assert translation.gettext(str(tasks.NEWS["password_changed"])) in mail.outbox[0].body
    assert [message.subject for message in mail.outbox] == subjects
    if language == "es":
        assert all("phoneadmin" in one and one not in SUBJECTS for one in subjects)


SUBJECTS = (
    "Your sign-in to phoneadmin",
    "Choose a new password for phoneadmin",
    "Your invitation to phoneadmin",
)


def test_invitation_to_somebody_whose_language_nobody_knows_is_in_that_of_who_invites_him(
    acme, alice
):
    new = factories.person(acme, "Ned", is_administrator=True, email="ned@example.com")
    new.set_unusable_password()
    new.save()
    User.objects.filter(pk=alice.pk).update(language="es")
    tasks.send_invitation(acme.pk, new.pk, alice.pk)
    with translation.override("es"):
        assert mail.outbox[0].subject == translation.gettext("Your invitation to phoneadmin")

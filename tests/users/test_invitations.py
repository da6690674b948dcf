"""The first people are invited from the command line and choose a password by a link (R39)."""

from __future__ import annotations

import re
import socket

import pytest
from django.core.management import CommandError, call_command
from django.core.validators import validate_email
from django.test import Client, override_settings

from tests import factories
from tests.answers import visible_text
from tests.authenticator import do_jobs
from tests.confirming import confirm_act
from tests.users import editing
from tests.users.editing import UNSEEN
from tests.users.guessing import minutes_pass
from users import links, tasks
from users.models import Account, User
from users.tenancy import scope
from users.tenancy.scope import enter


@pytest.fixture(autouse=True)
def everything(db):
    enter(scope="support")


def choose_password(client, mailbox, password: str) -> None:
    """Follow the link of the only mail and choose a password there."""
    (mail,) = mailbox
    path = re.search(r"http://localhost:\d+(/\S+)", mail.body).group(1)
    form = client.get(path, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": password, "password2": password})


def test_invited_administrator_chooses_a_password_and_comes_in(client, mailoutbox):
    call_command("invite", "Ann@New.Example", account="New Company", first_name="Ann")
    assert mailoutbox[0].to == ["ann@new.example"]
    assert "New Company" in mailoutbox[0].body
    choose_password(client, mailoutbox, "a long enough one")
    client.post("/sign-in/", {"login": "ann@new.example", "password": "a long enough one"})
    assert client.get("/users/").status_code == 200
    enter(scope="support")
    user = User.objects.get(email="ann@new.example")
    assert (user.account.name, user.is_administrator, user.is_staff) == ("New Company", True, False)


def test_invitation_works_once(client, mailoutbox):
    call_command("invite", "ann@new.example", account="New Company")
    choose_password(client, mailoutbox, "a long enough one")
    path = re.search(r"http://localhost:\d+(/\S+)", mailoutbox[0].body).group(1)
    assert "has been used or has expired" in client.get(path, follow=True).content.decode()


def test_invitation_to_an_existing_account_adds_to_it(mailoutbox):
    acme = factories.account("Acme")
    call_command("invite", "ann@acme.example", account="ACME")
    assert User.objects.get(email="ann@acme.example").account == acme
    assert Account.objects.count() == 1


@pytest.mark.parametrize("email", ["no address", "", "a@b", "x" * 300 + "@example.com"])
def test_invitation_to_what_is_no_address_makes_nothing(email, mailoutbox):
    with pytest.raises(CommandError):
        call_command("invite", email, account="New Company")
    assert (Account.objects.count(), User.objects.count(), mailoutbox) == (0, 0, [])


def test_invitation_of_somebody_elses_person_is_refused_without_telling_whose(mailoutbox):
    factories.person(factories.account("Rival"), email="ann@acme.example")
    with pytest.raises(CommandError) as error:
        call_command("invite", "ann@acme.example", account="Acme")
    assert "Rival" not in str(error.value)
    assert (Account.objects.filter(name="Acme").exists(), mailoutbox) == (False, [])


# --- another administrator, from the list of users ---


@pytest.fixture
def alice() -> User:
    return factories.person(factories.account("Acme"), "Alice", "Archer", is_administrator=True)


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


PERSON = {
    "first_name": "Owen",
    "last_name": "Cohen",
    "email": "owen@example.com",
    "is_administrator": "on",
}


def make_administrator(browser: Client, user: User) -> None:
    assert confirm_act(browser, f"/users/{user.pk}/make-administrator/").status_code == 302


def test_new_administrator_is_invited_and_comes_in(signed_in, alice, mailoutbox):
    said = "An invitation is on its way to owen@example.com."
    assert said in visible_text(add(signed_in, "owen@example.com"))
    do_jobs()
    assert mailoutbox[0].to == ["owen@example.com"]
    assert f"{alice.email} invites you to manage the phones of “Acme”." in mailoutbox[0].body
    browser = Client()
    choose_password(browser, mailoutbox, "a long enough one")
    browser.post("/sign-in/", {"login": "owen@example.com", "password": "a long enough one"})
    assert browser.get("/users/").status_code == 200


def test_person_who_is_made_administrator_is_invited_once(signed_in, alice, mailoutbox):
    owen = factories.person(alice.account, "Owen", "Cohen", email="owen@example.com")
    make_administrator(signed_in, owen)
    said = "Owen Cohen is an administrator now. An invitation is on its way to owen@example.com."
    assert said in visible_text(signed_in.get("/users/"))
    url = f"/users/{owen.pk}/make-administrator/"
    assert signed_in.post(url, UNSEEN).status_code == 302  # once more, from another tab
    assert editing.edit(signed_in, owen, first_name="Owain").status_code == 302
    do_jobs()
    assert [mail.to for mail in mailoutbox] == [["owen@example.com"]]


def test_new_administrator_is_there_even_if_no_invitation_was_sent(signed_in, alice, mailoutbox):
    owen = factories.person(alice.account, "Owen", "Cohen", email="owen@example.com")
    factories.person(alice.account, is_administrator=True, password="secret")
    for _ in range(3):
        make_administrator(signed_in, owen)
        confirm_act(signed_in, f"/users/{owen.pk}/remove-administrator/")
    make_administrator(signed_in, owen)
    assert "Owen Cohen is an administrator now. No invitation was sent: too many went to" in (
        visible_text(signed_in.get("/users/"))
    )
    assert User.objects.get(pk=owen.pk).is_administrator


def test_person_who_has_a_password_is_not_invited(signed_in, alice, mailoutbox):
    owen = factories.person(alice.account, email="owen@example.com", password="secret")
    make_administrator(signed_in, owen)
    url = f"/users/{owen.pk}/invitation/"
    for response in (signed_in.get(url), signed_in.post(url, UNSEEN)):
        assert response.status_code == 422
        assert "who has no password yet" in visible_text(response)
    do_jobs()
    assert [mail.subject for mail in mailoutbox] == ["You’re an administrator of Acme now"]


def test_invitation_is_sent_again_three_times_an_hour_at_most(signed_in, alice, mailoutbox):
    owen = factories.person(alice.account, email="owen@example.com", is_administrator=True)
    url = f"/users/{owen.pk}/invitation/"
    assert f'href="{url}"' in signed_in.get("/users/").content.decode()
    sent = [confirm_act(signed_in, url) for _ in range(4)]
    assert [answer.status_code for answer in sent] == [302, 302, 302, 422]
    assert "No invitation was sent: too many went to owen@example.com" in visible_text(sent[-1])
    do_jobs()
    assert len(mailoutbox) == 3


def test_only_administrators_are_invited_and_only_ones_own(signed_in, alice, mailoutbox):
    pat = factories.person(alice.account)
    eve = factories.person(factories.account("Other"), is_administrator=True)
    assert signed_in.post(f"/users/{pat.pk}/invitation/", UNSEEN).status_code == 422
    assert signed_in.post(f"/users/{eve.pk}/invitation/", UNSEEN).status_code == 404
    do_jobs()
    assert mailoutbox == []


# --- strangers get few mails, and none with the sender's words ---


def add(browser: Client, email: str):
    """Add an administrator; return what the list says then."""
    assert editing.add(browser, **PERSON | {"plan": "basic", "email": email}).status_code == 302
    return browser.get("/users/")


def delete(email: str) -> None:
    with scope.entered(scope="support"):
        User.objects.get(email=email).delete()


def another_companys() -> Client:
    browser = Client()
    with scope.entered(scope="support"):
        browser.force_login(factories.person(factories.account(), is_administrator=True))
    return browser


def test_adding_and_deleting_sends_a_stranger_three_mails_an_hour_and_five_a_day(
    signed_in, mailoutbox
):
    companies = [signed_in, another_companys()]
    for expected in (3, 5, 5):
        for n in range(6):
            said = visible_text(add(companies[n % 2], "Stranger@example.com"))
            assert "Added Owen Cohen." in said
            do_jobs()
            delete("stranger@example.com")
        assert len(mailoutbox) == expected
        minutes_pass(61)


def test_company_invites_five_people_an_hour_and_twenty_a_day(signed_in, mailoutbox):
    for hour, expected in enumerate((5, 10, 15, 20, 20)):
        answers = [add(signed_in, f"person{hour}-{n}@example.com") for n in range(8)]
        do_jobs()
        assert len(mailoutbox) == expected
        minutes_pass(61)
    said = visible_text(answers[-1])
    assert "Added Owen Cohen." in said and "An invitation is on its way" not in said
    assert (
        "No invitation was sent: too many went to person4-7@example.com or from this company"
        in said
    )
    assert "message problem" in answers[-1].content.decode()
    # A refused invitation doesn't count, for the company or for the address.
    for _ in range(5):
        delete("person4-7@example.com")
        add(signed_in, "person4-7@example.com")
    delete("person4-7@example.com")
    again = add(another_companys(), "person4-7@example.com")
    assert "An invitation is on its way" in visible_text(again)


def test_invitation_says_nothing_that_the_inviter_typed_but_an_email_address(
    signed_in, alice, mailoutbox
):
    alice.first_name, alice.last_name = "Your account is locked:", "call +1 900 555 0100"
    alice.save()
    add(signed_in, "first@example.com")
    alice.email = '"call\\ +1\\ 900\\ 555\\ 0100"@example.com'  # it is valid
    validate_email(alice.email)
    alice.save()
    add(signed_in, "second@example.com")
    do_jobs()
    assert not [
        mail for mail in mailoutbox if re.search(r"locked|900|Owen|Cohen", mail.subject + mail.body)
    ]
    assert mailoutbox[1].body.startswith("You are invited to manage the phones of “Acme”.")


def test_name_of_an_account_takes_one_line_of_the_mail(mailoutbox):
    old = factories.account(
        "Acme\r\n\r\nhttps://elsewhere.example"
    )  # from before names were checked
    links.send_invitation(factories.person(old, is_administrator=True))
    assert "the phones of “Acme https://elsewhere.example”." in mailoutbox[0].body
    with pytest.raises(CommandError, match="line breaks"):
        call_command("invite", "ann@new.example", account="New\nCompany")


def test_operators_command_has_no_limits(mailoutbox):
    for _ in range(7):
        call_command("invite", "ann@new.example", account="New Company")
    assert len(mailoutbox) == 7


def test_link_asked_for_by_whoever_never_had_a_password_counts_as_an_invitation(
    signed_in, mailoutbox
):
    """Otherwise anyone could have mails sent to a stranger whom a company added."""
    add(signed_in, "stranger@example.com")
    for _ in range(6):
        Client().post("/sign-in/password/reset/", {"email": "stranger@example.com"})
        minutes_pass(6)
    do_jobs()
    assert len(mailoutbox) == 3


def test_links_to_one_address_are_six_an_hour(alice, mailoutbox):
    alice.set_password("secret")
    alice.save()
    for _ in range(9):
        Client().post("/sign-in/password/reset/", {"email": alice.email})
        minutes_pass(6)
    do_jobs()
    assert len(mailoutbox) == 6


def test_reset_of_factors_that_nobody_has_sends_no_mail(signed_in, alice, mailoutbox):
    owen = factories.person(alice.account, email="owen@example.com")
    assert signed_in.post(f"/users/{owen.pk}/second-factor/", UNSEEN).status_code == 302
    do_jobs()
    assert mailoutbox == []


def test_news_of_a_sign_in_are_ten_an_hour(alice, mailoutbox):
    for _ in range(12):
        tasks.send_news(alice.account_id, alice.pk, "password_changed")
    assert len(mailoutbox) == 10


def test_mail_that_the_server_does_not_take_counts_for_nothing(alice, mailoutbox):
    """The worker retries for hours, and then it must arrive."""
    attempts = [
        lambda: tasks.send_news(alice.account_id, alice.pk, "password_changed"),
        lambda: tasks.send_password_link(0, alice.pk),
    ]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]  # nothing listens there afterward
    smtp = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
    }
    for attempt in attempts:
        with override_settings(**smtp, EMAIL_PORT=port):
            for _ in range(11):
                with pytest.raises(ConnectionRefusedError):
                    attempt()
        attempt()
    assert len(mailoutbox) == 2

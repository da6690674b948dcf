"""Change email addresses, read the mails about it, and block a sign-in with their link."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.db import transaction
from django.test import Client

from tests import factories
from tests.authenticator import do_jobs
from tests.users.editing import edit
from tests.web import session_of
from users import links
from users.models import User
from users.tenancy import scope

OLD, NEW = "bob@acme.example", "attacker@evil.example"


def made() -> dict[str, Any]:
    """Make a company with three administrators; one reads Spanish, and one has a phone."""
    account = factories.account("Acme")
    people = {
        name: factories.person(
            account,
            name.title(),
            "Archer",
            email=f"{name}@acme.example",
            is_administrator=True,
            password="secret",
        )
        for name in ("alice", "bob", "carol")
    }
    with transaction.atomic(), scope.entered(scope="support"):
        User.objects.filter(pk=people["carol"].pk).update(language="es")
    factories.person(account, "Plain", "Person", email="plain@acme.example", password="secret")
    factories.person(account, "Never", "Came", email="never@acme.example", is_administrator=True)
    return people | {"account": account, "phone": factories.phone(account, people["bob"])}


def browser(user: User) -> Client:
    client = Client()
    client.cookies["sessionid"] = session_of(user)
    return client


def signed_in(user: User) -> Client:
    """Sign in a while ago, so that the next request writes the session; return the browser."""
    client = Client()
    assert client.post("/sign-in/", {"login": user.email, "password": "secret"}).url == "/"
    session = client.session
    session["seen_at"] -= 600
    session.save()
    return client


def is_in(client: Client) -> bool:
    return client.get("/activity/").status_code == 200


def fresh(user: User) -> User:
    with transaction.atomic(), scope.entered(scope="support"):
        return User.objects.get(pk=user.pk)


def change_email(
    company: dict[str, Any],
    *,
    by: str = "alice",
    about: str = "bob",
    to: str = NEW,
) -> Client:
    """Change a user's email address on the pages; return the browser of the user who did it."""
    client = browser(company[by])
    person = fresh(company[about])
    assert edit(client, person, email=to).status_code == 302
    return client


def mails() -> dict[str, Any]:
    """Run the jobs of the worker; return the new mails by recipient."""
    mail.outbox.clear()
    with transaction.atomic():
        do_jobs()
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox)
    return {message.to[0]: message for message in mail.outbox}


def link_in(message: Any) -> str:
    return re.search(r"http://localhost:\d+(/sign-in/block/\S+)", message.body).group(1)


def blocked(company: dict[str, Any]) -> str:
    """Change Bob's address and block the sign-in from the old mailbox; return the link."""
    change_email(company)
    link = link_in(mails()[OLD])
    assert Client().post(link).status_code == 302
    mails()
    return link


def all_people(company: dict[str, Any]) -> list[User]:
    with transaction.atomic(), scope.entered(scope="support"):
        return list(User.objects.filter(account=company["account"]))


def version_of(user: User) -> int:
    with transaction.atomic(), scope.entered(scope="support"):
        return user.history.latest("pgh_id").pgh_id


def link_key(company: dict[str, Any]) -> str:
    return links.make_block_link(company["account"].pk, version_of(company["bob"])).split("/")[-2]

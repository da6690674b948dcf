"""Support staff on an account's own pages: read-only, for a while, and on record (R35)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import InternalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from phones.models import Phone, Provisioning
from tests import factories
from tests.answers import body_of
from tests.bad_input.pages import FORMS, HTMX, OF_ACCOUNT, PAGES
from tests.digests import digests_of_all_tables
from tests.support.acting import REASON, act, activity, page, signed_in
from tests.users.editing import UNSEEN
from users.models import CredentialsRecord
from users.support import visits
from users.tenancy import scope

SECRET = {
    *("user_credentials", "user_credentials_change"),
    *("phone_credentials", "phone_credentials_change", "phone_password"),
}
# What the rules refuse Uma, who has a phone and no role; a visit shows the reason as well.
REFUSED = {"user_invitation", "user_deactivate", "user_delete", "phone_line"}


def visit(client, account, reason: str = REASON):
    return act(client, page("users/account", account, "visit"), reason=reason)


@pytest.fixture
def visitor(support, world):
    """The browser of a support agent on the pages of Acme."""
    assert visit(support, world.acme).url == "/phones/"
    return support


@pytest.fixture(params=["support", "reader"])
def anybody(request):
    """Support agents, whether or not they may act, because looking changes nothing."""
    return request.getfixturevalue(request.param)


def address(name: str, world) -> str:
    whose = world.desk if name.startswith("phone") else world.uma
    return reverse(name, args=[whose.pk] if PAGES[name] else [])


def test_pages_open_as_the_account_sees_them(anybody, administrator, world):
    assert anybody.get("/phones/").url == "/admin/"
    visit(anybody, world.acme)
    theirs, ours = (client.get("/phones/").context for client in (administrator, anybody))
    assert [row.label for row in ours["rows"]] == [row.label for row in theirs["rows"]]
    assert ours["counts"].missing == theirs["counts"].missing
    text = anybody.get("/users/").content.decode()
    assert "Uma Ulm" in text and "These are the pages of <strong>Acme</strong>" in text


def test_visit_is_on_record_with_its_reason(anybody, administrator, world):  # R37
    visit(anybody, world.acme)
    assert activity(administrator)[0] == (
        "Sam Support",
        True,
        REASON,
        ["Looked at the pages of this account."],
    )


@pytest.mark.parametrize("blank", ["", "  "])
def test_visit_needs_a_reason(support, administrator, world, blank):
    assert visit(support, world.acme, reason=blank).status_code == 422
    assert support.get("/phones/").url == "/admin/"
    assert not any("Looked" in str(entry) for entry in activity(administrator))


def test_visit_is_of_that_account_only(visitor, world):
    eve = factories.person(world.other, "Eve")
    theirs = factories.phone(world.other, eve, label="Theirs")
    assert "Theirs" not in visitor.get("/phones/").content.decode()
    assert visitor.get(f"/phones/{theirs.pk}/").status_code == 404
    assert visitor.get(f"/users/{eve.pk}/edit/").status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_every_page_can_be_looked_at_and_none_changes_anything(visitor, world, headers):
    with transaction.atomic():
        before = digests_of_all_tables()
    for name in PAGES:
        answer = visitor.get(address(name, world), headers=headers)
        body_of(answer)
        expected = (
            {403}
            if name in SECRET
            else {302}
            if name in ("home", "company_phones")
            else {422}
            if name in REFUSED
            else {400}
            if name in ("phones_status", "phones_restart", "phone_moves")
            else {200}
        )
        assert answer.status_code in expected, name
    with transaction.atomic():
        assert digests_of_all_tables() == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_but_looking_is_let_through(visitor, world, method):
    for name in OF_ACCOUNT:
        assert visitor.generic(method, address(name, world)).status_code == 403, name


@pytest.mark.parametrize("name", OF_ACCOUNT)
def test_form_of_the_account_is_refused(visitor, world, name):
    with transaction.atomic():
        before = digests_of_all_tables()
    for headers in ({}, HTMX):
        sent = FORMS.get(name, {}) | UNSEEN
        assert visitor.post(address(name, world), sent, headers=headers).status_code == 403
    with transaction.atomic():
        assert digests_of_all_tables() == before


def test_database_itself_refuses_to_write_on_a_visit(visitor, world, monkeypatch):
    """The request's transaction is read-only, whatever a page tries."""

    def careless(account_id: int):
        Phone.objects.filter(pk=world.desk.pk).update(label="Changed")

    monkeypatch.setattr("phones.list_views.count_phones", careless)
    with pytest.raises(InternalError, match="read-only transaction"):
        visitor.get("/phones/")


def test_read_only_transaction_cannot_be_made_writable_again(visitor, world):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('transaction_read_only', 'on', true)")
            cursor.execute("SELECT count(*) FROM phones_phone")
        with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('transaction_read_only', 'off', true)")
        transaction.set_rollback(True)


# What changes something, by page; the account's own administrators have all of it.
CHANGING = {
    "/phones/": {
        "editable label": "data-in-place",
        "dropdown": "data-choose",
        "Add address": "Add address",
        "Update E911 address": "Update E911 address",
        "an address that waits": 'id="retry-',
        "Needs restart": 'id="restart-',
        "dialog": "data-dialog",
        "Add phones": "/phones/add/",
    },
    "/users/": {
        "Options": "Options",
        "act": "/deactivate/",
        "credentials": "/credentials/",
        "Add user": "Add user",
        "dialog": "data-dialog",
    },
}


@pytest.mark.parametrize(
    ("path", "offer"),
    [(path, offer) for path, offers in CHANGING.items() for offer in offers],
)
def test_visit_is_shown_nothing_that_changes_something(
    visitor, administrator, world, path, offer
):  # R35
    """Support once saw labels to edit and addresses to add, which it can't."""
    busy(world)
    shown, ours = (client.get(path).content.decode() for client in (visitor, administrator))
    assert CHANGING[path][offer] in ours
    assert CHANGING[path][offer] not in shown
    assert "Uma Ulm" in shown


def test_rows_that_change_during_a_visit_offer_nothing_either(visitor, administrator, world):
    busy(world)
    query = {"rows": f"{world.desk.pk}.0,{world.shop.pk}.0", "missing": 0, "missing_common": 0}
    shown, ours = (
        client.get("/phones/status/", query, headers=HTMX).content.decode()
        for client in (visitor, administrator)
    )
    for offer in ("data-in-place", "data-choose", "Add address", "data-dialog"):
        assert offer in ours
        assert offer not in shown
    assert f'id="phone-{world.desk.pk}"' in shown


def test_menu_of_a_phone_leads_to_its_records_alone_on_a_visit(visitor, administrator, world):
    """Its addresses and its activity are what support may read."""
    url = f"/phones/{world.desk.pk}/"
    for headers in ({}, HTMX):
        shown, ours = (
            set(re.findall(rf'href="(/phones/{world.desk.pk}/[a-z]+/|/phones/restart/)', text))
            for text in (
                client.get(url, headers=headers).content.decode()
                for client in (visitor, administrator)
            )
        )
        assert shown == {f"{url}addresses/"}
        assert {f"{url}assigned/", f"{url}replace/", "/phones/restart/"} < ours


def busy(world) -> None:
    """Give the list rows in every state that offers something."""
    waits = factories.phone(world.acme, world.wyn, label="Waits", mac="805ec0000009")
    factories.address(waits, status="pending", current=False)
    with transaction.atomic(), scope.entered(account_id=world.acme.pk):
        Provisioning.objects.filter(phone=world.desk).update(
            delivered="0" * 32,  # what it fetched is no longer so
            delivered_at=timezone.now(),
            username="before",
        )


def test_secrets_are_not_looked_at(visitor, world):  # R22
    uma, desk = f"/users/{world.uma.pk}", f"/phones/{world.desk.pk}"
    for url in (f"{uma}/credentials/", f"{uma}/credentials/change/", f"{desk}/password/"):
        answer = visitor.get(url)
        assert answer.status_code == 403
        assert "not change anything" in answer.content.decode()
    with transaction.atomic(), scope.entered(scope="support"):
        assert not CredentialsRecord.objects.exists()


def test_leaving_ends_it(visitor):
    assert visitor.post("/admin/leave/").url == "/admin/"
    assert visitor.get("/phones/").url == "/admin/"


def test_visit_ends_by_itself(visitor, monkeypatch):
    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(UTC) + visits.LASTS + timedelta(seconds=1)

    monkeypatch.setattr(visits, "datetime", Later)
    assert visitor.get("/phones/").url == "/admin/"
    assert visitor.get("/phones/status/", headers=HTMX)["HX-Redirect"] == "/admin/"
    monkeypatch.undo()
    assert visitor.get("/phones/").url == "/admin/"  # and does not come back


def test_django_admin_stays_open_and_able_to_act_meanwhile(visitor, world):
    assert visitor.get("/admin/phones/phone/").status_code == 200
    assert act(visitor, page("users/user", world.wyn, "deactivate")).status_code == 302


def test_visit_of_another_account_takes_its_place(visitor, world):
    visit(visitor, world.other)
    assert "Uma Ulm" not in visitor.get("/users/").content.decode()
    assert "pages of <strong>Other</strong>" in visitor.get("/users/").content.decode()


def test_nobody_else_can_visit(administrator, world):
    for account in (world.acme, world.other):
        url = page("users/account", account, "visit")
        assert administrator.post(url, UNSEEN | {"reason": REASON}).status_code == 403
    session = administrator.session
    session[visits.KEY] = {
        "account": world.other.pk,
        "until": (datetime.now(UTC) + visits.LASTS).timestamp(),
    }
    session.save()
    assert (
        "Uma Ulm" in administrator.get("/users/").content.decode()
    )  # an administrator's session stays in their account


def test_support_agent_who_is_deactivated_visits_no_longer(world):
    agent = factories.support_agent("gone@example.com")
    client = signed_in(agent)
    visit(client, world.acme)
    with transaction.atomic(), scope.entered(scope="support"):
        agent.is_active = False
        agent.save()
    assert client.get("/phones/").url.startswith("/sign-in/")

"""A common-area phone's SIP credentials are shown and changed like a person's (R22, R58)."""

from __future__ import annotations

import pytest

from phones.models import Kind, Phone, Provisioning
from tests import factories
from tests.answers import visible_text
from tests.markup import compact
from users import sip
from users.models import CredentialsRecord, SipAccount


@pytest.fixture
def lobby(acme) -> Phone:
    return factories.phone(acme, kind=Kind.COMMON, label="Lobby", ext="81")


def here(phone: Phone, what: str = "") -> str:
    return f"/phones/{phone.pk}/credentials/{what}"


def now(phone: Phone) -> SipAccount:
    return SipAccount.objects.get(phone=phone)


def recorded(phone: Phone) -> list[tuple[str, str, str]]:
    """Return the records about a phone: whose it says they are, of which username, and what."""
    found = CredentialsRecord.objects.filter(phone=phone).order_by("id")
    return list(found.values_list("user_name", "username", "what"))


def test_dialog_hides_the_password_until_it_is_asked_for(signed_in, lobby, settings):
    account = now(lobby)
    asked, shown = signed_in.get(here(lobby)), signed_in.post(here(lobby))
    said = visible_text(asked)
    for text in ("SIP credentials of Lobby", "takes the line from Lobby"):
        assert text in said
    for value in (settings.SIP_DOMAIN, account.username):
        assert f'value="{value}"' in asked.content.decode()
    password = f'value="{sip.password_of(account)}"'
    assert password not in asked.content.decode() and password in shown.content.decode()
    assert "dispatcher" not in said
    assert recorded(lobby) == [
        ("Lobby", account.username, "looked"),
        ("Lobby", account.username, "password"),
    ]


def test_dialog_says_what_a_dispatcher_gets_from_a_softphone(signed_in, lobby):
    factories.address(lobby)
    assert "the dispatcher gets the address of the phone: 100 Gold Street" in visible_text(
        signed_in.get(here(lobby))
    )


def test_row_leads_to_the_credentials_of_a_common_area_phone_only(signed_in, acme, alice, lobby):
    desk = factories.phone(acme, alice)
    htmx = {"HX-Request": "true"}
    menus = [
        compact(signed_in.get(f"/phones/{it.pk}/", headers=htmx).content.decode())
        for it in (lobby, desk)
    ]
    assert here(lobby) in menus[0] and "credentials" not in menus[1]
    for what in ("", "change/"):  # a user phone's line is its person's
        assert signed_in.get(here(desk, what)).status_code == 404
        assert signed_in.post(here(desk, what), {"seen": ""}).status_code == 404


def test_change_gives_other_credentials_once_and_says_that_the_phone_must_restart(signed_in, lobby):
    Provisioning.objects.filter(phone=lobby).update(
        delivered=Provisioning.objects.get(phone=lobby).wanted
    )
    before = now(lobby)
    question = visible_text(signed_in.get(here(lobby, "change/")))
    assert "When you confirm, Lobby stops making and receiving calls, 911 included" in question
    seen = {"seen": before.username}
    done = signed_in.post(here(lobby, "change/"), seen)
    after = now(lobby)
    assert "Lobby has new SIP credentials" in visible_text(done)
    assert f'href="/phones/restart/?phones={lobby.pk}"' in done.content.decode()
    assert (after.kind, after.username[0]) == ("place", "p")
    assert after.username != before.username
    (row,) = signed_in.get("/phones/common/").context["rows"]
    assert row.needs_restart  # R34
    assert signed_in.post(here(lobby, "change/"), seen).status_code == 200
    assert now(lobby).username == after.username  # sent twice, done once
    assert [what for *_, what in recorded(lobby)].count("changed") == 1


def test_change_of_what_has_changed_since_does_nothing(signed_in, lobby):
    seen = {"seen": now(lobby).username}
    sip.issue_phone_accounts([(lobby.pk, lobby.account_id)], SipAccount.Kind.PLACE)
    kept = now(lobby).username
    response = signed_in.post(here(lobby, "change/"), seen)
    assert response.status_code == 409
    assert "Something changed while you were deciding" in visible_text(response)
    assert now(lobby).username == kept


def test_activity_tells_who_saw_and_changed_them(signed_in, lobby):  # R37
    signed_in.post(here(lobby))
    signed_in.post(here(lobby, "change/"), {"seen": now(lobby).username})
    said = visible_text(signed_in.get(f"/activity/?phone={lobby.pk}"))
    assert "Looked at the SIP password of Lobby." in said
    assert "Changed the SIP credentials of Lobby." in said


def test_password_page_and_credentials_keep_records_of_their_own(signed_in, lobby):
    signed_in.post(f"/phones/{lobby.pk}/password/")
    assert "saw the phone’s password" not in visible_text(signed_in.get(here(lobby)))
    assert "looked" not in visible_text(signed_in.get(f"/phones/{lobby.pk}/password/"))

"""A phone's own password: shown when asked for, on record, changed on request (R47)."""

from __future__ import annotations

import html
import re

import pytest

from phones import fetching, lifecycle, line, lock
from phones.models import Phone, Provisioning
from tests import factories
from tests.confirming import confirm_act
from tests.markup import compact
from users.models import CredentialsRecord
from users.tenancy import scope

from .confirming import HTMX, text
from .devices import device

each_world = pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "page"])


def here(phone: Phone) -> str:
    return f"/phones/{phone.pk}/password/"


def values(response) -> dict[str, str]:
    """Return the passwords that the dialog shows, by label."""
    found = re.findall(
        r'<label for="(phone-[a-z]+)">([^<]+)</label>.*?<input id="\1" value="([^"]*)" readonly',
        compact(response.content.decode()),
    )
    return {label: html.unescape(value) for _, label, value in found}


def fetch(phone: Phone) -> str:
    served = fetching.serve_file(
        secret=fetching.create_code(phone),
        file=f"{phone.mac}.cfg",
        sender="192.0.2.1",
        agent="",
        record=True,
    )
    assert served
    return re.search(r"admin:([a-z0-9]+)", served.text)[1]


def change(client, phone: Phone):
    return confirm_act(client, f"/phones/{phone.pk}/new-password/")


def recorded(phone: Phone) -> list[tuple[str, str]]:
    records = CredentialsRecord.objects.filter(phone=phone).order_by("id")
    return list(records.values_list("by_name", "what"))


@each_world
def test_password_is_hidden_until_asked_for_and_then_on_record(signed_in, desk, headers):
    fetched = fetch(desk)
    hidden = signed_in.get(here(desk), headers=headers)
    assert (values(hidden), recorded(desk)) == ({}, [])
    assert fetched not in hidden.content.decode()
    shown = signed_in.post(here(desk), headers=headers)
    assert values(shown) == {"Password": fetched}
    assert shown["Cache-Control"] == "no-store, private"
    assert recorded(desk) == [("Alice Archer", "lock")]
    assert "Alice Archer saw the phone’s password" in text(shown)
    entry = CredentialsRecord.objects.get()
    assert (entry.user, entry.user_name, entry.account_id) == (None, str(desk), desk.account_id)


def test_every_phone_has_another_password(acme):
    phones = [factories.phone(acme) for _ in range(20)]
    found = {lock.wanted_password(phone.provisioning) for phone in phones}
    assert len(found) == 20
    assert all(re.fullmatch("([a-z][2-9]){6}", each) for each in found)


def test_page_says_that_a_phone_has_not_fetched_its_password_yet(signed_in, desk):
    assert "hasn’t fetched this password yet" in text(signed_in.get(here(desk)))
    fetch(desk)
    assert "The phone got it with its configuration, last fetched on" in text(
        signed_in.get(here(desk))
    )


def test_changed_password_reaches_the_phone_when_it_fetches(signed_in, desk):
    """Until then, someone at the phone needs the one before, however often it was changed."""
    before = fetch(desk)
    change(signed_in, desk)
    change(signed_in, desk)
    assert "Until it restarts, it has the old one." in text(signed_in.get(here(desk)))
    shown = values(signed_in.post(here(desk)))
    assert set(shown) == {"Until it restarts", "Once it has restarted"}
    assert shown["Until it restarts"] == before
    assert line.load_states(desk.account_id, [desk.pk])[desk.pk].needs_restart
    assert fetch(desk) == shown["Once it has restarted"] != before
    assert not line.load_states(desk.account_id, [desk.pk])[desk.pk].needs_restart
    assert values(signed_in.post(here(desk))) == {"Password": shown["Once it has restarted"]}
    assert [what for _, what in recorded(desk)] == ["relocked", "relocked", "lock", "lock"]


def test_fetch_that_was_under_way_during_the_change_is_known_for_what_it_brought(
    signed_in, desk, monkeypatch
):
    rendering = line.build_desk

    def change_meanwhile(facts, address):
        monkeypatch.setattr(line, "build_desk", rendering)
        lock.change_passwords([desk], by=None)
        return rendering(facts, address)

    monkeypatch.setattr(line, "build_desk", change_meanwhile)
    brought = fetch(desk)
    assert values(signed_in.post(here(desk)))["Until it restarts"] == brought


def test_former_password_survives_a_change_of_keys(signed_in, desk, settings):
    before = fetch(desk)
    settings.SIP_KEYS = ["a newer key than the phone’s", *settings.SIP_KEYS]
    change(signed_in, desk)
    assert values(signed_in.post(here(desk)))["Until it restarts"] == before


@each_world
def test_password_whose_key_is_gone_is_told_and_not_on_record_as_seen(
    signed_in, desk, settings, headers
):
    fetch(desk)
    settings.SIP_KEYS = ["another key of 20 or more"]
    response = signed_in.post(here(desk), headers=headers)
    assert response.status_code == 409
    assert "The password can’t be shown: the key that it was made with is missing" in text(response)
    assert (values(response), recorded(desk)) == ({}, [])


def test_phone_that_was_up_to_date_with_an_earlier_release_is_known_to_get_its_password(desk):
    """That release kept neither, and what people notice is the same: nothing else tells."""
    fetch(desk)
    Provisioning.objects.filter(phone=desk).update(
        admin_key=None, delivered_admin_generation=None, delivered_admin_key=None
    )
    token = fetch_by_token(desk)
    now = Provisioning.objects.get(phone=desk)
    assert (now.admin_key, now.delivered_admin_generation) == (lock.newest_key(), 1)
    assert token


def fetch_by_token(phone: Phone) -> str:
    file = f"{phone.mac}.cfg"
    sent = {"file": file, "sender": "192.0.2.1", "agent": "", "record": True}
    first = fetching.serve_file(secret=fetching.create_code(phone), **sent)
    token = first.text.split("/p/")[1][:32]
    Provisioning.objects.filter(phone=phone).update(
        admin_key=None, delivered_admin_generation=None, delivered_admin_key=None, code_hash=None,
        code_until=None,
    )  # fmt: skip
    assert fetching.serve_file(secret=token, **sent)
    return token


def test_other_accounts_phones_have_no_password_here(signed_in, other):
    theirs = factories.phone(other)
    assert signed_in.get(here(theirs)).status_code == 404
    assert signed_in.post(here(theirs)).status_code == 404


def test_activity_tells_who_saw_and_who_changed_it(signed_in, desk):  # R37
    signed_in.post(here(desk))
    change(signed_in, desk)
    for page in ("/activity/", f"/activity/?phone={desk.pk}"):
        said = text(signed_in.get(page))
        assert "Looked at the password of the phone Front desk." in said
        assert "Changed the password of the phone itself, Front desk." in said


def test_new_password_is_shown_though_the_key_of_the_former_one_is_missing(
    signed_in, desk, settings
):
    fetch(desk)
    settings.SIP_KEYS = ["a newer key than the phone’s"]
    change(signed_in, desk)
    shown = signed_in.post(here(desk))
    assert shown.status_code == 200
    assert set(values(shown)) == {"Once it has restarted"}
    assert "The password that the phone has until it restarts can’t be shown" in text(shown)
    assert [what for _, what in recorded(desk)] == ["relocked", "lock"]


@pytest.mark.parametrize(
    ("name", "mac"), [("remove", ""), ("replace", "805ec0aa0002")], ids=["removed", "replaced"]
)
def test_device_that_leaves_the_account_keeps_its_password_and_it_can_be_seen(
    signed_in, desk, name, mac
):
    """Without it, no one could enter anything on the device, not even to connect it again."""
    fetched = fetch(desk)
    asked = text(signed_in.get(f"/phones/{desk.pk}/{name}/"))
    assert "Its own web page and menu keep their password." in asked
    confirm_act(signed_in, f"/phones/{desk.pk}/{name}/", **(device(mac) if mac else {}))
    assert here(desk) in signed_in.get(f"/activity/?phone={desk.pk}").content.decode()
    assert "This phone has been removed." in text(signed_in.get(here(desk)))
    shown = signed_in.post(here(desk))
    assert values(shown) == {"Password": fetched}
    assert "Change password" not in text(shown)
    assert recorded(desk) == [("Alice Archer", "lock")]


def test_device_that_becomes_a_common_area_phone_keeps_its_password(signed_in, desk):
    fetched = fetch(desk)
    lifecycle.make_common_area(desk, label="Lobby", ext=None, caller_id=None)
    assert values(signed_in.post(here(desk))) == {"Password": fetched}


def test_removed_phone_that_never_fetched_has_the_password_that_it_came_with(signed_in, desk):
    confirm_act(signed_in, f"/phones/{desk.pk}/remove/")
    said = text(signed_in.get(here(desk)))
    assert "it never got a password from here" in said and "Show password" not in said
    signed_in.post(here(desk))
    assert recorded(desk) == []


def test_removed_phone_keeps_no_key_in_use(signed_in, desk):
    fetch(desk)
    assert lock.keys_in_use() == {lock.newest_key()}
    confirm_act(signed_in, f"/phones/{desk.pk}/remove/")
    assert (lock.keys_in_use(), lock.former_keys()) == (set(), set())


def test_keys_in_use_are_those_of_any_account(everything, acme, other, settings):
    for account in (acme, other):
        scope.enter(scope="support")  # a fetch enters the phone's account
        settings.SIP_KEYS = [f"the key of the account {account.pk}"]
        fetch(factories.phone(account))
    assert len(lock.keys_in_use()) == 2

"""A phone becomes one of the other kind, and nothing cuts it off (R33, R35, R50, R58)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from phones import fetching, lifecycle, line
from phones.counts import count_phones
from phones.models import Fetch, Kind, Phone, PhoneCount, Provisioning
from tests import factories
from tests.confirming import HTMX
from tests.markup import compact
from users.models import Number, SipAccount

from .confirming import text
from .devices import act, errors, sip_username

LINE = {"label": "Entrance", "ext": "200", "caller_id": ""}


@pytest.fixture
def lobby(acme) -> Phone:
    phone = factories.phone(
        acme, kind=Kind.COMMON, label="Lobby", ext="200", caller_id="+12125550133"
    )
    factories.address(phone)
    return phone


def fetch(phone: Phone, secret: str) -> str:
    """Have a phone fetch its file, and return what came."""
    return fetching.serve_file(
        secret=secret, file=f"{phone.mac}.cfg", sender="192.0.2.1", record=True
    ).text


def connect(phone: Phone) -> str:
    """Have a phone fetch its first file with a code, and return its token's hash."""
    fetch(phone, fetching.create_code(phone))
    return Provisioning.objects.get(phone=phone).token_hash


def counted() -> dict[str, tuple[int, int]]:
    """Return how many phones of each kind there are and lack an address."""
    counts = PhoneCount.objects.filter(phones__gt=0)
    return {count.kind: (count.phones, count.missing_address) for count in counts}


# --- by an administrator ---


def test_record_of_a_user_phone_stays_and_is_no_ones(signed_in, desk, alice):
    token = connect(desk)
    before, address = sip_username(alice), desk.current_address_id
    assert act(signed_in, desk, "make-common-area", **LINE).status_code == 302
    now = Phone.objects.get()
    assert (now.pk, now.kind, now.label, now.ext) == (desk.pk, Kind.COMMON, "Entrance", "200")
    assert (now.assigned_to, now.current_address_id, now.retired_at) == (None, address, None)
    assert (now.provisioning.token_hash, Fetch.objects.count()) == (token, 1)
    assert sip_username(alice) != before
    assert now.provisioning.username == before, "the phone still uses it, and is asked by it"


def test_phone_that_became_a_place_has_a_line_of_its_own(signed_in, desk):
    connect(desk)
    act(signed_in, desk, "make-common-area", **LINE)
    facts = line.load_facts([desk.pk])[desk.pk]
    assert (facts.kind, facts.name, facts.ext) == ("place", "Entrance", "200")
    assert line.load_states(desk.account_id, [desk.pk])[desk.pk].needs_restart
    assert list(Number.objects.values_list("ext", "kind").order_by("ext")) == [
        ("100", "person"), ("200", "place"),
    ]  # fmt: skip


def test_record_of_a_place_stays_and_is_free(signed_in, lobby):
    token = connect(lobby)
    before = SipAccount.objects.get(phone=lobby).username
    assert act(signed_in, lobby, "make-user-phone").status_code == 302
    now = Phone.objects.get()
    assert (now.pk, now.kind, now.label) == (lobby.pk, Kind.USER, "Lobby")
    assert (now.ext, now.caller_id, now.current_address_id is None) == (None, None, False)
    assert (now.sip.kind, now.sip.username != before) == ("standby", True)
    assert (now.provisioning.token_hash, now.provisioning.username) == (token, before)
    assert not Number.objects.filter(ext="200").exists()


def test_badges_follow_the_kind(signed_in, acme, alice):  # R8
    desk = factories.phone(acme, alice)
    assert counted() == {"user": (1, 1)}
    act(signed_in, desk, "make-common-area", **LINE)
    assert counted() == {"common": (1, 1)}
    act(signed_in, desk, "make-user-phone")
    assert counted() == {"user": (1, 0)}
    assert count_phones(acme.pk).missing["all"] == 0


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [({"label": ""}, "label"), ({"label": "Lobby"}, "label"), ({"ext": "100"}, "ext")],
)
def test_place_that_cannot_be_is_refused_and_changes_nothing(
    signed_in, desk, alice, lobby, answers, wrong
):
    before = sip_username(alice)
    response = act(signed_in, desk, "make-common-area", **LINE | {"ext": "201"} | answers)
    assert (response.status_code, list(errors(response))) == (422, [wrong])
    now = Phone.objects.get(pk=desk.pk)
    assert (now.kind, now.assigned_to, sip_username(alice)) == (Kind.USER, alice, before)


def test_question_names_whom_and_what_it_concerns_and_when_it_cannot_call(signed_in, desk):  # R15
    page = text(signed_in.get(f"/phones/{desk.pk}/make-common-area/"))
    for named in (
        "Make Front desk a common-area phone?",
        "80:5E:C0:AA:00:01",
        "Alice Archer, 100, will have no desk phone",
        "The SIP credentials of Alice Archer change",
        "it stops making and receiving calls, 911 included, until it restarts.",
        "911 can’t call it back",
        "911 does not leave this system",  # R40
        "100 Gold Street, New York, NY 10038, stays",
    ):
        assert named in page


def test_question_about_a_place_says_that_it_cannot_call_until_it_is_assigned(signed_in, lobby):
    page = text(signed_in.get(f"/phones/{lobby.pk}/make-user-phone/"))
    for named in (
        "Make Lobby a user phone?",
        "it stops making and receiving calls, 911 included, until you assign it to someone.",
        "Its extension, 200, is free",
        "It gives up its caller number, +12125550133.",
        "100 Gold Street, New York, NY 10038, stays",
        "Its SIP credentials end. Any device set up by hand with them stops working.",
    ):
        assert named in page


def test_question_asks_for_the_label_that_it_has_and_for_a_line(signed_in, desk):
    form = signed_in.get(f"/phones/{desk.pk}/make-common-area/").context["form"]
    assert (form["label"].value(), form["ext"].value(), form["caller_id"].value()) == (
        "Front desk", None, None,
    )  # fmt: skip


def test_menus_offer_each_kind_the_other(signed_in, desk, lobby):  # R43
    offered = {
        phone: signed_in.get(f"/phones/{phone.pk}/", headers=HTMX).content.decode()
        for phone in (desk, lobby)
    }
    assert f"/phones/{desk.pk}/make-common-area/" in offered[desk]
    assert f"/phones/{lobby.pk}/make-user-phone/" in offered[lobby]
    assert "make-user-phone" not in offered[desk] and "make-common-area" not in offered[lobby]


def test_phone_that_was_never_connected_is_to_be_connected(signed_in, desk):  # R43
    response = act(signed_in, desk, "make-common-area", **LINE)
    page = text(signed_in.get(response.url))
    assert "Entrance is a common-area phone now. It has no caller number yet" in page
    assert "Connect it, so that it can call." in page


def test_place_made_a_user_phone_leads_to_assigning_it(signed_in, lobby):
    response = act(signed_in, lobby, "make-user-phone")
    page = compact(signed_in.get(response.url).content.decode())
    assert "it can’t call anyone, 911 included" in page
    assert f'<a class="button primary" href="/phones/{lobby.pk}/assigned/"' in page


def test_phone_that_became_a_place_meanwhile_is_left_as_it_is(signed_in, desk):  # R42
    lifecycle.make_common_area(desk, label="Kitchen", ext=None, caller_id=None)
    response = act(signed_in, desk, "make-common-area", seen="0" * 32, key="0" * 32, **LINE)
    assert response.status_code == 422
    assert "Kitchen is a common-area phone already." in text(response)
    assert Phone.objects.get().label == "Kitchen"


def test_place_with_another_accounts_number_is_refused(desk, other):  # R67
    factories.caller_number(other, "+12125550133")
    with pytest.raises(ValidationError):
        lifecycle.make_common_area(desk, label="Lobby", ext=None, caller_id="+12125550133")
    assert Phone.objects.get().kind == Kind.USER


# --- by hand-written SQL ---


def set_kind(owner, phone: Phone, kind: str) -> None:
    owner.execute(
        "UPDATE phones_phone SET kind = %s, label = 'By hand', ext = NULL, caller_id = NULL"
        " WHERE id = %s",
        [kind, phone.pk],
    )


@pytest.mark.parametrize(("before", "after"), [("user", "common"), ("common", "user")])
def test_line_follows_a_kind_that_is_changed_by_hand(committed, owner, before, after):
    account = factories.account()
    phone = factories.phone(account, kind=before)
    wanted = owner.execute("SELECT wanted FROM phones_provisioning").fetchone()
    set_kind(owner, phone, after)
    assert owner.execute("SELECT kind FROM users_sipaccount").fetchall() == [
        ("place" if after == "common" else "standby",)
    ]
    assert owner.execute("SELECT kind FROM registrar.subscriber").fetchall() == [
        ("place" if after == "common" else "standby",)
    ]
    assert len(owner.execute("SELECT FROM registrar.extension").fetchall()) == (after == "common")
    assert owner.execute("SELECT wanted FROM phones_provisioning").fetchone() != wanted

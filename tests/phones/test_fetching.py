"""What a telephone fetches; everyone else gets nothing (R32)."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from phones import fetching, lifecycle
from phones.models import Fetch, Kind, Phone, Provisioning
from phones.provisioning.makes import MAKES
from tests import factories
from users import sip
from users.models import SipAccount

MAC = "805ec0123456"
MODELS = {
    "cisco": "Cisco CP-8841-3PCC",
    "fanvil": "Fanvil V65",
    "grandstream": "Grandstream GRP2614",
    "poly": "Poly VVX 450",
    "snom": "Snom D785",
    "yealink": "Yealink SIP-T54W",
}
FILES = {
    "cisco": f"{MAC}.xml",
    "fanvil": f"{MAC}.cfg",
    "grandstream": f"cfg{MAC}.xml",
    "poly": f"{MAC}-line.cfg",
    "snom": f"{MAC}.xml",
    "yealink": f"{MAC}.cfg",
}


@pytest.fixture
def uma(acme):
    return factories.person(acme, "Uma", "Ulm", ext="11", caller_id="+14155550111")


@pytest.fixture
def desk(acme, uma) -> Phone:
    return factories.phone(acme, uma, mac=MAC)


def token(phone: Phone) -> str:
    """Connect a phone with a code; return the token that it got."""
    found = fetching.serve_file(
        secret=fetching.create_code(phone),
        file=FILES[phone.model.family],
        sender="192.0.2.1",
        record=True,
    )
    return found.text.split("/p/")[1][:32]


def get(client, secret: str, file: str = f"{MAC}.cfg", sender: str = "192.0.2.1", **headers):
    return client.get(f"/p/{secret}/{file}", REMOTE_ADDR=sender, headers=headers)


@pytest.fixture
def nothing(client) -> tuple:
    """Check that an answer is the refusal that all are, headers included."""
    return whole(client.get(f"/p/{'0' * 32}/{MAC}.cfg"))


def whole(response) -> tuple:
    return response.status_code, response.content, sorted(response.headers.items())


def test_every_make_has_a_model_here():
    assert set(MODELS) == set(MAKES)


@pytest.mark.parametrize("make", MODELS)
def test_assigned_phone_gets_the_line_of_its_person(client, acme, uma, make):
    phone = factories.phone(acme, uma, mac=MAC, model=MODELS[make])
    response = get(client, token(phone), FILES[make])
    assert response.status_code == 200
    for fact in (
        uma.sip.username,
        sip.password_of(uma.sip),
        "Uma Ulm",
        "+14155550111",
        settings.SIP_DOMAIN,
    ):
        assert fact in response.content.decode()


@pytest.mark.parametrize("make", MODELS)
def test_free_phone_gets_its_standby_account(client, acme, make):  # R50
    phone = factories.phone(acme, mac=MAC, model=MODELS[make])
    response = get(client, token(phone), FILES[make])
    own = SipAccount.objects.get(phone=phone, kind=SipAccount.Kind.STANDBY)
    for fact in (own.username, sip.password_of(own), "Unassigned", settings.SIP_DOMAIN):
        assert fact in response.content.decode()


@pytest.mark.parametrize("make", MODELS)
def test_common_area_phone_gets_its_own_line(client, acme, make):  # R58
    phone = factories.phone(
        acme, mac=MAC, model=MODELS[make], kind=Kind.COMMON, label="Lobby", ext="50"
    )
    response = get(client, token(phone), FILES[make])
    own = SipAccount.objects.get(phone=phone, kind=SipAccount.Kind.PLACE)
    for fact in (own.username, sip.password_of(own), "Lobby", "50"):
        assert fact in response.content.decode()


@pytest.mark.parametrize("make", MODELS)
def test_phone_without_any_account_gets_its_line_switched_off(client, acme, make):
    phone = factories.phone(acme, mac=MAC, model=MODELS[make])
    SipAccount.objects.filter(phone=phone).delete()
    response = get(client, token(phone), FILES[make])
    assert response.status_code == 200
    assert settings.SIP_DOMAIN not in response.content.decode()


def test_secret_is_for_one_phone_only(client, acme, desk, nothing):
    factories.phone(acme, mac="805ec0ffffff")
    assert whole(get(client, token(desk), "805ec0ffffff.cfg")) == nothing


@pytest.mark.parametrize("file", [MAC.upper() + ".CFG", MAC + ".cfg"])
def test_mac_is_understood_in_either_case(client, desk, file):
    assert get(client, token(desk).upper(), file).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "x",
        "%00",
        "..",
        "../phones/",
        "%2e%2e/%2e%2e/etc/passwd",
        "1234567890",
        "1234567890/",
        "0" * 31 + f"/{MAC}.cfg",
        "0" * 33 + f"/{MAC}.cfg",
        "g" * 32 + f"/{MAC}.cfg",
        "0" * 5000,
        "٣" * 10 + f"/{MAC}.cfg",
        "0" * 32 + f"/{MAC}.cfg/",
        "0" * 32 + f"/{MAC}.cfg%00",
        "0" * 32 + "%0A" + f"/{MAC}.cfg",
        "\U0001f4de" * 32,
        "0" * 32 + f"/{MAC}.cfg?x=1",
        "0" * 32 + "/" + "a" * 5000,
    ],
)
def test_anything_else_is_one_and_the_same_404(client, desk, nothing, path):
    assert whole(client.get(f"/p/{path}")) == nothing


@pytest.mark.parametrize(
    "trick",
    [
        "/",
        "/../{mac}.cfg",
        "/{mac}.cfg/",
        "/./{mac}.cfg",
        "//{mac}.cfg",
        "/{mac}.cfg%00",
        "/{mac}.xml",
    ],
)
def test_valid_token_opens_nothing_but_its_own_file(client, desk, nothing, trick):
    assert whole(client.get(f"/p/{token(desk)}{trick.format(mac=MAC)}")) == nothing


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_other_methods_are_the_same_404(client, desk, nothing, method):
    assert whole(getattr(client, method)(f"/p/{token(desk)}/{MAC}.cfg")) == nothing


def test_range_is_answered_with_the_whole_file(client, desk):
    secret = token(desk)
    response = get(client, secret, Range="bytes=0-10")
    assert (response.status_code, response.content) == (200, get(client, secret).content)


def test_head_tells_the_length_and_counts_as_no_fetch(client, desk):
    secret = token(desk)
    before = Provisioning.objects.values().get(phone=desk)
    head = client.head(f"/p/{secret}/{MAC}.cfg")
    assert head.status_code == 200
    assert head.headers["Content-Length"] == str(len(get(client, secret).content))
    client.head(f"/p/{secret}/{MAC}.cfg")
    assert Fetch.objects.get().times == 2  # by the code, and by GET
    assert before["token_hash"] == Provisioning.objects.get(phone=desk).token_hash


def test_answer_is_never_kept_by_a_cache_and_sets_no_cookie(client, desk):
    response = get(client, token(desk))
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


def test_code_brings_the_phone_here_and_ends_when_it_comes_by_its_token(client, desk, nothing):
    code = fetching.create_code(desk)
    assert len(code) == 10
    assert code.isdecimal()
    first = get(client, code)
    assert first.status_code == 200
    assert get(client, code).status_code == 200  # the answer may have been lost
    got = get(client, code).content.decode().split("/p/")[1][:32]
    assert get(client, got).status_code == 200
    assert whole(get(client, code)) == nothing


def test_new_token_ends_the_earlier_one(client, desk, nothing):
    earlier = token(desk)
    assert get(client, earlier).status_code == 200
    assert get(client, token(desk)).status_code == 200
    assert whole(get(client, earlier)) == nothing


def test_asking_for_a_code_leaves_the_token_in_force(client, desk):
    secret = token(desk)
    fetching.create_code(desk)
    assert get(client, secret).status_code == 200


def test_code_ends_after_an_hour(client, desk, nothing):
    code = fetching.create_code(desk)
    Provisioning.objects.update(code_until=timezone.now() - timedelta(seconds=1))
    assert whole(get(client, code)) == nothing


def test_new_code_ends_the_earlier_one(client, desk, nothing):
    earlier, later = fetching.create_code(desk), fetching.create_code(desk)
    assert whole(get(client, earlier)) == nothing
    assert get(client, later).status_code == 200


def test_removed_phone_gets_nothing_any_more(client, acme, desk, nothing):
    secret, code = token(desk), fetching.create_code(desk)
    spare = factories.phone(acme)
    lifecycle.remove_phone(spare)
    assert get(client, secret).status_code == 200  # the removal of another phone doesn't matter
    lifecycle.remove_phone(desk)
    assert whole(get(client, secret)) == whole(get(client, code)) == nothing


def test_database_holds_neither_token_nor_code(client, desk):
    secret, code = token(desk), fetching.create_code(desk)
    stored = " ".join(map(str, Provisioning.objects.values_list().get(phone=desk)))
    assert secret not in stored
    assert code not in stored


def test_every_fetch_is_on_record_with_where_from_and_what(client, desk, uma):
    secret = token(desk)
    for sender in ("192.0.2.1", "192.0.2.1", "2001:db8::1"):
        get(client, secret, sender=sender)
    uma.caller_id = None
    uma.save()
    get(client, secret, sender="2001:db8::1")
    fetches = list(Fetch.objects.order_by("id").values_list("sender", "times"))
    assert fetches == [("192.0.2.1", 3), ("2001:db8::1", 1), ("2001:db8::1", 1)]
    kept = Provisioning.objects.get(phone=desk)
    assert Fetch.objects.latest("id").delivered == kept.delivered == kept.wanted != ""


def test_wrong_secrets_are_limited_by_sender_without_ever_limiting_a_token(
    client, acme, desk, nothing
):
    secret, code = token(desk), fetching.create_code(desk)
    for n in range(110):
        assert whole(get(client, f"{n:032x}")) == nothing
    assert whole(get(client, code)) == nothing  # even the right secret
    assert get(client, code, sender="192.0.2.2").status_code == 200
    assert get(client, secret).status_code == 404  # the code has brought a new token
    assert get(client, token_of(client, code)).status_code == 200


def token_of(client, code: str) -> str:
    return get(client, code, sender="192.0.2.2").content.decode().split("/p/")[1][:32]


def test_neighbour_in_the_same_ipv6_network_is_the_same_sender(client, desk, nothing):
    code = fetching.create_code(desk)
    for n in range(101):
        get(client, f"{n:032x}", sender=f"2001:db8::{n:x}")
    assert whole(get(client, code, sender="2001:db8::ffff")) == nothing
    assert get(client, code, sender="2001:db8:0:1::1").status_code == 200


def test_secrets_are_in_no_log(client, desk, caplog):
    caplog.set_level(logging.DEBUG)
    secret, code = token(desk), fetching.create_code(desk)
    for one in (secret, code, "f" * 32):
        get(client, one)
        get(client, one, "nothing.cfg")
    said = "\n".join(
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    )
    assert not [one for one in (secret, code, "f" * 32) if one in said]


def test_phone_keeps_what_it_has_when_its_password_cannot_be_derived(
    client, desk, settings, caplog
):
    secret = token(desk)
    settings.SIP_KEYS = ["another key altogether, and long enough"]
    response = get(client, secret)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert secret not in caplog.text


def test_host_that_is_not_ours_does_not_matter_to_a_telephone(client, desk):
    assert (
        client.get(f"/p/{token(desk)}/{MAC}.cfg", headers={"Host": "10.0.0.7"}).status_code == 200
    )


def test_sender_that_says_nothing_sensible_is_no_error(client, desk):
    assert get(client, token(desk), sender="").status_code == 200


def test_address_for_telephones_can_differ_from_that_of_people(client, desk, settings):
    settings.PROVISIONING_URL = "http://phones.example.com"
    assert "http://phones.example.com/p/" in get(client, token(desk)).content.decode()

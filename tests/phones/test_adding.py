"""Add phones: the phone, whose it is and its E911 address, in one step, all of it or nothing."""

from __future__ import annotations

import re
from html import unescape

import pytest

from e911.models import EmergencyAddress
from phones.models import Kind, Phone, PhoneModel
from tests import factories
from tests.confirming import HIDDEN, HTMX
from tests.digests import digests_of_all_tables
from users.models import SipAccount

URL = "/phones/add/"
WHOLE = "100 Gold St, 2nd floor, New York NY 10038"
STORED = "100 Gold St, Floor 2, New York, NY 10038"
PARTS = {
    "country": "US",
    "street": "100 Gold St",
    "floor": "2",
    "city": "New York",
    "state": "NY",
    "postal_code": "10038",
}


@pytest.fixture
def uma(acme):
    return factories.person(acme, "Uma", "Ulm", ext="11", caller_id="+14155550111")


def text(answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def key_of(answer) -> str:
    return dict(HIDDEN.findall(answer.content.decode()))["key"]


def fill_in(client, **answers):
    """Send the form as its page makes it; without other answers, only the phone itself."""
    model = PhoneModel.objects.get(name="Snom D785").pk
    sent = {"mac": "000413aa0009", "model": model, "kind": "user", "key": key_of(client.get(URL))}
    return client.post(URL, sent | answers)


def confirm(client, asked, which: str = "mine", **changes):
    """Confirm the question as it was shown."""
    assert asked.status_code == 200, text(asked)
    sent = dict(asked.context["fields"]) | {"chosen": asked.context[which], "key": key_of(asked)}
    return client.post(URL, sent | changes)


def test_phone_for_a_person_is_theirs_once_what_that_means_is_confirmed(signed_in, uma):  # R14, R15
    before = SipAccount.objects.get(user=uma).username
    asked = fill_in(signed_in, person=uma.pk, label="Desk")
    assert not Phone.objects.exists()
    for said in (
        "Add this phone for Uma Ulm ?",
        "Snom D785, 00:04:13:AA:00:09",
        "once you have connected it and it has registered. Until then it can’t call, 911 included.",
        "911 does not leave this system.",
        "The SIP credentials of Uma Ulm change. The company’s own apps keep working.",
        "Any device set up by hand with these SIP credentials stops working.",
        "It has no E911 address yet.",
    ):
        assert said in text(asked)
    done = confirm(signed_in, asked)
    phone = Phone.objects.get()
    assert (done.status_code, done.url) == (302, f"/phones/{phone.pk}/setup/")
    assert (phone.assigned_to, phone.label, phone.current_address) == (uma, "Desk", None)
    assert SipAccount.objects.get(user=uma).username != before


@pytest.mark.parametrize("entered", [{"whole": WHOLE}, PARTS, PARTS | {"whole": "an old one"}])
def test_address_pasted_or_in_parts_is_shown_and_then_in_force(signed_in, uma, entered):  # R27, R29
    read = {"whole_read": entered["whole"]} if "street" in entered and "whole" in entered else {}
    asked = fill_in(signed_in, person=uma.pk, **entered, **read)
    assert STORED in text(asked) and not EmergencyAddress.objects.exists()
    confirm(signed_in, asked)
    phone = Phone.objects.get()
    assert (str(phone.current_address), phone.assigned_to) == (STORED, uma)
    assert "100 Gold St" in phone.current_address.typed


@pytest.mark.parametrize(
    "earlier",
    [
        {},
        {"whole_read": WHOLE},  # sent back to find a person, without scripts
        {"whole_read": "7 Elm St, Tulsa, OK 74103", "street": "7 Elm St", "city": "Tulsa"},
    ],
)
def test_part_typed_besides_a_pasted_address_is_stored_with_it(signed_in, uma, earlier):  # R27
    typed = {"country": "US", "whole": WHOLE, "floor": "4", "room": "12"}
    asked = fill_in(signed_in, person=uma.pk, **typed, **earlier)
    confirm(signed_in, asked)
    address = Phone.objects.get().current_address
    assert str(address) == "100 Gold St, Floor 4, Room 12, New York, NY 10038"
    assert "floor: 4" in address.typed and "Elm" not in address.typed


def test_typed_part_stays_with_each_of_two_readings(signed_in, uma):  # R29
    entered = {"whole": "12 345 Elm St, Tulsa, OK 74103", "floor": "4"}
    asked = fill_in(signed_in, person=uma.pk, **entered)
    token = asked.context["choices"][0]["token"]
    confirm(signed_in, fill_in(signed_in, person=uma.pk, **entered, reading=token))
    assert "Floor 4" in str(Phone.objects.get().current_address)


def test_street_typed_besides_another_address_asks_which_and_keeps_both(signed_in, uma):  # R28
    answer = fill_in(signed_in, person=uma.pk, **PARTS, whole="7 Elm St, Tulsa, OK 74103")
    html = unescape(answer.content.decode())
    assert answer.status_code == 422 and "There are two addresses here" in text(answer)
    assert 'value="100 Gold St"' in html and "7 Elm St, Tulsa, OK 74103</textarea>" in html
    assert not Phone.objects.exists()


def test_common_area_phone_gets_its_line_and_address_at_once(signed_in, acme):  # R58
    number = factories.caller_number(acme, "+12125550133").e164
    line = {"kind": "common", "label": "Lobby", "ext": "200", "caller_id": number}
    confirm(signed_in, fill_in(signed_in, **line, whole=WHOLE))
    phone = Phone.objects.get()
    assert (phone.kind, phone.label, phone.ext, phone.caller_id) == (
        Kind.COMMON, "Lobby", "200", number,
    )  # fmt: skip
    assert str(phone.current_address) == STORED


def test_phone_alone_is_added_without_a_question(signed_in, acme):
    assert fill_in(signed_in).status_code == 302
    assert Phone.objects.get().assigned_to is None


def test_person_who_has_a_phone_keeps_it_until_the_change_is_confirmed(signed_in, acme, uma):  # R14
    held = factories.phone(acme, uma, label="Front desk")
    asked = fill_in(signed_in, person=uma.pk)
    assert "Uma Ulm has Front desk already. Adding the phone doesn’t change that" in text(asked)
    assert "SIP credentials" not in text(asked)
    done = confirm(signed_in, asked)
    new = Phone.objects.exclude(pk=held.pk).get()
    assert (new.assigned_to, Phone.objects.get(pk=held.pk).assigned_to) == (None, uma)
    assert done.url == f"/phones/{new.pk}/setup/?to={uma.pk}"
    leads = f'href="/phones/{new.pk}/assigned/?to={uma.pk}"'
    assert leads in signed_in.get(done.url).content.decode()


def test_person_who_cannot_have_a_phone_is_refused_with_the_reason(signed_in, acme, other):  # R12
    bea = factories.person(acme, "Bea", "Basic", plan="basic")
    theirs = factories.person(other, "Theo", "Their")
    refused = fill_in(signed_in, person=bea.pk, label="Desk", whole=WHOLE)
    assert refused.status_code == 422
    assert "Basic plan. Change the plan to Plus or Pro first." in text(refused)
    assert 'value="Desk"' in refused.content.decode() and WHOLE in refused.content.decode()
    unknown = fill_in(signed_in, person=theirs.pk)
    assert unknown.status_code == 422 and "Theo" not in text(unknown)
    assert not Phone.objects.exists()


@pytest.mark.parametrize("change", ["credentials", "phone", "plan"])
def test_nothing_is_done_if_the_person_changed_meanwhile(signed_in, acme, uma, change):  # R17
    asked = fill_in(signed_in, person=uma.pk, whole=WHOLE)
    if change == "credentials":
        SipAccount.objects.filter(user=uma).update(username="s-other")
    elif change == "phone":
        factories.phone(acme, uma, label="Front desk")
    else:
        uma.plan = "basic"
        uma.save()
    before = digests_of_all_tables()
    answer = confirm(signed_in, asked)
    assert answer.status_code == (422 if change == "plan" else 409)
    assert digests_of_all_tables() == before
    if change != "plan":
        assert "Something changed while you were deciding" in text(answer)
        assert confirm_again(signed_in, answer).status_code == 302


def confirm_again(client, answer):
    answer.status_code = 200
    return confirm(client, answer)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"street": "PO Box 12", "city": "New York", "state": "NY"},
            "This address can’t be stored",
        ),
        ({"whole": "PO Box 12, New York, NY 10038"}, "This address can’t be stored"),
        ({"whole": "100 Gold St, Paris, France"}, "This address can’t be stored"),
    ],
)
def test_address_that_cannot_be_stored_keeps_everything_typed(signed_in, uma, wrong, said):  # R28
    answer = fill_in(signed_in, person=uma.pk, label="Desk", **wrong)
    html = answer.content.decode()
    assert answer.status_code == 422 and said in text(answer)
    assert 'value="Desk"' in html and re.search(rf'value="{uma.pk}"\s+checked', html)
    assert next(iter(wrong.values())) in unescape(html)
    assert not Phone.objects.exists()


def test_two_readings_are_offered_and_one_is_picked(signed_in, uma):  # R29
    asked = fill_in(signed_in, person=uma.pk, whole="12 345 Elm St, Tulsa, OK 74103")
    assert asked.status_code == 422 and "can be read in two ways" in text(asked)
    token = asked.context["choices"][0]["token"]
    shown = fill_in(signed_in, person=uma.pk, whole="12 345 Elm St", reading=token)
    confirm(signed_in, shown)
    assert str(Phone.objects.get().current_address) == "345 Elm St, #12, Tulsa, OK 74103"


@pytest.mark.parametrize("forged", ["x", "e30:1abc:def", "\0"])
@pytest.mark.parametrize("field", ["chosen", "reading"])
def test_what_was_never_offered_is_refused(signed_in, uma, field, forged):  # R29
    assert fill_in(signed_in, person=uma.pk, **{field: forged}).status_code == 400
    assert not Phone.objects.exists()


def test_phone_whose_mac_is_taken_meanwhile_leaves_the_person_as_they_were(signed_in, acme, uma):
    asked = fill_in(signed_in, person=uma.pk, whole=WHOLE)
    factories.phone(acme, mac="000413aa0009")
    username = SipAccount.objects.get(user=uma).username
    answer = confirm(signed_in, asked)
    assert answer.status_code == 422 and "This MAC address is already in use." in text(answer)
    assert WHOLE in answer.content.decode()
    assert SipAccount.objects.get(user=uma).username == username
    assert not EmergencyAddress.objects.exists()


def test_confirmation_sent_twice_adds_one_phone(signed_in, uma):  # R42
    asked = fill_in(signed_in, person=uma.pk, whole=WHOLE)
    first, second = confirm(signed_in, asked), confirm(signed_in, asked)
    assert (first.status_code, first.url) == (second.status_code, second.url)
    assert Phone.objects.count() == EmergencyAddress.objects.count() == 1


# --- while someone types --------------------------------------------------------------------------


def part(client, target: str, **query) -> str:
    return client.get(URL, query, headers=HTMX | {"HX-Target": target}).content.decode()


def test_make_is_suggested_from_all_that_the_sticker_says(signed_in, acme):  # R6
    models = part(signed_in, "models-found", mac="MAC: 80-5E-C0-AA-00-02, S/N 803012E061006123")
    assert "By its MAC address, this is a Yealink." in models
    assert re.search(r'<optgroup label="([^"]+)"', models)[1] == "Yealink"
    assert "By its MAC" not in part(signed_in, "models-found", mac="020000aa0002")
    sticker = {"mac": "MAC: 00-04-13-AA-00-09, S/N 803012E061006123"}
    assert fill_in(signed_in, **sticker).status_code == 302
    assert Phone.objects.get().mac == "000413aa0009"


def test_people_are_found_who_cannot_be_chosen_say_why_and_the_chosen_one_stays(
    signed_in, acme, other, uma
):  # R11, R12
    factories.person(acme, "Bea", "Basic", plan="basic")
    factories.person(other, "Theo", "Their")
    everyone = part(signed_in, "people-found")
    assert "Theo" not in everyone and re.search(r"disabled>.*?Bea.*?Basic plan\.", everyone, re.S)
    found = part(signed_in, "people-found", q="bea", person=uma.pk)
    assert re.search(rf'value="{uma.pk}"\s+checked', found) and "Bea" in found
    assert "Alice" not in found
    assert "No one found for “zoe”" in unescape(part(signed_in, "people-found", q="zoe"))


def test_without_scripts_finding_and_filling_in_keep_what_was_typed(signed_in, uma):
    sent = {"do": "find", "q": "uma", "label": "Desk", "whole": WHOLE}
    found = fill_in(signed_in, **sent).content.decode()
    assert 'value="Desk"' in found and WHOLE in found and "Uma Ulm" in found
    filled = fill_in(signed_in, **sent | {"do": "fill"}).content.decode()
    assert 'value="New York"' in filled and 'value="Desk"' in filled
    kept = fill_in(signed_in, **sent | {"do": "fill", "room": "12"}).content.decode()
    assert 'value="New York"' in kept and 'value="12"' in kept
    assert not Phone.objects.exists()

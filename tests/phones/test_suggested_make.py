"""A MAC address suggests the phone's make; a contradiction is asked about once."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError

from phones.models import Phone, PhoneModel
from phones.provisioning.makes import MAKES
from tests import factories
from tests.confirming import confirm_act
from tests.markup import compact

from .confirming import text

YEALINK, SNOM, UNKNOWN = "805ec0aa0002", "000413aa0002", "020000aa0002"
QUESTION = "This MAC address belongs to Yealink; you chose Poly VVX 450. Is that right?"


def key(model: str) -> int:
    return PhoneModel.objects.get(name=model).pk


def offered(response) -> str | None:
    """Return the value of the box to tick."""
    tag = re.search(r'<input[^>]*name="despite"[^>]*>', compact(response.content.decode()))[0]
    if 'type="checkbox"' not in tag:
        return None
    assert "checked" not in tag
    return re.search(r'value="([^"]*)"', tag)[1]


ADD = {"label": "New", "kind": "user"}


def add(client, mac: str, model: str, **more):
    return confirm_act(client, "/phones/add/", mac=mac, model=key(model), **ADD, **more)


def test_model_of_another_make_than_the_mac_suggests_is_asked_about_once(signed_in, acme):
    asked = add(signed_in, YEALINK, "Poly VVX 450")
    assert (asked.status_code, Phone.objects.count()) == (422, 0)
    assert QUESTION in text(asked) and "Yes, it’s a Poly VVX 450" in text(asked)
    answer = add(signed_in, YEALINK, "Poly VVX 450", despite=offered(asked))
    assert (answer.status_code, Phone.objects.get().model.name) == (302, "Poly VVX 450")


def test_answer_is_about_one_contradiction_only(signed_in, acme):
    answer = offered(add(signed_in, YEALINK, "Poly VVX 450"))
    other = add(signed_in, YEALINK, "Snom D785", despite=answer)
    assert other.status_code == 422 and "you chose Snom D785" in text(other)
    assert offered(other) not in (None, answer)


@pytest.mark.parametrize(
    ("mac", "model"),
    [(YEALINK, "Yealink SIP-T54W"), (SNOM, "Snom D785"), (UNKNOWN, "Poly VVX 450")],
)
def test_nothing_is_asked_without_a_contradiction(signed_in, acme, mac, model):
    assert add(signed_in, mac, model).status_code == 302


@pytest.mark.parametrize("act", ["correct", "replace"])
def test_acts_ask_as_well(signed_in, acme, act):
    phone = factories.phone(acme, label="Front desk", mac=UNKNOWN)
    url = f"/phones/{phone.pk}/{act}/"
    asked = confirm_act(signed_in, url, mac=YEALINK, model=key("Poly VVX 450"))
    assert asked.status_code == 422 and QUESTION in text(asked)
    answer = offered(asked)
    done = confirm_act(signed_in, url, mac=YEALINK, model=key("Poly VVX 450"), despite=answer)
    assert done.status_code == 302
    assert Phone.objects.get(mac=YEALINK).model.name == "Poly VVX 450"


@pytest.mark.parametrize("name", ["Poly Edge B30", "Poly OBi 312"])
def test_model_with_other_firmware_is_refused_with_the_reason(signed_in, acme, name):
    model = PhoneModel.objects.create(family="poly", name=name)
    answer = add(signed_in, UNKNOWN, model.name)
    assert (answer.status_code, Phone.objects.count()) == (422, 0)
    assert MAKES["poly"].find_refusal(name) in text(answer)


def test_model_with_other_firmware_cannot_be_added_by_support(everything):
    with pytest.raises(ValidationError) as refused:
        PhoneModel(family="poly", name="Poly Edge B30").full_clean()
    assert refused.value.messages == [MAKES["poly"].find_refusal("Poly Edge B30")]

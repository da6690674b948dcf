"""Support staff set a phone's E911 address, through the pages of the account and with a reason."""

from __future__ import annotations

import pytest
from django.db import transaction

from e911.models import EmergencyAddress
from phones import lifecycle
from tests.answers import visible_text
from tests.e911.dialog import GOOD, offered
from tests.support.acting import CHANGED, REASON, WHO, activity, now, phone_page
from users.request_keys import make_key
from users.tenancy import scope

SAVED = "350 5th Ave, Floor 34, New York, NY 10118"


@pytest.fixture
def url(world) -> str:
    return phone_page(world.desk, "address")


def in_force(phone) -> str:
    with transaction.atomic(), scope.entered(scope="support"):
        return str(now(phone).current_address)


def test_address_set_by_support_is_in_force_with_its_reason(support, administrator, world, url):
    began = support.get(url)
    assert "Front desk" in visible_text(began)
    understood = support.post(url, GOOD)
    stored = support.post(url, offered(understood) | {"reason": REASON})
    assert (stored.status_code, stored.url) == (302, phone_page(world.desk))
    assert in_force(world.desk) == SAVED
    entry = activity(administrator)[0]
    assert entry[:3] == WHO
    assert any(SAVED in sentence for sentence in entry[3])


def test_address_without_a_reason_is_not_stored_and_asks_for_it(support, world, url):  # R37
    was = in_force(world.desk)
    understood = support.post(url, GOOD)
    asked = support.post(url, offered(understood) | {"reason": "  "})
    assert asked.status_code == 422
    assert asked.context["further"].errors["reason"]
    assert SAVED in visible_text(asked)
    assert in_force(world.desk) == was
    support.post(url, offered(asked) | {"reason": REASON})
    assert in_force(world.desk) == SAVED


def test_address_of_a_phone_that_changed_meanwhile_is_asked_about_anew(support, world, url):  # R42
    understood = support.post(url, GOOD)
    with transaction.atomic(), scope.entered(account_id=world.acme.pk):
        lifecycle.relabel_phone(now(world.desk), "Back door")
    asked = support.post(url, offered(understood) | {"reason": REASON})
    assert asked.status_code == 409
    assert CHANGED in visible_text(asked)
    assert in_force(world.desk) != SAVED


def test_address_sent_twice_by_support_is_stored_once(support, world, url):
    sent = offered(support.post(url, GOOD)) | {"reason": REASON}
    assert [support.post(url, sent).status_code for _ in range(2)] == [302, 302]
    with transaction.atomic(), scope.entered(scope="support"):
        assert EmergencyAddress.objects.filter(phone=world.desk, standardised=SAVED).count() == 1


def test_address_offered_for_another_phone_is_refused(support, world, url):
    chosen = offered(support.post(phone_page(world.shop, "address"), GOOD))["chosen"]
    sent = {"chosen": chosen, "key": make_key(), "reason": REASON}
    assert support.post(url, sent).status_code == 400


def test_read_only_support_changes_no_address(reader, world, url):  # R35
    assert reader.get(url).status_code == 403
    assert reader.post(url, GOOD).status_code == 403

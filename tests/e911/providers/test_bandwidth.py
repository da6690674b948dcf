"""Bandwidth: its token, requests and orders, and how its answers are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from e911.providers import Misconfigured, Unavailable, Validation, get_provider
from tests.e911.providers.conftest import GOLD_STREET, UMA, VIC, Crash
from tests.e911.providers.server import says

A1 = "/accounts/A1"
PARTIAL = {"orderId": "o-9", "status": "PARTIAL"}


def test_token_is_fetched_once_and_kept(bandwidth, phone):
    phone.register()
    phone.update_caller(VIC)
    phone.withdraw()
    assert len(bandwidth.tokens) == 1


def test_token_is_renewed_before_it_ends(bandwidth, phone):
    bandwidth.expires_in = 59
    phone.register()
    assert len(bandwidth.tokens) == len(bandwidth.asked()) / 2 > 1


def test_token_that_is_withdrawn_is_renewed_once(bandwidth, phone):
    phone.register()
    bandwidth.tokens.append("another")
    assert phone.update_caller(VIC).state == "accepted"
    assert len(bandwidth.tokens) == 3
    bandwidth.on("PATCH", A1, says(401))
    bandwidth.on("PATCH", A1, says(401))
    with pytest.raises(Misconfigured, match="E911_BANDWIDTH_CLIENT_SECRET"):
        phone.update_caller(UMA)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_login_names_the_settings(bandwidth, phone, status):
    bandwidth.on("POST", "/token", says(status, {"error": "invalid_client"}))
    with pytest.raises(
        Misconfigured, match="E911_BANDWIDTH_CLIENT_ID and E911_BANDWIDTH_CLIENT_SECRET"
    ):
        phone.register()


@pytest.mark.parametrize(
    "granted",
    [
        b"",
        b"<html>",
        {},
        {"access_token": ""},
        {"access_token": "a b"},
        {"access_token": 5},
        {"access_token": "a\nb"},
        {"access_token": "a", "expires_in": "soon"},
    ],
)
def test_token_that_is_none_is_a_fault(bandwidth, phone, granted):
    bandwidth.on("POST", "/token", says(200, granted))
    with pytest.raises(Unavailable):
        phone.register()
    assert phone.register().state == "accepted"


def test_token_server_that_is_busy_is_waited_for(bandwidth, phone):
    bandwidth.on("POST", "/token", says(429, Retry_After="7"))
    with pytest.raises(Unavailable) as fault:
        phone.register()
    assert fault.value.retry_after == 7


def test_address_and_caller_are_sent_with_our_reference_and_region(bandwidth, phone):  # R27
    phone.register(UMA)
    address, order = (request for request in bandwidth.seen if request.path.startswith(A1))
    assert address.json == {
        "customReference": "phoneadmin-address-1",
        "houseNumber": "100",
        "houseSuffix": "1/2",
        "preDirectional": "N",
        "streetName": "Gold",
        "streetSuffix": "Street",
        "addressLine2": "Floor 2, Suite 5",
        "city": "New York",
        "stateCode": "NY",
        "postalCode": "10038",
        "countryCodeA3": "USA",
    }
    assert order.json == {
        "customReference": "phoneadmin-address-1-1",
        "addressId": "a-1",
        "callbackNumber": "+12125550111",
        "callerName": "Uma Person",
    }
    assert [address.query, order.query] == [{"region": "NA"}, {"region": "NA"}]


def test_new_caller_is_an_order_on_the_same_endpoint(bandwidth, phone):
    phone.register(UMA)
    bandwidth.seen.clear()
    phone.update_caller(VIC)
    (order,) = bandwidth.seen
    assert (order.method, order.path, order.json) == (
        "PATCH",
        f"{A1}/endpoints/e-3",
        {
            "action": "PROVISION",
            "addressId": "a-1",
            "callbackNumber": "+12125550112",
            "callerName": "Vic Person",
        },
    )


def test_judged_address_is_not_left_there(bandwidth):
    assert get_provider().validate(GOLD_STREET) == Validation("valid", None, "VALID")
    assert bandwidth.addresses == {}


def test_judgement_holds_where_its_address_cannot_be_removed(bandwidth):
    bandwidth.on("DELETE", A1, says(503))
    assert get_provider().validate(GOLD_STREET).verdict == "valid"


def test_invalid_address_comes_with_its_correction(bandwidth):  # R28, R29
    bandwidth.address_status = "INVALID"
    bandwidth.correction = {"streetName": "GOLD", "postalCode": "10039", "somethingNew": "x"}
    assert get_provider().validate(GOLD_STREET) == Validation(
        "invalid", replace(GOLD_STREET, postal_code="10039"), "INVALID"
    )
    bandwidth.correction = {"streetName": "GOLD"}
    assert get_provider().validate(GOLD_STREET).suggestion is None
    bandwidth.on("POST", f"{A1}/addresses", says(400, {"errors": [{"description": "No city"}]}))
    assert get_provider().validate(GOLD_STREET) == Validation("invalid", None, "No city")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("RUE Principal", {"street_name": "Principal"}),
        ("Rue Principale", None),
        ("Main", {"street_type_before": "", "street_name": "Main"}),
    ],
)
def test_correction_of_a_street_whose_type_comes_first(bandwidth, theirs, ours):  # R29
    address = replace(
        GOLD_STREET, country="CA", state="QC", street_type_before="rue", street_name="Principale"
    )
    bandwidth.address_status, bandwidth.correction = "INVALID", {"streetName": theirs}
    assert get_provider().validate(address).suggestion == (ours and replace(address, **ours))


@pytest.mark.parametrize("status", ["UNVALIDATED", "IN_ORBIT"])
def test_address_that_is_not_judged_yet_is_unknown(bandwidth, status):  # R30
    bandwidth.address_status = status
    assert get_provider().validate(GOLD_STREET) == Validation("unknown", None, status)


def test_address_found_invalid_is_refused(bandwidth, phone):
    bandwidth.address_status = "INVALID"
    assert phone.register().state == "refused"
    assert bandwidth.endpoints == {}


def test_order_done_in_part_is_not_done(bandwidth, phone):  # R30
    bandwidth.caller_status = "PARTIAL"
    assert phone.register().state == "refused"

    endpoint = {"id": "e-9", "addressId": "a-9"}
    bandwidth.endpoints["e-9"] = endpoint
    bandwidth.on(
        "POST", f"{A1}/endpoints", says(202, {"data": PARTIAL | {"endpoints": [endpoint]}})
    )
    assert phone.register().state == "refused"
    phone.withdraw()
    assert (bandwidth.addresses, bandwidth.endpoints) == ({}, {})


@pytest.mark.parametrize("endpoints", [None, [], {}, [{}], [{"id": "e-1"}, {"id": "e-2"}]])
def test_completed_order_that_does_not_name_its_endpoint_is_not_believed(
    bandwidth, phone, endpoints
):
    order = {"orderId": "o-9", "status": "COMPLETED", "endpoints": endpoints}
    bandwidth.on("POST", f"{A1}/endpoints", says(202, {"data": order}))
    with pytest.raises(Unavailable):
        phone.register()


def test_completed_order_on_another_endpoint_is_not_believed(bandwidth, phone):
    phone.register()
    order = {"orderId": "o-9", "status": "COMPLETED", "endpoints": [{"id": "e-9"}]}
    bandwidth.on("PATCH", A1, says(202, {"data": order}))
    with pytest.raises(Unavailable):
        phone.update_caller(VIC)


def test_caller_who_changes_while_an_order_is_under_way_waits_for_it(bandwidth, phone):
    bandwidth.caller_status = "RECEIVED"
    phone.register(UMA)
    assert phone.update_caller(VIC).state == "pending"
    bandwidth.decide("COMPLETED")
    assert phone.update_caller(VIC).state == "pending"
    assert bandwidth.callers == [UMA]
    bandwidth.decide("COMPLETED")
    assert phone.update_caller(VIC).state == "accepted"
    assert bandwidth.callers == [VIC]


def test_order_under_way_is_withdrawn_when_it_has_ended(bandwidth, phone):
    bandwidth.caller_status = "RECEIVED"
    phone.register()
    with pytest.raises(Unavailable):
        phone.withdraw()
    bandwidth.decide("COMPLETED")
    phone.withdraw()
    assert (bandwidth.addresses, bandwidth.endpoints) == ({}, {})


def test_list_that_ignores_our_reference_gives_nothing_to_take(bandwidth, phone):
    bandwidth.on("POST", f"{A1}/addresses", says(503))
    with pytest.raises(Unavailable):
        phone.register()
    others = [{"id": "a-8", "customReference": "another"}, {"id": "a-9"}]
    bandwidth.on("GET", f"{A1}/addresses", says(200, {"data": others}))
    assert phone.register().state == "accepted"
    assert list(bandwidth.addresses) == ["a-1"]


def test_order_found_again_is_not_an_earlier_one_that_failed(bandwidth, phone):
    bandwidth.caller_status = "FAILED"
    assert phone.register().state == "refused"
    bandwidth.caller_status = "COMPLETED"
    phone.crash_at(1)
    with pytest.raises(Crash):
        phone.register()
    assert phone.register().state == "accepted"
    assert len(bandwidth.endpoints) == 1

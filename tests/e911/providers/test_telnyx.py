"""Telnyx: its requests, how its answers are read, and how an interrupted one is found again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from e911.addresses.civic import CivicAddress
from e911.providers import Misconfigured, Unavailable, Validation, get_provider
from tests.e911.providers.conftest import GOLD_STREET, UMA, VIC, Phone
from tests.e911.providers.server import obeys_and_hangs_up, says

ADDRESSES, ENDPOINTS, VALIDATE = (
    "/dynamic_emergency_addresses",
    "/dynamic_emergency_endpoints",
    "/addresses/actions/validate",
)
ERRORS = [
    {"code": "20207", "title": "Invalid street address", "source": {"pointer": "/street_address"}}
]


def test_address_is_sent_in_its_parts_with_what_leads_to_the_desk(telnyx, phone):  # R27
    phone.register(UMA)
    address, endpoint = (request.json for request in telnyx.seen if request.method == "POST")
    assert address == {
        "house_number": "100",
        "house_suffix": "1/2",
        "street_pre_directional": "N",
        "street_name": "Gold",
        "street_suffix": "Street",
        "extended_address": "Floor 2, Suite 5",
        "locality": "New York",
        "administrative_area": "NY",
        "postal_code": "10038",
        "country_code": "US",
    }
    assert endpoint == {
        "dynamic_emergency_address_id": "a-1",
        "callback_number": "+12125550111",
        "caller_name": "Uma Person",
    }


@pytest.mark.parametrize(
    ("parts", "sent"),
    [
        (
            {
                "country": "CA",
                "state": "QC",
                "street_type_before": "rue",
                "street_name": "Principale",
            },
            ("rue Principale", "CA"),
        ),
        (
            {"country": "US", "state": "PR", "street_type_before": "Calle", "street_name": "Luna"},
            ("Calle Luna", "PR"),
        ),
        ({"country": "US", "state": "GU", "street_name": "Marine Corps"}, ("Marine Corps", "US")),
    ],
)
def test_street_type_before_the_name_goes_with_the_name_and_puerto_rico_is_a_country(
    telnyx, parts, sent
):  # R26
    address = CivicAddress(city="X", house_number="1", postal_code="00901", **parts)
    Phone(address).register()
    body = next(request.json for request in telnyx.seen if request.method == "POST")
    assert (body["street_name"], body["country_code"]) == sent


def test_ids_that_a_call_must_carry_are_known(telnyx, phone):
    phone.register()
    assert (
        phone.known["address"]["sip_geolocation_id"],
        phone.known["endpoint"]["sip_from_id"],
    ) == ("GEO", "FROM2")


def test_new_caller_is_created_before_the_old_one_is_deleted(telnyx, phone):  # R28
    phone.register(UMA)
    telnyx.seen.clear()
    phone.update_caller(VIC)
    assert telnyx.asked("POST", "DELETE") == [f"POST {ENDPOINTS}", f"DELETE {ENDPOINTS}/e-2"]


def test_valid_address_needs_no_suggestion(telnyx):
    telnyx.validation = {"result": "valid", "suggested": {"street_address": "100 GOLD ST"}}
    assert get_provider().validate(GOLD_STREET) == Validation("valid")
    assert telnyx.seen[0].json == {
        "street_address": "100 1/2 N Gold Street",
        "extended_address": "Floor 2, Suite 5",
        "locality": "New York",
        "administrative_area": "NY",
        "postal_code": "10038",
        "country_code": "US",
    }


def test_invalid_address_is_told_in_the_providers_words(telnyx):  # R28
    telnyx.validation = {
        "result": "invalid",
        "suggested": {},
        "errors": [ERRORS[0] | {"detail": "There is none."}],
    }
    assert get_provider().validate(GOLD_STREET) == Validation(
        "invalid", None, "Invalid street address: There is none."
    )
    telnyx.on("POST", VALIDATE, says(422, {"errors": ERRORS}))
    assert get_provider().validate(GOLD_STREET) == Validation(
        "invalid", None, "Invalid street address"
    )
    telnyx.on("POST", VALIDATE, says(422))
    assert get_provider().validate(GOLD_STREET) == Validation("unknown")


def test_correction_changes_the_street_and_never_the_desk(telnyx):  # R27, R29
    telnyx.validation = {
        "result": "invalid",
        "errors": ERRORS,
        "suggested": {
            "street_address": "100 1/2 S GOLD STREET",
            "extended_address": "FL 9",
            "locality": "NEW YORK",
            "administrative_area": "NY",
            "postal_code": "10039",
            "country_code": "US",
        },
    }
    suggestion = replace(GOLD_STREET, pre_directional="S", postal_code="10039")
    assert get_provider().validate(GOLD_STREET) == Validation(
        "invalid", suggestion, "Invalid street address"
    )
    nowhere = replace(GOLD_STREET, floor="", unit_type="", unit="")
    assert get_provider().validate(nowhere).suggestion == replace(
        suggestion, floor="9", unit_type="", unit=""
    )


@pytest.mark.parametrize(
    "suggested",
    [
        None,
        [],
        "100 GOLD ST",
        {
            "street_address": "PO BOX 5",
            "locality": "NEW YORK",
            "administrative_area": "NY",
            "postal_code": "10038",
        },
        {
            "street_address": 100,
            "locality": {},
            "administrative_area": None,
            "postal_code": "10038",
        },
        {
            "street_address": "<script>",
            "locality": "NEW YORK",
            "administrative_area": "NY",
            "postal_code": "10038",
        },
        {
            "street_address": "100 1/2 N GOLD STREET",
            "locality": "NEW YORK",
            "administrative_area": "NY",
            "postal_code": "10038",
        },
    ],
)
def test_suggestion_that_is_no_correction_is_none(telnyx, suggested):  # R29
    telnyx.validation = {"result": "invalid", "errors": ERRORS, "suggested": suggested}
    assert get_provider().validate(GOLD_STREET) == Validation(
        "invalid", None, "Invalid street address"
    )


def test_verdict_that_nobody_knows_is_unknown(telnyx):  # R30
    telnyx.validation = {"result": "maybe", "suggested": {}}
    assert get_provider().validate(GOLD_STREET) == Validation("unknown", None, "maybe")
    telnyx.validation = {"result": None}
    with pytest.raises(Unavailable):
        get_provider().validate(GOLD_STREET)


def test_address_begun_is_found_on_a_later_page_whatever_its_case(telnyx, phone):
    telnyx.page_size = 2
    for number in range(5):
        Phone(replace(GOLD_STREET, house_number=str(number))).register()
    telnyx.on("POST", ADDRESSES, obeys_and_hangs_up)
    with pytest.raises(Unavailable):
        phone.register()
    row = list(telnyx.addresses.values())[-1]
    row |= {"street_name": "GOLD", "locality": " new  york", "house_number": 100}
    assert phone.register().state == "accepted"
    assert len(telnyx.addresses) == 6


@pytest.mark.parametrize(
    "listed",
    [
        {"data": {}},
        {"data": ["a-1"]},
        {"data": [{}], "meta": {"total_pages": 1}},
        {"data": []},
        {"data": [], "meta": {"total_pages": "many"}},
        {"data": [{"id": ["a-1"]}], "meta": {"total_pages": 1}},
    ],
)
def test_list_that_lies_lets_nothing_be_created(telnyx, phone, listed):
    telnyx.on("POST", ADDRESSES, obeys_and_hangs_up)
    with pytest.raises(Unavailable):
        phone.register()
    telnyx.on("GET", ADDRESSES, says(200, listed))
    with pytest.raises(Unavailable):
        phone.register()
    assert len(telnyx.addresses) == 1
    assert phone.register().state == "accepted"


def test_list_without_end_is_given_up(telnyx, phone, monkeypatch):
    monkeypatch.setattr("e911.providers.telnyx.MOST_PAGES", 3)
    telnyx.on("POST", ADDRESSES, obeys_and_hangs_up)
    with pytest.raises(Unavailable):
        phone.register()
    for _ in range(3):
        telnyx.on(
            "GET", ADDRESSES, says(200, {"data": [{"id": "a-9"}], "meta": {"total_pages": 10**9}})
        )
    with pytest.raises(Unavailable, match="more than 750"):
        phone.register()


def test_caller_for_another_address_than_ours_is_not_believed(telnyx, phone):
    row = {"id": "e-9", "dynamic_emergency_address_id": "a-9", "status": "activated"}
    telnyx.on("POST", ENDPOINTS, says(201, {"data": row}))
    with pytest.raises(Unavailable):
        phone.register()


def test_address_deleted_there_by_another_hand_is_no_longer_claimed(telnyx, phone):  # R30
    phone.register()
    telnyx.endpoints.clear()
    outcome = phone.provider.state(phone.known)
    assert (outcome.state, outcome.words) == ("refused", "Telnyx no longer has it.")


def test_netrc_file_does_not_replace_the_key(telnyx, phone, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert phone.register().state == "accepted"


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel—"])
def test_key_that_cannot_be_sent_is_for_the_operator_and_not_shown(telnyx, phone, settings, key):
    settings.E911_TELNYX_API_KEY = key
    with pytest.raises(Misconfigured, match="E911_TELNYX_API_KEY") as fault:
        phone.register()
    assert key not in str(fault.value)

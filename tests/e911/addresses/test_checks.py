"""Which addresses can be stored, and which are refused or questioned and why (R26, R28, R30)."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from e911.addresses import checks, parsing
from e911.models import EmergencyAddress
from tests.e911 import measure

LABELLED = Path(__file__).parents[4] / "shared" / "data" / "e911_addresses.csv"
GOOD = "100 Gold St, Suite 5, New York, NY 10038"


def found(text):
    """Return code, field and severity of everything that is found in an address."""
    return [
        (each.code, each.field, each.severity == "refuse")
        for each in checks.check_address(parsing.parse_address(text))
    ]


def refusals(text):
    return {
        finding.code
        for finding in checks.check_address(parsing.parse_address(text))
        if finding.severity == "refuse"
    }


def hints(text):
    return {
        finding.code
        for finding in checks.check_address(parsing.parse_address(text))
        if finding.severity == "hint"
    }


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "123 E 200 S, Salt Lake City, UT 84111",
        "43 South Broadway, Pitman, NJ 08071",
        "10 County Road 3668, Splendora, TX 77372",
        "7300 RR 2222, Austin, TX 78730",
        "2400 Riverfront Drive, Mailbox 2825, Little Rock, AR 72202",
        "1 Ashford Ave, San Juan, PR 00907",
        "1234, rue Sainte-Catherine Ouest, bureau 200, Montréal (Québec) H3B 1A1",
        "111 Wellington St, Ottawa, ON K1A 0B1",
    ],
)
def test_good_address_has_nothing_to_find(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("Gold St, New York, NY 10038", "no_house_number", "street"),
        ("West 15th Street, Plano, TX 75075", "no_house_number", "street"),
        ("Highway 59 North, Detroit Lakes, MN 56501", "no_house_number", "street"),
        ("Midway Medical Park, Bristol TN 37620", "no_house_number", "street"),
        ("Gold St, Suite 401, New York, NY 10038", "no_house_number", "street"),
        ("Rue Notre-Dame, 2e étage, Montréal QC H2Y 1C6", "no_house_number", "street"),
        ("817 Atlanta, GA 30308", "no_street_name", "street"),
        ("2851, Suite 5, Grand Forks, ND 58201", "no_street_name", "street"),
        ("516, unité 4, Montréal QC H2Y 1C6", "no_street_name", "street"),
        ("535 Mountain View Road, SD 57702", "no_city", "city"),
        ("261 Anderson Rd N SC 29730-3316", "no_city", "city"),
        ("775, rue Saint-Viateur (Québec) G2L 2Z3", "no_city", "city"),
        ("2100 Lincoln Park West Unit 10FN, Chicago 60614", "no_state", "state"),
        ("154 Grand Street, New York 10013", "no_state", "state"),
        ("111 Wellington St, Ottawa K1A 0B1", "no_state", "state"),
        ("107 East Jackson Street, Belzoni, MS", "no_postal_code", "postal_code"),
        ("196 Hume Road Puslinch, ON", "no_postal_code", "postal_code"),
        ("100 Gold St Apt, New York, NY 10038", "unit_without_number", "unit"),
        ("1234 rue Laurier, bureau, Montréal QC H2Y 1C6", "unit_without_number", "unit"),
        ("P.O. Box 12, New York, NY 10038", "po_box", "street"),
        ("Drawer 368 PO Box 11407 Birmingham AL 35246", "po_box", "street"),
        ("100 Gold St, P O Box 12, New York, NY 10038", "po_box", "street"),
        ("Box 527, Oakbank MB R0E 1J0", "po_box", "street"),
        ("205, avenue de la Cathédrale, C.P. 710, Rimouski (Québec) G5L 7C7", "po_box", "street"),
        ("Case postale 55, Rimouski QC G5L 7C7", "po_box", "street"),
        ("Rural Route 3, Lindsay, ON K9V 4R1", "rural_route", "street"),
        ("R.R. #2, Danville, PA 17821", "rural_route", "street"),
        ("PSC 3 Box 1234, APO AE 09021", "military", "street"),
        ("Unit 2050 Box 4190, FPO AP 96278", "military", "street"),
        ("General Delivery, Fairbanks, AK 99701", "general_delivery", "street"),
        ("GD, Stn Main, Iqaluit NU X0A 0H0", "general_delivery", "street"),
        ("Poste restante, Montréal QC H3A 1A1", "general_delivery", "street"),
        ("123 Main St & 5th Ave, Springfield, IL 62701", "intersection", "street"),
        ("6189 US Highway 18 And 15, Dodgeville, WI 53533", "intersection", "street"),
        ("100 Gold St, New York, NY 00000", "zip_unknown", "postal_code"),
        ("100 Gold St, New York, CT 10038", "zip_state_mismatch", "postal_code"),
        ("100 Gold St, New York, NY 1003", "postal_code_format", "postal_code"),
        ("100 Gold St, New York, NY 6065460610", "postal_code_format", "postal_code"),
        ("238 Jarvis Ave, Winnipeg MB R1D 3A2", "postal_code_format", "postal_code"),
        ("111 Wellington St, Ottawa ON KIA OB1", "postal_code_format", "postal_code"),
        ("123 Main St, Toronto, ON 14202", "postal_code_format", "postal_code"),
        ("100 Main St, Buffalo, NY V5K 0A1", "postal_code_format", "postal_code"),
        (
            "11, rue Notre-Dame Ouest, Montréal (Québec) M2Y 4A7",
            "postal_code_province_mismatch",
            "postal_code",
        ),
        ("123 Main St, Springfield, ZZ 62701", "state_unknown", "state"),
        ("12 Rue de Rivoli, 75001 Paris, France", "country_not_served", "country"),
        ("12 Main St, Majuro, MH 96960", "country_not_served", "country"),
    ],
)
def test_address_that_cannot_be_stored_is_refused_for_its_reason_alone(
    text, code, field
):  # R26, R28
    refused = [
        (found_code, found_field) for found_code, found_field, refuses in found(text) if refuses
    ]
    assert refused == [(code, field)]


def test_intersection_without_a_house_number_says_both():
    assert refusals("Main St and 5th Ave, Springfield, IL 62701") == {
        "intersection",
        "no_house_number",
    }
    assert refusals("Corner of Main and 3rd, Tulsa, OK 74103") == {
        "intersection",
        "no_house_number",
    }
    assert refusals("Lewis and Clark Rd, Clarksville, IN 47129") >= {"no_house_number"}


def test_everything_that_applies_is_said_at_once():  # R28
    assert refusals("Gold St Apt, NY") == {
        "no_house_number",
        "unit_without_number",
        "no_city",
        "no_postal_code",
    }
    assert refusals("12th & Millard") == {
        "intersection", "no_house_number", "no_city", "no_state", "no_postal_code"
    }  # fmt: skip


def test_refusals_come_before_hints():
    severities = [
        each.severity
        for each in checks.check_address(parsing.parse_address("100 Gold Stret, Yonkers, NY"))
    ]
    assert severities == sorted(severities, reverse=True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("   \n\t ", "empty"),
        ("9" * 10_000, "too_long"),
        ("100 Gold St " * 60, "too_long"),
        ("100 Gold St\n" * 30, "too_many_lines"),
        ("\n".join("abcdefghijklmno"), "too_many_lines"),
        ("100 Gold St\x00, New York, NY 10038", "not_text"),
        ("100 Gold St\ud800, New York, NY 10038", "not_text"),
        ("100 \u202eGold St, New York, NY 10038", "not_text"),
        ("100 🏠 Gold St, New York, NY 10038", "not_text"),
        ("<script>alert(1)</script> 100 Gold St, New York, NY 10038", "not_text"),
        ("100 Голд St, New York, NY 10038", "other_script"),
    ],
)
def test_text_that_is_no_address_is_refused(text, code):
    assert [found_code for found_code, _, refuses in found(text) if refuses] == [code]


def test_whole_address_in_another_script_is_of_another_country():  # R26
    assert refusals("Москва, ул. Тверская 1") == {"other_script", "country_not_served"}
    assert refusals("東京都港区六本木6-10-1") == {"other_script", "country_not_served"}


@pytest.mark.parametrize("field", parsing.FIELDS)
def test_text_that_is_no_address_is_found_in_its_field(field):
    address = parsing.parse_parts(
        **({"country": "US", "street": "100 Gold St"} | {field: "1 \u202e"})
    )
    assert [(each.code, each.field) for each in checks.check_address(address)] == [
        ("not_text", field)
    ]


@pytest.mark.parametrize("country", ["Mexico", "MX", "Atlantis"])
def test_country_that_is_not_served_is_refused_in_those_words(country):  # R26
    (finding,) = checks.check_address(parsing.parse_parts(country=country, street="100 Gold St"))
    assert (finding.code, finding.field) == ("country_not_served", "country")
    assert (
        finding.sentence == "E911 addresses can be in the United States of America and Canada only."
    )


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("street", f"100 {'x' * 101} St"),
        ("unit", "5" * 31),
        ("floor", "x" * 21),
        ("city", "x" * 101),
        ("building", "x" * 61),
    ],
)
def test_part_that_cannot_be_kept_whole_is_refused(part, text):
    typed = {
        "country": "US",
        "street": "100 Gold St",
        "city": "New York",
        "state": "NY",
        "postal_code": "10038",
    }
    address = parsing.parse_parts(**(typed | {part: text}))
    assert ("too_long", part) in [(each.code, each.field) for each in checks.check_address(address)]


def test_parts_may_be_as_long_as_the_record_keeps_them():
    record = {name: EmergencyAddress._meta.get_field(name).max_length for name in checks.LONGEST}
    assert record == checks.LONGEST
    assert EmergencyAddress._meta.get_field("standardised").max_length == checks.LONGEST_LINE


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("100 Gold Stret, New York, NY 10038", {"suffix_suspect"}),
        ("100 Gold, New York, NY 10038", {"suffix_suspect"}),
        ("100 Nroth Main St, Tulsa, OK 74103", {"directional_suspect"}),
        ("1600 Pennsylvania Ave, Washington, DC 20500", {"directional_suspect"}),
        ("100 8 Avenue, Calgary, AB T2P 1B3", {"directional_suspect"}),
        ("100 Gold St, Yonkers, NY 10038", {"city_zip_mismatch"}),
        ("4567 Concession Rd 3, RR 2, Puslinch ON N0B 2J0", {"rural_route_beside"}),
    ],
)
def test_doubt_is_a_hint_that_can_be_overruled(text, codes):
    assert refusals(text) == set()
    assert hints(text) == codes
    assert checks.is_accepted(checks.check_address(parsing.parse_address(text)))


@pytest.mark.parametrize(
    "text",
    [
        "100 Gold St, NYC, NY 10038",
        "100 Main St, Ft. Lauderdale, FL 33301",
        "100 Worth St, New York, NY 10013",
        "1 Broadway, New York, NY 10004",
        "10 Avenue B, New York, NY 10009",
        "144 S 500 E, Salt Lake City, UT 84102",
        "1600 Pennsylvania Ave NW, Washington, DC 20500",
        "5, rue Laurier, Québec QC G1R 4S9",
    ],
)
def test_what_is_right_raises_no_doubt(text):
    assert found(text) == []


def test_sentence_names_what_is_wrong():
    sentences = {
        each.code: each.sentence
        for each in checks.check_address(parsing.parse_address("PO Box 12, New York, CT 10038"))
    }
    assert "“PO Box 12”" in sentences["po_box"]
    assert sentences["zip_state_mismatch"] == "ZIP code 10038 is in New York, not in Connecticut."
    sentences = {
        each.code: each.sentence
        for each in checks.check_address(parsing.parse_address("12 Main St, Toronto, ON H3B 1A1"))
    }
    assert sentences["postal_code_province_mismatch"] == "Postal code H3B 1A1 isn’t in Ontario."


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("100 Gold Stret, NYC, NY 10038", "100 Gold Street, NYC, NY 10038"),
        ("100 Gold St, Yonkers, NY 10038", "100 Gold St, New York, NY 10038"),
        ("100 Gold St, New York 10038", "100 Gold St, New York, NY 10038"),
        ("100 Gold St, NY 10038", "100 Gold St, New York, NY 10038"),
        ("100 Gold St, Chicago, IL 6065460610", "100 Gold St, Chicago, IL 60654"),
        ("111 Wellington St, Ottawa ON KIA OB1", "111 Wellington St, Ottawa, ON K1A 0B1"),
        ("12, rue Laurier, Montréal H2Y 1C6", "12 rue Laurier, Montréal, QC H2Y 1C6"),
    ],
)
def test_suggestion_is_what_was_most_likely_meant(text, better):  # R29
    suggested = checks.suggest_correction(parsing.parse_address(text))
    assert suggested.standardised == better
    assert checks.is_accepted(checks.check_address(suggested))


@pytest.mark.parametrize(
    "text", [GOOD, "", "100 Gold St, New York, CT 10038", "12 Rue de Rivoli, Paris, France"]
)
def test_suggestion_is_none_where_nothing_better_is_known(text):  # R29
    assert checks.suggest_correction(parsing.parse_address(text)) is None


def steps(*codes):
    findings = [checks.Finding(code, "", "") for code in codes]
    return [step.code for step in checks.recommend_steps(findings)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (checks.UNAVAILABLE, ["try_again", "support"]),
        (checks.NOT_FOUND, ["directionals", "suffix", "unit", "colleague", "support"]),
        ("directional_suspect", ["directionals", "support"]),
        ("suffix_suspect", ["suffix", "support"]),
        ("unit_without_number", ["unit", "support"]),
        ("no_house_number", ["colleague", "support"]),
        ("country_not_served", ["support"]),
        ("not_text", ["support"]),
    ],
)
def test_recommended_steps_fit_the_error(code, expected):  # R28
    assert steps(code) == expected


def test_recommended_steps_say_try_again_only_where_it_can_help():  # R28
    own = {*checks.REMARKS, *set().union(*checks.REASONS.values())}
    assert {code for code in own if "try_again" in steps(code)} == set()


def test_recommended_steps_are_none_where_nothing_is_wrong():
    assert checks.recommend_steps(()) == ()


def test_check_does_not_depend_on_what_is_inside_the_building():
    address = parsing.parse_address(GOOD)
    assert checks.check_address(replace(address, unit="", unit_type="", floor="3", room="2")) == ()


@pytest.mark.skipif(
    not LABELLED.exists(), reason=f"the labelled addresses are not there: {LABELLED.name}"
)
def test_labelled_addresses_are_understood_and_judged_as_well_as_required():
    with LABELLED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["reason"] for row in rows if row["reason"]} <= checks.REASONS.keys()
    counts, wrong = measure.measured(rows)
    assert counts["invalid refused for the stated reason"] == counts["invalid"] == 60, wrong
    assert counts["valid refused"] <= 1, wrong
    for part in measure.PARTS:
        known = sum(count for key, count in counts.items() if key[0] == part and key[-1] == "known")
        right = sum(count for key, count in counts.items() if key[0] == part and key[-1] == "right")
        assert right / known >= (0.95 if part == "city" else 0.98), wrong

"""Parsing typed and pasted addresses of the US and Canada, in English and French (R27, R29)."""

from dataclasses import fields

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from e911.addresses import checks, parsing
from e911.addresses.parsing import CivicAddress
from e911.models import EmergencyAddress


def line(text, country=""):
    """Return the address as one standardized line."""
    return parsing.parse_address(text, country).standardised


def parts(text):
    """Return number, street, city, state and code, the parts that matter most."""
    read = parsing.parse_address(text)
    return read.number, read.street, read.city, read.state, read.postal_code


def fields_read(**typed):
    return parsing.parse_parts(
        **({"country": "US", "city": "New York", "state": "NY", "postal_code": "10038"} | typed)
    )


def test_parts_have_the_names_that_the_record_has():
    record = {field.name for field in EmergencyAddress._meta.fields}
    assert {field.name for field in fields(CivicAddress)} - record == {"remarks"}


def test_every_part_of_an_address_finds_its_place():
    read = parsing.parse_address(
        "100 1/2 N Gold St W, Bldg 4, 2nd Floor, Suite 5, Rm 12, Seattle, King County, WA"
        " 98103-1234"
    )
    assert read == CivicAddress(
        country="US", state="WA", county="King County", city="Seattle", house_number="100",
        house_number_suffix="1/2", pre_directional="N", street_name="Gold", street_type="St",
        post_directional="W", building="Bldg 4", floor="2", unit_type="Suite", unit="5", room="12",
        postal_code="98103-1234",
    )  # fmt: skip
    assert read.standardised == (
        "100 1/2 N Gold St W, Bldg 4, Floor 2, Suite 5, Room 12, Seattle, WA 98103-1234"
    )  # fmt: skip


def test_every_part_of_a_french_address_finds_its_place():
    assert parsing.parse_address("1234, rue Sainte-Catherine Ouest, 12e étage, bureau 200, Montréal"
" (Québec) H3B 1A1") == CivicAddress(
        country="CA", state="QC", city="Montréal", house_number="1234", street_type_before="rue",
        street_name="Sainte-Catherine", post_directional="Ouest", floor="12", unit_type="Bureau",
        unit="200", postal_code="H3B 1A1",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "100 Gold St, Suite 5, New York, NY 10038",
        "100 Gold St., Ste. #5, New York, N.Y. 10038",
        "100 Gold St Ste 5 New York NY 10038",
        "Suite 5, 100 Gold St, New York, New York, 10038",
        "100 Gold St\nSuite 5\nNew York, NY 10038\nUSA",
        "  100  Gold St ,, Suite 5;New York,NY 10038 , United States of America ",
        "100 Gold St, Suite 5, New York, NY10038",
        "100 Gold St, Suite 5, New York 10038 NY",
        "Acme Inc., Attn: Jane Roe, 100 Gold St, Suite 5, New York, NY 10038",
        "100 Gold St, New York, NY 10038, Suite 5",
        "１００ Gold St, Suite 5, New York, NY 10038",
        "100 Gold\u00a0St,\u200b Suite 5, New York, NY 10038",
    ],
)
def test_address_is_understood_however_it_is_written(text):
    assert line(text) == "100 Gold St, Suite 5, New York, NY 10038"


@pytest.mark.parametrize(
    "text",
    [
        "111 Wellington St, Ottawa, ON K1A 0B1",
        "111 Wellington St, Ottawa, Ont. k1a0b1, Canada",
        "111 Wellington St Ottawa (Ontario) K1A-0B1",
        "111 Wellington St, Ottawa, ON, CA, K1A 0B1",
        "111 Wellington St, Ottawa K1A 0B1 Ontario CANADA",
    ],
)
def test_canadian_address_is_understood_however_it_is_written(text):
    assert line(text) == "111 Wellington St, Ottawa, ON K1A 0B1"


@pytest.mark.parametrize(
    ("street", "number", "name"),
    [
        ("123A Oak Ave", "123A", "Oak Ave"),
        ("2455-B W Bench Rd", "2455-B", "W Bench Rd"),
        ("12 1/2 Mill Rd", "12 1/2", "Mill Rd"),
        ("12½ Mill Rd", "12 1/2", "Mill Rd"),
        ("45-17 Queens Blvd", "45-17", "Queens Blvd"),
        ("N165 W2123 Tartan Ct", "N165 W2123", "Tartan Ct"),
        ("W5420 County Road MM", "W5420", "County Road MM"),
        ("One Main St", "One", "Main St"),
        ("123 E 200 S", "123", "E 200 S"),
        ("200 West Street", "200", "West Street"),
        ("406 North Highway 71 Business", "406", "North Highway 71 Business"),
        ("10 County Road 3668", "10", "County Road 3668"),
        ("12345 FM 1960 Rd W", "12345", "FM 1960 Rd W"),
        ("9000 I-10 East", "9000", "I-10 East"),
        ("123 Box Elder St", "123", "Box Elder St"),
        ("100 Rural Rd", "100", "Rural Rd"),
        ("123 Post Office Rd", "123", "Post Office Rd"),
        ("1 Lewis and Clark Rd", "1", "Lewis and Clark Rd"),
        ("45 Bay 20th St", "45", "Bay 20th St"),
        ("10 Avenue of the Americas", "10", "Avenue of the Americas"),
        ("905A St Charles Drive", "905A", "St Charles Drive"),
        ("968 US 1", "968", "US 1"),
        ("5050 S Dr Martin Luther King Jr Blvd", "5050", "S Dr Martin Luther King Jr Blvd"),
    ],
)
def test_number_and_street_are_told_apart(street, number, name):
    assert parts(f"{street}, Springfield, IL 62701") == (number, name, "Springfield", "IL", "62701")


@pytest.mark.parametrize(
    ("street", "number", "name", "unit"),
    [
        ("202-121 14th Street NW", "121", "14th Street NW", "202"),
        ("#202-121 14th Street NW", "121", "14th Street NW", "202"),
        ("Unit 5-120 Main St", "120", "Main St", "5"),
        ("1200 - 925 West Georgia Street", "925", "West Georgia Street", "1200"),
        ("718 - 8th Avenue SW", "718", "8th Avenue SW", ""),
        ("100 - 8 Avenue SW", "100", "8 Avenue SW", ""),
        ("10715-124 Street NW", "10715", "124 Street NW", ""),
        ("4250-4252, rue Papineau", "4250-4252", "rue Papineau", ""),
        ("unit 11 575 B Alder Ave", "575 B", "Alder Ave", "11"),
        ("475 boul. De Maisonneuve E, app. 3", "475", "boul De Maisonneuve E", "3"),
        ("12, 1re Avenue", "12", "1re Avenue", ""),
        ("5 Place Ville Marie", "5", "Place Ville Marie", ""),
        ("99 Avenue Road", "99", "Avenue Road", ""),
        ("4567 Concession Rd 3", "4567", "Concession Rd 3", ""),
        ("6081 No. 3 Road", "6081", "No. 3 Road", ""),
    ],
)
def test_canadian_unit_number_and_street_are_told_apart(street, number, name, unit):
    read = parsing.parse_address(f"{street}, Calgary, AB T2P 1B3")
    assert (read.number, read.street, read.unit) == (number, name, unit)


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("2100 N Florida Mango Rd W. Palm Beach FL 33409", "W. Palm Beach"),
        ("428 Westwind Dr North Palm Beach FL 33408", "North Palm Beach"),
        ("4411 Stone Way North Seattle WA 98103", "Seattle"),
        ("11 Wall St NYC NY 10005", "NYC"),
        ("77 West Wacker Drive Chicago IL", "Chicago"),
        ("12 Main St, Nowheresville, IL 62701", "Nowheresville"),
        ("58, rue Principale Ripon (Québec) J0V 1V0", "Ripon"),
        ("11, rue Notre-Dame Ouest Saint-Untel (Québec) H2Y 4A7", "Saint-Untel"),
        ("1401, 18e rue Québec (Québec) G1J 1Z4", "Québec"),
    ],
)
def test_city_is_found_without_a_comma(text, city):
    assert parsing.parse_address(text).city == city


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("Apt 3", ("Apt", "3", "", "", "")),
        ("Apartment B", ("Apt", "B", "", "", "")),
        ("#12B", ("", "12B", "", "", "")),
        ("# 5", ("", "5", "", "", "")),
        ("Suite 14 A", ("Suite", "14 A", "", "", "")),
        ("Ste 10, Unit #1", ("Suite", "10, Unit 1", "", "", "")),
        ("Suite 1500, 15th Floor", ("Suite", "1500", "15", "", "")),
        ("Flr 43", ("", "", "43", "", "")),
        ("Ground Floor", ("", "", "Ground", "", "")),
        ("Room 313", ("", "", "", "313", "")),
        ("Bldg 4, Apt 2", ("Apt", "2", "", "", "Bldg 4")),
        ("The Garrett", ("", "", "", "", "The Garrett")),
        ("Penthouse", ("Penthouse", "", "", "", "")),
    ],
)
def test_inside_of_a_building_has_its_place(inside, expected):  # R27
    read = parsing.parse_address(f"100 Gold St, {inside}, New York, NY 10038")
    assert (read.number, read.street) == ("100", "Gold St")
    assert (read.unit_type, read.unit, read.floor, read.room, read.building) == expected


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("1 Ashford Ave, San Juan, PR 00907", "US"),
        ("1 Ashford Ave, San Juan, Puerto Rico 00907", "US"),
        ("1 Raphune Hill Rd, St Thomas, VI 00802", "US"),
        ("1 Marine Corps Dr, Tamuning, GU 96913", "US"),
        ("111 Wellington St, Ottawa, ON", "CA"),
        ("111 Wellington St, Ottawa K1A 0B1", "CA"),
        ("100 Gold St, 10038", "US"),
        ("10 Downing Street, London SW1A 2AA", "GB"),
        ("12 Rue du Faubourg, 75008 Paris FRANCE", "FR"),
        ("Calle Uno 12, Tijuana, mx", "MX"),
        ("Triftstraße 67 13353 Berlin Deutschland", "DE"),
        ("100 Peachtree St, Atlanta, Georgia", "US"),
        ("12 Windward Road, Kingston, Jamaica", "JM"),
        ("12 Main St, Jamaica, NY 11432", "US"),
        ("12 Main St, Majuro, MH 96960", "MH"),
        ("12 Main St", ""),
    ],
)
def test_country_is_told_by_the_text(text, country):  # R26
    assert parsing.parse_address(text).country == country


def test_country_that_was_chosen_counts_where_the_text_does_not_tell():
    assert parsing.parse_address("12 Main St", "CA").country == "CA"
    assert parsing.parse_address("12 Main St, Ottawa, ON", "US").country == "CA"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ({"floor": "12th"}, "Floor 12"),
        ({"floor": "12 th"}, "Floor 12"),
        ({"floor": "12th floor"}, "Floor 12"),
        ({"floor": "1st & 2nd"}, "Floor 1st & 2nd"),
        ({"floor": "ground"}, "Ground floor"),
        ({"floor": "Ground Floor"}, "Ground floor"),
        ({"floor": "Mezzanine"}, "Mezzanine"),
        ({"building": "10"}, "Building 10"),
        ({"building": "Building 10"}, "Building 10"),
        ({"building": "C"}, "Building C"),
        ({"building": "North Tower"}, "North Tower"),
    ],
)
def test_no_word_of_the_inside_is_missing_or_doubled(inside, expected):  # R27
    read = parsing.parse_parts(
        country="US", street="100 Gold St", city="New York", state="NY", **inside
    )
    assert read.standardised == f"100 Gold St, {expected}, New York, NY"


@pytest.mark.parametrize(
    ("building", "alone"),
    [
        ("Building 10", "10"),
        ("Bldg. 10", "10"),
        ("The Tower", "The Tower"),
        ("Building", "Building"),
    ],
)
def test_building_has_no_word_that_its_heading_has(building, alone):
    assert CivicAddress(building=building).building_alone == alone


def test_fields_are_normalised():
    read = fields_read(
        country="United States", street=" 100  Gold St ", unit_type="Ste.", unit="# 5",
        floor="2nd floor", room="Rm 12", building="The Tower", state="n.y.",
        postal_code="100381234",
    )  # fmt: skip
    assert (
        read.standardised
        == "100 Gold St, The Tower, Floor 2, Suite 5, Room 12, New York, NY 10038-1234"
    )
    canadian = parsing.parse_parts(
        country="CA", street="1, rue Laurier O.", city="Québec", state="Qué.", postal_code="g1r4s9"
    )
    assert canadian.standardised == "1 rue Laurier O, Québec, QC G1R 4S9"


@pytest.mark.parametrize(
    "typed", [{"unit": "Suite 5"}, {"unit_type": "Suite", "unit": "5"}, {"unit": "ste 5"}]
)
def test_unit_may_be_typed_with_its_word(typed):
    read = fields_read(street="100 Gold St", **typed)
    assert (read.unit_type, read.unit) == ("Suite", "5")


def test_unit_in_the_street_line_is_moved_to_its_place():
    read = fields_read(street="100 Gold St Apt 3, 2nd Floor")
    assert (read.street_line, read.unit_type, read.unit, read.floor) == (
        "100 Gold St",
        "Apt",
        "3",
        "2",
    )


def test_unit_typed_twice_is_kept_once():
    assert fields_read(street="100 Gold St Suite 5", unit_type="Suite", unit="5").unit == "5"


@pytest.mark.parametrize(
    "street",
    [
        "100 Gold St",
        "100 Gold St, New York",
        "100 Gold St, New York, NY 10038",
        "100 Gold St, new york, NY, 10038, USA",
    ],
)
def test_city_typed_in_the_street_line_as_well_is_kept_once(street):
    assert fields_read(street=street).standardised == "100 Gold St, New York, NY 10038"


def test_whole_address_in_the_street_line_is_read():
    typed = fields_read(street="100 Gold St, New York, NY 10038", city="", state="", postal_code="")
    assert typed == parsing.parse_address("100 Gold St, New York, NY 10038")


def test_what_was_understood_reads_the_same_again():
    once = parsing.parse_address("one south wacker dr ste 1200 fl 3 chicago il 60606")
    assert parsing.parse_address(once.standardised) == once


def test_difference_marks_the_words_that_changed():  # R29
    assert parsing.compare_texts(
        "100 gold stret, NY 10038", "100 Gold Street, New York, NY 10038"
    ) == [
        ("100 Gold", False),
        ("Street, New York,", True),
        ("NY 10038", False),
    ]
    assert parsing.compare_texts("100 gold st.", "100 Gold St") == [("100 Gold St", False)]


PIECES = (
    "100 12B 1/2 Main St. rue Sainte-Catherine Ouest N NE # Apt Suite 5 Floor 2nd PO Box 12 RR 2 &"
    " and , . - ( ) Québec QC "
    "ON NY CA 10038 K1A 0B1 New York Montréal Canada USA one Highway County Road @ / ; ' | O é 浜"
    " \u202e \n Bldg C.P. GD APO "
    "AE unit étage Mexico UK"
)
TEXTS = st.lists(st.sampled_from(PIECES.split(" ")), max_size=25).map(" ".join) | st.text(
    max_size=300
)


@settings(max_examples=400, deadline=20_000)
@given(TEXTS, st.sampled_from(["", "US", "CA"]))
@example("@ NE", "")
def test_any_text_is_either_an_address_that_can_be_kept_or_refused(text, country):
    read = parsing.parse_address(text, country)
    if checks.is_accepted(checks.check_address(read)):
        assert read.country in ("US", "CA")
        assert all((read.house_number, read.street_name, read.city, read.state, read.postal_code))
        assert len(read.standardised) <= 500
    checks.suggest_correction(read)


@settings(max_examples=200, deadline=20_000)
@given(
    st.fixed_dictionaries({name: TEXTS for name in parsing.FIELDS[1:]}),
    st.sampled_from(["US", "CA", ""]),
)
def test_any_text_in_the_fields_is_either_an_address_that_can_be_kept_or_refused(typed, country):
    read = parsing.parse_parts(country=country, **typed)
    if checks.is_accepted(checks.check_address(read)):
        assert read.country in ("US", "CA")
        assert all((read.house_number, read.street_name, read.city, read.state, read.postal_code))
        assert len(read.standardised) <= 500

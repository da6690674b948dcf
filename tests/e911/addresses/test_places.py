"""Countries, states, provinces, ZIP and postal codes that the library knows."""

import pytest

from e911.addresses import places


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("US", "NY", "NY"), ("US", "n.y.", "NY"), ("US", "New York", "NY"), ("US", "D.C", "DC"),
        ("US", "District of"
" Columbia", "DC"), ("US", "Calif.", "CA"), ("US", "West  Virginia", "WV"),
        ("US", "W.Va.", "WV"), ("US", "Puerto Rico", "PR"), ("US", "U.S. Virgin Islands", "VI"),
        ("US", "Ontario", ""), ("US", "Palau", ""), ("US", "", ""),
        ("CA", "qc", "QC"), ("CA", "Québec", "QC"), ("CA", "quebec", "QC"), ("CA", "P.Q.", "QC"),
        ("CA", "B.C.", "BC"), ("CA", "Colombie-Britannique", "BC"), ("CA", "Î.-P.-É.", "PE"),
        ("CA", "Newfoundland", "NL"), ("CA", "NY", ""),
    ],
)  # fmt: skip
def test_state_or_province_is_known_in_every_spelling(country, text, code):
    assert places.find_region(country, text) == code


def test_list_of_states_has_the_territories_and_no_army():  # R26
    states = places.list_regions("US")
    assert len(states) == 50 + 1 + 5
    assert {"DC", "PR", "VI", "GU", "AS", "MP"} <= states.keys()
    assert list(states.values()) == sorted(states.values())


def test_list_of_provinces_is_complete():
    assert sorted(places.list_regions("CA")) == [
        "AB",
        "BC",
        "MB",
        "NB",
        "NL",
        "NS",
        "NT",
        "NU",
        "ON",
        "PE",
        "QC",
        "SK",
        "YT",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("United States", "US"), ("U.S.A.", "US"), ("États-Unis", "US"), ("ca", "CA"),
        ("CANADA", "CA"), ("United Kingdom", "GB"), ("England", "GB"), ("Deutschland", "DE"),
        ("España", "ES"), ("mx", "MX"), ("Palau", "PW"), ("Atlantis", ""),
    ],
)  # fmt: skip
def test_country_is_known_in_its_own_language_and_in_english(text, code):
    assert places.find_country(text) == code


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("US", "10038", "10038"), ("US", "100381234", "10038-1234"),
        ("US", "10038 1234", "10038-1234"), ("US", "1003", ""), ("US", "1003A", ""),
        ("US", "6065460610", ""), ("US", "K1A 0B1", ""), ("US", "", ""),
        ("CA", "k1a0b1", "K1A 0B1"), ("CA", "K1A-0B1", "K1A 0B1"), ("CA", "R1D 3A2", ""),
        ("CA", "KIA OB1", ""), ("CA", "10038", ""), ("CA", "W1A 1A1", ""),
    ],
)  # fmt: skip
def test_code_is_kept_in_one_form(country, text, code):
    assert places.normalize_postal_code(country, text) == code


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("CA", "KIA OB1", "K1A 0B1"),
        ("US", "1OO38", "10038"),
        ("US", "6065460610", "60654"),
        ("CA", "R1D 3A2", ""),
    ],
)
def test_code_with_letters_for_digits_has_one_that_was_meant(country, text, code):
    assert places.guess_postal_code(country, text) == code


def test_zip_code_knows_its_state_and_cities():
    found = places.find_zip("11432-1234")
    assert (found.state, found.kind, found.cities[0]) == ("NY", "STANDARD", "Jamaica")
    assert places.find_zip("00000") is None
    assert places.find_zip("") is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("33409", "W. Palm Bch"), ("33409", "west palm beach"), ("10005", "NYC"),
        ("63101", "St Louis"), ("63101", "Saint Louis"), ("92646", "HUNTINGTON BH"),
        ("80918", "Colorado Spgs"), ("11374", "Queens"),
    ],
)  # fmt: skip
def test_city_is_known_by_every_name_the_post_office_has(code, name):
    assert places.normalize_city(name) in places.list_zip_cities(code)


def test_postal_code_knows_its_provinces():
    assert places.find_provinces("K1A 0B1") == ("ON", "QC")
    assert places.find_provinces("H3B 1A1") == ("QC",)
    assert not places.is_code_in_province("ON", "H3B 1A1")


def test_known_canadian_cities_are_in_every_province():
    assert places.CITIES.keys() == places.list_regions("CA").keys()
    assert {"montreal", "saint johns", "sault sainte marie"} <= places.canadian_cities()

"""Every parameter of every file stands in its make's table, with source and range (R47)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from phones.provisioning.makes import MAKES

from .desks import DESK, STANDBY, desks
from .parameters import FOLDER, SOURCES, Parameter, find_rows, read_table
from .readers import SETTINGS


def list_settings(make, desk) -> dict[str, str]:
    """Return all settings of a make's file, blank ones as ""."""
    return SETTINGS[make](MAKES[make].render_configuration(desk))


def test_every_make_has_a_table():
    assert {file.stem for file in FOLDER.glob("*.csv")} == set(MAKES)


@pytest.mark.parametrize("make", sorted(MAKES))
def test_table_names_each_parameter_once_with_its_source(make):
    rows = read_table(make)
    assert len({row.parameter for row in rows}) == len(rows)
    for row in rows:
        assert row.source in SOURCES, row
        assert row.source == "unverified" or row.document, row
        row.takes("")


@pytest.mark.parametrize("make", sorted(MAKES))
@settings(database=None, deadline=None, max_examples=30)
@given(desk=desks)
def test_every_parameter_of_any_desk_is_in_the_table_and_within_its_range(make, desk):
    for name, value in list_settings(make, desk).items():
        found = find_rows(make, name)
        assert len(found) == 1, f"{name} has {len(found)} rows"
        assert found[0].takes(value), f"{name} = {value!r} is not {found[0].range}"


@pytest.mark.parametrize("make", sorted(MAKES))
def test_every_row_of_the_table_is_set(make):
    names = list_settings(make, DESK)
    left = [row.parameter for row in read_table(make) if not any(map(row.fits_name, names))]
    assert left == []


@pytest.mark.parametrize("make", sorted(MAKES))
def test_every_desk_sets_the_same_parameters(make):
    """Phones keep what a file omits."""
    other = replace(DESK, line=STANDBY, outside_prefix="", ext_length=5, ntp_servers=("a.example",))
    assert list(list_settings(make, other)) == list(list_settings(make, DESK))


@pytest.mark.parametrize(
    ("form", "taken", "refused"),
    [
        ("0..5", ["0", "5"], ["", "6", "-1", "x", "5.0"]),
        ("-660..720", ["-300"], ["-661"]),
        ("blank|1..99", ["", "7"], ["0"]),
        ("on|off", ["on", "off"], ["", "ON"]),
        ("text ≤ 3", ["abc", "é"], ["", "abcd"]),
        ("blank|text ≤ 3", ["", "abc"], ["abcd"]),
    ],
)
def test_range_takes_what_it_says(form, taken, refused):
    row = Parameter("p", "", "", form, "unverified")
    assert [value for value in taken if not row.takes(value)] == []
    assert [value for value in refused if row.takes(value)] == []


@pytest.mark.parametrize("form", ["", "1..x", "text ≤ many", "0..5|"])
def test_range_of_no_known_form_is_noticed(form):
    with pytest.raises(ValueError, match="is no range"):
        Parameter("p", "", "", form, "unverified").takes("1")

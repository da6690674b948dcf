"""Reading an address the way it was meant, whatever stands around it (R27, R28, R29)."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from e911.addresses import checks, evidence, parsing, places
from e911.addresses.reading import Reading, read_text
from e911.forms import build_initial_values
from tests.e911.addresses import cases, noise

EVERY_DAY = 1500  # of about 39,000 texts
ROWS = list(noise.rows())
SAMPLE = random.Random(911).sample(ROWS, EVERY_DAY)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", places.normalize_name(text.replace("-", " ").replace("'", "")))


def is_same_house(reading: Reading, place: noise.Place) -> bool:
    """Tell whether one of the readings is the house of this place."""
    return any(
        (words(each.street_line), words(each.city), each.state, each.postal_code)
        == (words(place.street), words(place.city), place.state, place.code)
        for each in reading.addresses
    )


def judge_noise(rows) -> tuple[Counter[str], list[str]]:
    """Return how often the house was right, asked about or refused, and each text read wrong."""
    results: Counter[str] = Counter()
    wrong = []
    for _kind, text, place in rows:
        reading = read_text(text)
        if reading.verdict == "refused":
            results["refused"] += 1
        elif is_same_house(reading, place):
            results[reading.verdict] += 1
        else:
            wrong.append(f"{text!r}: {[each.standardised for each in reading.addresses]}")
    return results, wrong


# --- what must be read how ---


def test_every_labeled_case_is_right_and_none_is_another_house():
    _table, lines = cases.count_results(cases.read_cases(cases.OWN, cases.FURTHER))
    assert lines == []


@pytest.mark.parametrize("case", cases.read_cases(cases.FURTHER), ids=lambda each: each.text)
def test_refusal_gives_its_reason(case):  # R28
    codes = {each.code for each in read_text(case.text).findings}
    assert not case.code or case.code in codes


def test_noise_is_as_much_as_required():
    assert len(set(noise.NAMES)) >= 100
    assert len(set(noise.TAILS)) >= 30
    assert len(set(noise.PLACES)) >= 50
    assert {place.country for place in noise.PLACES} == {"US", "CA"}


def check_noise(rows) -> None:
    results, wrong = judge_noise(rows)
    assert wrong == []
    assert results["refused"] <= 0.02 * len(rows)
    assert results["choose"] <= 0.05 * len(rows)


def test_what_stands_around_an_address_does_not_change_which_house_it_is():
    check_noise(SAMPLE)


@pytest.mark.ci
@pytest.mark.parametrize("kind", sorted({kind for kind, _text, _place in ROWS}))
def test_nothing_around_an_address_changes_which_house_it_is(kind):
    check_noise([row for row in ROWS if row[0] == kind])


def test_lists_of_words_are_evidence_and_never_a_gate(monkeypatch):
    monkeypatch.setattr(evidence, "COMPANY_ENDINGS", frozenset())
    monkeypatch.setattr(evidence, "BUILDING_ENDINGS", frozenset())
    _results, wrong = judge_noise(SAMPLE)
    assert wrong == []


@pytest.mark.parametrize("case", cases.read_cases(cases.OWN)[:150:10], ids=lambda it: it.text)
def test_name_on_its_own_line_changes_no_part_of_a_case(case):
    plain = read_text(case.text)
    assert plain.verdict == "accepted"
    for name in noise.NAMES[::7]:
        reading = read_text(f"{name}\n{case.text}")
        lines = {each.street_line for each in reading.addresses}
        assert reading.verdict == "refused" or plain.address.street_line in lines, name


# --- what is set aside ---


def test_what_is_no_part_of_the_address_is_set_aside_and_nowhere_else():
    reading = read_text("24 Karat Gems\n418 Juniper St\nMacon, GA 31201\n(478) 555-0101")
    assert reading.verdict == "accepted"
    assert reading.set_aside == ("(478) 555-0101", "24 Karat Gems")
    assert reading.address.standardised == "418 Juniper St, Macon, GA 31201"


@pytest.mark.parametrize("tail", noise.TAILS)
def test_every_tail_is_set_aside_as_it_was_written(tail):
    reading = read_text(f"418 Juniper St, Macon, GA 31201\n{tail}")
    assert words(" ".join(reading.set_aside)) == words(tail)
    assert reading.address.standardised == "418 Juniper St, Macon, GA 31201"


def test_two_units_are_said_and_never_joined_as_one():
    reading = read_text("3401 Dale Rd Suite 3402, Suite 3401, Modesto, CA 95356")
    assert [each.code for each in reading.findings] == ["unit_twice"]
    assert reading.verdict == "accepted"
    assert read_text("3401 Dale Rd Ste C4 Suite C-4, Modesto, CA 95356").findings == ()


def test_two_readings_have_only_what_is_no_part_of_either_set_aside():
    reading = read_text("Acme Anvils, 100 Harbor Blvd, 250 Quarry Rd, Macon, GA 31201")
    assert reading.verdict == "choose"
    assert reading.set_aside == ("Acme Anvils",)
    assert {each.street_line for each in reading.addresses} == {"100 Harbor Blvd", "250 Quarry Rd"}
    assert {each.building for each in reading.addresses} == {""}


def test_invisible_characters_are_named():  # R28
    (finding,) = read_text("100 \u202eGold St, New York, NY 10038").findings
    assert "U+202E (right-to-left override)" in finding.sentence
    (finding,) = read_text("100 \x00Gold St, New York, NY 10038").findings
    assert "U+0000" in finding.sentence


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12 Larch St, Cambridge, MA 2139", "02139"),
        ("12 Larch St, Cambridge, MA 2139-1234", "02139-1234"),
        ("12 Larch St, Newark, NJ 7102", "07102"),
    ],
)
def test_zip_code_that_lost_its_zero_is_offered_with_it(text, code):  # R29
    assert checks.suggest_correction(parsing.parse_address(text)).postal_code == code


# --- properties of every text ---

STREETS = [place.street for place in noise.PLACES]
ENDS = [place.end for place in noise.PLACES]
SEPARATORS = [", ", "\n", " ", " - ", "; ", " | ", " (", ") ", " & ", " or "]
UNITS = [
    "Suite 5",
    "#12B",
    "Apt 3",
    "2nd Floor",
    "Rm 12",
    "PO Box 7",
    "Bldg C",
    "200",
    "B",
    "12-14",
]
PIECES = [*STREETS, *ENDS, *noise.NAMES, *noise.TAILS, *UNITS, "USA", "Canada", "Mexico", "N", "½"]
BETWEEN = st.sampled_from(SEPARATORS)
AROUND = st.sampled_from(["", *noise.NAMES, *noise.TAILS, *UNITS, *STREETS])
HEAPS = st.lists(st.tuples(st.sampled_from(PIECES), BETWEEN), min_size=1, max_size=6).map(
    lambda pairs: "".join(f"{piece}{separator}" for piece, separator in pairs)
)
PASTED = st.builds(
    lambda before, one, place, two, unit, three, four, after: (
        f"{before}{one}{place.street}{two}{unit}{three}{place.end}{four}{after}"
    ),
    AROUND, BETWEEN, st.sampled_from(noise.PLACES), BETWEEN, st.sampled_from(["", *UNITS]),
    BETWEEN, BETWEEN, AROUND,
)  # fmt: skip
TEXTS = HEAPS | PASTED


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("181 rue Principale, Gatineau, QC J9H 6A6, Mexico")
@example("221B Baker Street, London NW1 6XE, ")
def test_street_is_a_run_of_words_of_the_text_in_their_order(text):
    whole = words(text.replace("½", " 1/2"))
    for address in read_text(text).addresses:
        run = words(address.street)
        assert not run or any(whole[at : at + len(run)] == run for at in range(len(whole)))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_every_way_in_gives_the_same_verdict(text):
    """Pasted and filled into the fields, or typed whole into the street: one verdict, one house."""
    pasted = read_text(text)
    typed = parsing.read_fields(street=text)
    assert (typed.verdict, typed.address.street_line) == (
        pasted.verdict,
        pasted.address.street_line,
    )
    if pasted.verdict == "accepted":
        filled = parsing.read_fields(**build_initial_values(pasted.address))
        assert filled.verdict == "accepted"
        assert filled.address.standardised == pasted.address.standardised


@pytest.mark.parametrize("kind", ["plain", *noise.WITH_NAME])
def test_street_field_is_read_as_the_pasted_address(kind):
    for _kind, text, place in [row for row in ROWS if row[0] == kind][::60]:
        pasted = read_text(text)
        typed = parsing.read_fields(
            country=place.country,
            street=text.replace(place.end, "").strip(" ,\n"),
            city=place.city,
            state=place.state,
            postal_code=place.code,
        )
        assert (typed.verdict, typed.address.street_line, typed.address.unit) == (
            pasted.verdict,
            pasted.address.street_line,
            pasted.address.unit,
        ), text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | TEXTS, st.sampled_from(["", "US", "CA"]))
def test_any_text_has_a_verdict(text, country):
    reading = read_text(text, country)
    assert reading.verdict in ("accepted", "choose", "refused")
    assert len(reading.addresses) == (2 if reading.verdict == "choose" else 1)
    assert reading.verdict != "refused" or reading.findings


@cache
def speed_texts() -> list[str]:
    return [case.text for case in cases.read_cases(cases.OWN)] + [text for _, text, _ in SAMPLE]


@pytest.mark.ci
def test_at_least_1600_lines_are_read_in_a_second_of_cpu():
    texts = speed_texts()
    for text in texts:  # load places and the model
        read_text(text)
    start = time.process_time()
    for text in texts:
        read_text(text)
    assert len(texts) / (time.process_time() - start) >= 1600

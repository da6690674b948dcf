"""What people paste around an address and its form gives away: phone numbers, email, web, hours."""

from __future__ import annotations

import re
import unicodedata

PHONE = (
    r"(?:\+?1[\s.-]?)?(?:\(?\b\d{3}\)\s?|\b\d{3}[\s.-])\d{3}[\s.-]\d{4}\b|\+1?\d{10,11}\b"
    r"|\b1?\d{10}\b|\b1-\d{3}-[a-z\d][a-z\d-]{5,}\b"
)
# Open Location Code: the 20 characters that it uses, and its plus sign.
PLUS_CODE = r"(?<!\w)[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}(?!\w)"
DEGREES = r"-?\d{1,3}\.\d{3,}°?\s*[nsew]?"
POSITION = rf"(?<![\w.]){DEGREES}(?:\s*[,\s]\s*{DEGREES}(?!\w))?"
DAYS = (
    r"mo|mon|monday|tu|tue|tues|tuesday|we|wed|th|thu|thurs|fr|fri|friday|sa|sat|su|sun|daily"
    r"|weekdays"
)
CLOCK = r"(?:\d{1,2}:\d\d(?:\s*[ap]\.?m\b\.?)?|\d{1,2}\s*[ap]\.?m\b\.?)"
UNTIL = r"\s*(?:-|\bto\b|–|\bthrough\b)\s*"
HOURS = rf"""
    \b(?:(?:{DAYS})(?:{UNTIL}(?:{DAYS}))?|hours|open|opens|closed|closes)\b
      [\s:.]*(?:-|to|–|through|at|⋅)?\s*(?:\w+\s+)?
      (?:{CLOCK}(?:{UNTIL}(?:{CLOCK}|\d{{1,2}}\b))?|\d{{1,2}}{UNTIL}{CLOCK}|24\s*(?:hours|hrs|h)\b)
  | \b(?:{DAYS})(?:{UNTIL}(?:{DAYS}))?\b[\s:.]*\d{{1,2}}{UNTIL}\d{{1,2}}(?=\s*(?:,|$))
  | \b{CLOCK}{UNTIL}{CLOCK}
"""
EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
WEB = (
    r"\b(?:https?://|www\.)\S+"
    r"|(?<![\w.])[a-z][\w-]*(?:\.[a-z][\w-]*)*\.(?:com|net|org|ca|us|io|biz|info|edu|gov)"
    r"(?:/\S*)?(?![\w.])"
)
BY_FORM = re.compile(
    rf"""
      (?:\b(?:tel|telephone|phone|ph|fax|mobile|cell|call|t|p|f|m)\b[.:]?\s*)?
        (?:{PHONE})(?:\s*(?:,?\s*(?:ext|x)\.?\s*\d+))?
    | \b(?:ext|extension)\b\.?\s*\d+\s*$
    | (?:\b(?:e-?mail|mailto)\b:?\s*)?{EMAIL}
    | {WEB}
    | {PLUS_CODE}
    | {HOURS}
    | {POSITION}
    """,
    re.IGNORECASE | re.VERBOSE,
)
# One look that nearly every text passes, before the long pattern.
SUSPECT = re.compile(
    r"[@+]|\d{3}[\s.-]\d{4}|\d{10}|\d\.\d{3}|www|://|\.[a-z]{2,4}\b|[ap]\.?m\b|ext|\bmo|\btu|\bwe"
    r"|\bth|\bfr|\bsa|\bsu|daily|hours|open|close|1-\d{3}-",
    re.IGNORECASE,
)
IS_POSITION = re.compile(rf"{DEGREES}|{PLUS_CODE}", re.IGNORECASE)
IS_CONTACT = re.compile(rf".*?(?:{PHONE}|{EMAIL}|{WEB})", re.IGNORECASE)
CONTACT_WORD = r"tel|telephone|phone|ph|fax|mobile|cell|call|email|e-mail|web"
ADDRESS_WORD = (
    r"(?:(?:street|mailing|shipping|billing|service|emergency|office|our|e?911)\s+)?"
    r"(?:address|adresse|location|dirección)"
)
LABEL_ALONE = re.compile(rf"(?:{CONTACT_WORD}|{ADDRESS_WORD})\b[\s.:]*", re.IGNORECASE)
LABEL = re.compile(
    rf"{ADDRESS_WORD}\s*[:\-]\s*"
    r"|(?:located\s+at|ship\s+to|deliver\s+to|visit\s+us\s+at)\s*:?\s+"
    r"|(?:no|nr|number)\.?\s*(?=\d+\w*\s+\S)",
    re.IGNORECASE,
)
ATTENTION = re.compile(
    r"(?:attn|attention|att|c/o|care\s+of|a/s|à\s+l'attention|dba|d/b/a)\b", re.IGNORECASE
)
SYMBOL_BETWEEN = re.compile(r"\s[⋅·•★☆✓|]\s")
UNUSUAL = re.compile(r"[^\w\s'’#&/.,:;()@+°\"!?*%$=~\[\]_ªº§\\^|-]")
# Emoji, modifiers, unassigned characters, and what joins emoji.
SYMBOLS = ("So", "Sk", "Cn")
JOINERS = "\ufe0f\u200d"


def take_out(text: str, aside: list[str]) -> str:
    """Return text without phone numbers, email, hours and the like, which go to `aside`."""
    if not SUSPECT.search(text):
        return text

    def take(match: re.Match[str]) -> str:
        aside.append(match.group().strip(" ,;:-"))
        return ", "

    return BY_FORM.sub(take, text)


def strip_symbols(text: str) -> str:
    """Return text without emoji and bullets at the edges of its pieces.

    Within a piece they stay: a text that has them there is refused.
    """
    if UNUSUAL.search(text) is None:
        return text
    text = SYMBOL_BETWEEN.sub(", ", text)
    return "\n".join(
        ", ".join(map(strip_piece, line.split(","))) if any(map(is_symbol, line)) else line
        for line in text.splitlines()
    )


def strip_piece(piece: str) -> str:
    """Return a piece without spaces and symbols at its edges."""
    while piece and (piece[-1].isspace() or is_symbol(piece[-1])):
        piece = piece[:-1]
    while piece and (piece[0].isspace() or is_symbol(piece[0])):
        piece = piece[1:]
    return piece


def is_symbol(character: str) -> bool:
    """Tell whether a character is an emoji or part of one."""
    return character in JOINERS or unicodedata.category(character) in SYMBOLS


def is_position(text: str) -> bool:
    """Tell whether a text that was set aside is a pair of coordinates or a plus code."""
    return bool(IS_POSITION.match(text))


def is_contact(text: str) -> bool:
    """Tell whether a text that was set aside is a phone number, an email or a web address."""
    return bool(IS_CONTACT.match(text))

"""MAC addresses: accepted in every usual notation, kept and shown in one (R6)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress

import netaddr
from django.utils.translation import gettext_lazy as _

from phones.cell_text import clean_code

SEPARATORS = str.maketrans("", "", ":-. \t")
PREFIX = re.compile(r"\Amac(?:\s*address)?\s*[:=#]?", re.IGNORECASE)
# A MAC address among other text: pairs with one kind of separator, or Cisco's groups of four.
AMONG_TEXT = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9A-Fa-f][:.-])"
    r"(?:[0-9A-F]{2}(?P<between>[:. -]?)(?:[0-9A-F]{2}(?P=between)){4}[0-9A-F]{2}"
    r"|(?:[0-9A-F]{4}[.-]){2}[0-9A-F]{4})"
    r"(?![0-9A-Za-z]|[:.-][0-9A-Fa-f])",
    re.IGNORECASE,
)
SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?e\+[0-9]+", re.IGNORECASE)


class BadMac(ValueError):
    """Not the MAC address of a phone; the text tells people what is wrong with it."""


def parse(text: str) -> str:
    """Return the twelve lower-case hexadecimal digits of a MAC address in any usual notation.

    Accepts hyphens and other dashes, colons, dots, spaces or nothing between the digits, in either
    case, full-width digits, invisible characters, and "MAC:" before them. Raises BadMac for
    anything that is not the address of a single device (IEEE 802: neither group bit nor all zero).
    """
    text = clean_code(unicodedata.normalize("NFKC", text))
    if SCIENTIFIC.fullmatch(text):
        raise BadMac(
            _(
                "A spreadsheet program turned this MAC address into a number and lost digits. "
                "Format the column as text, and enter the address again from the phone’s sticker."
            )
        )
    digits = PREFIX.sub("", text).translate(SEPARATORS).lower()
    wrong = re.search(r"[^0-9a-f]", digits)
    if wrong:
        raise BadMac(
            _("“%(character)s” isn’t a hexadecimal digit (0–9, A–F).")
            % {"character": wrong.group()}
        )
    if len(digits) != 12:
        raise BadMac(
            _("A MAC address has 12 digits; this one has %(count)d.") % {"count": len(digits)}
        )
    address = netaddr.EUI(digits, version=48)
    if int(address) == 0:
        raise BadMac(_("No phone has a MAC address of zeros."))
    if address.words[0] & 1:
        raise BadMac(
            _("This is a multicast or broadcast address, not the MAC address of one phone.")
        )
    return digits


def find(text: str) -> str:
    """Return the digits of the one MAC address in a text, such as all that a sticker says.

    Raises BadMac.
    """
    try:
        return parse(text)
    except BadMac:
        found = list(dict.fromkeys(_list_found(unicodedata.normalize("NFKC", text))))
        if len(found) > 1:
            raise BadMac(
                _("There is more than one MAC address here: %(them)s. Keep the right one.")
                % {"them": ", ".join(map(format, found))}
            ) from None
        if found:
            return found[0]
        raise


def _list_found(text: str) -> Iterator[str]:
    unnamed = re.sub(r"mac(?:\s*address)?\s*[:=#]?", " ", text, flags=re.IGNORECASE)
    for match in AMONG_TEXT.finditer(unnamed):
        with suppress(BadMac):
            yield parse(match.group())


def format(digits: str) -> str:
    """Return twelve digits as people read them: 80:5B:B0:E8:63:FC."""
    upper = digits.upper()
    return ":".join(upper[i : i + 2] for i in range(0, len(upper), 2))

"""Addresses that are no place on the ground: boxes, rural routes, military post offices, general
delivery.

Mail reaches them, an ambulance does not.
"""

from __future__ import annotations

import re

NUMBER = r"\s*,?\s*(?:(?:no|number|num|n[o°º])\b\.?\s*)?\#?\s*"
PO = r"p\.?\s?[o0]\.?|post\s?office"
# Each with its code. The box of a military unit is military; that of a rural route is both.
PATTERNS = {
    "military": [
        r"\b[AFD]PO\b[\s,]+(?:A[AEP]\b|\d{5})",
        r"\b(?:PSC|CMR)\s*\#?\d+(?:\s*,?\s*box\s*\#?\d+)?",
        r"\bCF[PR]O\s*\d+",
        r"\bunit\s+\d{4,5}\s*,?\s*box\s+\d+",
    ],
    "general_delivery": [
        r"\bgen(?:eral|'l|l)?\.?\s+del(?:ivery|iv)?\b\.?",
        r"\bposte\s+restante\b",
        r"^\s*g\.?d\.?(?=\s*,|\s+(?:stn|station|succ)\b)",
        r"(?<=,)\s*g\.?d\.?\s*(?=,|$)",
    ],
    "rural_route": [
        r"\b(?:rural\s+(?:route|rte|rt|delivery)|r\.?\s?r\.?|r\.?f\.?d\.?|h\.?\s?c\.?\s?r\.?"
        r"|highway\s+contract(?:\s+route)?|star\s+r(?:ou)?te?"
        r"|s\.?s\.?\s+(?=\d+\s*,?\s*(?:site|box|comp)))(?![a-z])"
        rf"\.?{NUMBER}\d+[a-z]?\b",
        r"\bstar\s+r(?:ou)?te?\b",
        r"\bh\.?\s?c\.?[\s-]?\#?\d+(?=\s*,?\s*box\b)",
        r"\b(?:route|rte|rt|rd)\.?\s*\#?\d+(?=\s*,?\s*box\s*\#?\d)",
        r"\bsite\s*\#?\d+[a-z]?(?=\s*,?\s*(?:comp|box|r\.?\s?r))",
        r"\bcomp(?:artment)?\s*\#?\d+[a-z]?(?=\s*,?\s*(?:site|box|r\.?\s?r))",
        r"(?<=,)\s*comp(?:artment)?\s*\#?\d+[a-z]?\b",
    ],
    "po_box": [
        rf"\b(?:{PO})\s*(?:box|bx|drawer|drwr|lock\s?box|caller)\b\.?"
        rf"(?:{NUMBER}(?:\d[\w-]*|[a-z]\b))?",
        r"\bp\.?\s?o\.?\s?b\.?\s*\#?\s*\d[\w-]*",
        r"\b(?:lock\s?box|call\s+box|caller\s+(?:box|service)|firm\s+caller)\s*\#?\d[\w-]*",
        rf"\b(?:case|bo[iî]te)\s+postale\b{NUMBER}(?:\d[\w-]*)?",
        rf"\bapartado(?:\s+postal)?\b{NUMBER}\d[\w-]*|\bapdo\b\.?{NUMBER}\d[\w-]*",
        r"(?<![\w-])(?<!mail\s)(?:box|bo[iî]te)\s*(?:\#|no\.?|number)?\s*\d[\w-]*",
        r"(?<=\d)\s+box(?=\s*,|\s*$)",
    ],
}  # fmt: skip
COMPILED = {
    code: [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    for code, patterns in PATTERNS.items()
}
# In the United States these two letters begin names of roads; in Canada they are a box.
CANADIAN_BOX = re.compile(rf"\b[cb]\.\s?p\.{NUMBER}\d[\w-]*|\b[cb]p{NUMBER}\d[\w-]*", re.IGNORECASE)
RANCH_ROAD = re.compile(r"^\s*\d+[a-z]?\s+r\.?r\.?\s*\d+\b(?!\s*,?\s*box)", re.IGNORECASE)
# One look that nearly every address passes, before all the others.
SUSPECT = re.compile(
    r"box|bx\b|p\W{0,2}[o0]\b|\bpob|drawer|postal|post\s?office|caller|apdo|apartado"
    r"|\b[cb]\.?\s?p\.?\W|[cb]p\d|rural|\br\W{0,2}r\b|\brr\d|\br\W?f\W?d|\bh\W?c\W?|star\s+r"
    r"|\bsite\b|\bcomp|\b[afd]po\b|\bpsc|\bcmr|\bcf[pr]o|\bgen|restante|\bg\.?d\b|contract"
    r"|bo[iî]te|\bs\.?s\.?\s",
    re.IGNORECASE,
)


def take_out(text: str, *, country: str, state: str) -> tuple[str, list[tuple[str, str]]]:
    """Return an address without what is no place, and each such thing found with its code."""
    found: list[tuple[str, str]] = []
    if not SUSPECT.search(text) or (state == "TX" and RANCH_ROAD.match(text)):
        return text, found
    rest, military, seen = text, False, set()
    for code, patterns in COMPILED.items():
        for pattern in (
            (*patterns, CANADIAN_BOX) if code == "po_box" and country == "CA" else patterns
        ):
            for match in pattern.finditer(text):
                if not (military and code == "po_box") and (code, match.end()) not in seen:
                    found.append((code, match.group().strip(" ,")))
                seen.add((code, match.end()))
                rest = rest[: match.start()] + "," * len(match.group()) + rest[match.end() :]
        military = military or any(code == "military" for code, _ in found)
    return rest, found

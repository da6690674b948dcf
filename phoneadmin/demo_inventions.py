"""Invent people, extensions, labels and MAC addresses for demo data."""

from __future__ import annotations

import random
import re
import unicodedata
from typing import Any
from zlib import crc32

from phoneadmin.demo_data import FIRST_NAMES, LABELLED, LAST_NAMES, OFFICES, PLACES
from phones.models import Kind
from users.models import Plan
from users.numbers import begins_like_emergency


def make_mac_prefix(make: str) -> int:
    """Make a MAC prefix (24 bits) for a make, marked "locally administered" (IEEE 802).

    No real phone has such an address, so a demo phone never conflicts with one that a user adds.
    """
    return crc32(make.encode()) & 0xFCFFFF | 0x020000


def invent_label(rng: random.Random, kind: str, number: int) -> str:
    """Invent a phone's label; not every user phone has one."""
    is_labelled = kind == Kind.COMMON or rng.random() < LABELLED
    return f"{rng.choice(PLACES)} {number}" if is_labelled else ""


def invent_person(rng: random.Random, pk: int, domain: str, *, complete: bool) -> dict[str, Any]:
    """Invent a user. Unless `complete`, they mostly have Basic and may lack a name or an email."""
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    email: str | None = f"{simplify_name(first)}.{simplify_name(last)}.{pk}@{domain}"
    plan = rng.choice((Plan.PLUS, Plan.PRO))
    if not complete:
        plan = rng.choices((Plan.BASIC, plan), (7, 3))[0]
        if rng.random() < 0.05:
            first, email = rng.choice((("", email), (first, None)))
    return {
        "first_name": first,
        "last_name": last,
        "email": email,
        "plan": plan,
        "caller_id": f"+1{rng.choice(list(OFFICES))}555{rng.randrange(10_000):04d}",
        "password": "!",
    }


def draw_extensions(rng: random.Random, count: int) -> list[str]:
    """Draw distinct extensions in random order, half as many for each further length."""
    made: list[str] = []
    digits = 1
    while len(made) < count:
        digits += 1
        numbers = range(10 ** (digits - 1), 10**digits)
        left = count - len(made)
        part = left if left <= len(numbers) // 4 else min(len(numbers) // 2, (left + 1) // 2)
        made += [
            ext
            for number in rng.sample(numbers, part)
            if not begins_like_emergency(ext := str(number))
        ]
    rng.shuffle(made)
    return made


def simplify_name(text: str, space: str = "") -> str:
    """Simplify a name for an email address: lower-case ASCII."""
    ascii_only = unicodedata.normalize(
        "NFKD", text.replace("ø", "o").replace("Ø", "O").replace("Ł", "L")
    )
    return re.sub(r"[^a-z0-9 ]", "", ascii_only.lower()).replace(" ", space)

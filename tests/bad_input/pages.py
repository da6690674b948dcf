"""All our URLs by name, what their forms send when all is well, and values that are bad."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from phones.models import PhoneModel

HIDDEN = re.compile(r'name="(seen|key)"\s+value="(\w+)"')
HTMX = {"HX-Request": "true"}


def routes(patterns=None) -> Iterator[tuple[str, bool]]:
    """Yield the names of all URLs outside of Django admin, and whether they take a key."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name, bool(pattern.pattern.converters)
        elif isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            yield from routes(pattern.url_patterns)


OF_SIGN_IN = ("account_", "mfa_", "usersessions_")

SIGN_IN = {name: key for name, key in routes() if name.startswith(OF_SIGN_IN)}

PAGES = {name: key for name, key in routes() if not name.startswith(OF_SIGN_IN)}

OF_ACCOUNT = [name for name in PAGES if name != "help"]  # open to everyone

PERSON = {
    "first_name": "New", "last_name": "Person", "email": "new@example.com", "ext": "77",
    "plan": "pro", "caller_id": "",
}  # fmt: skip

# What the question of an act adds to the answers (R42). These are of the right form; `read` returns
# those of the act's page.
SEEN, KEY = "0" * 32, "0123456789abcdef"
ASKED = {"seen": SEEN, "key": KEY}

# The valid form data of each URL; URLs that are missing here refuse POST.
FORMS = {
    "add_phone": {"mac": "020000000009", "model": "", "label": "New", "kind": "user", "key": KEY},
    "phone_label": {"label": "New"} | ASKED,
    "phone_assigned": {"to": "", "seen": SEEN},
    "phone_moves": {"moves": "", "seen": SEEN},
    "phone_correct": {"mac": "805ec0aa0009", "model": ""} | ASKED,
    "phone_replace": {"mac": "805ec0aa0009", "model": ""} | ASKED,
    "phone_line": {"label": "Entrance", "ext": "78", "caller_id": ""} | ASKED,
    "phone_make-common-area": {"label": "Entrance", "ext": "78", "caller_id": ""} | ASKED,
    "phone_make-user-phone": ASKED,
    "phone_remove": ASKED,
    "phone_setup": {},
    "phone_password": {},
    "phone_new-password": ASKED,
    "phone_time-zone": {"phone_time_zone": "America/Denver"} | ASKED,
    "phones_restart": {"phones": ""} | ASKED,
    "phone_address": {
        "country": "US", "street": "100 Gold St", "unit_type": "", "unit": "", "floor": "2",
        "room": "", "building": "",
        "city": "New York", "state": "NY", "postal_code": "10038",
    },
    "add_user": PERSON | {"key": KEY},
    "user_edit": PERSON | ASKED,
    "phone_credentials": {},
    "phone_credentials_change": {"seen": SEEN},
    "user_credentials": {},
    "user_credentials_change": {"seen": SEEN},
    "user_plan": {"plan": "plus"} | ASKED,
    "user_make-administrator": ASKED,
    "user_remove-administrator": ASKED,
    "user_invitation": ASKED,
    "user_second-factor": ASKED,
    "user_sign-in-block": ASKED,
    "user_deactivate": ASKED,
    "user_activate": ASKED,
    "user_delete": ASKED,
    "company": {},
    "company_phones": {
        "time_zone": "America/Toronto", "country": "CA", "phone_language": "fr", "ext_length": "4",
        "outside_prefix": "", "seen": SEEN,
    },
    "preferences": {"theme": "no colour"},
}  # fmt: skip

# Percent-encoded, as they are sent.
BAD = {
    "1 MB": "x" * 1_000_000,
    "NUL": "a%00b",
    "a lone surrogate": "%ED%A0%80",
    "a byte that is no UTF-8": "%FF",
    "a line break": "a%0Ab",
    "text that turns round": "%E2%80%AEtxt",
}

BAD_NUMBERS = {"text": "seven", "20 digits": "9" * 20, "negative": "-1", "a fraction": "1.5"}


def address(name: str, world: dict[str, int], *, whose: str = "", key: int | None = None) -> str:
    """Return the URL of a page, about the row that suits it best; `whose` is "" or "their "."""
    if not PAGES[name]:
        return reverse(name)
    return reverse(name, args=[key or world.get(whose + name) or world[whose + name.split("_")[0]]])


def form(name: str, world: dict[str, int]) -> dict[str, str]:
    """Return the valid form data of a page, percent-encoded."""
    ours = {"model": str(PhoneModel.objects.get(name="Snom D785").pk), "to": str(world["user"])}
    ours |= {"phones": str(world["phone"]), "moves": f"{world['phone']}-{world['user']}"}
    return {field: quote(ours.get(field) or value) for field, value in FORMS[name].items()}


def read(client: Client, name: str, world: dict[str, int]) -> dict[str, str]:
    """Return what the page of a form adds to its answers: what it showed, and a key."""
    good = form(name, world)
    chosen = {"to": world["user"], "moves": good.get("moves"), "phones": good.get("phones")}
    query = {field: value for field, value in chosen.items() if value}
    page = client.get(address(name, world), query, headers=HTMX, follow=True).content.decode()
    return {field: value for field, value in HIDDEN.findall(page) if field in good}


def post(client: Client, url: str, encoded: dict[str, str], headers: dict[str, str]):
    body = "&".join(f"{field}={value}" for field, value in encoded.items())
    return client.post(url, body, content_type="application/x-www-form-urlencoded", headers=headers)


def sign_in_urls() -> Iterator[str]:
    for name, takes_key in SIGN_IN.items():
        if name != "account_reset_password_from_key":
            yield reverse(name, args=[1] if takes_key else [])

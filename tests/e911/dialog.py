"""What is typed into the address dialog, and what its buttons send."""

from __future__ import annotations

from tests.confirming import HIDDEN

GOOD = {
    "country": "US",
    "street": "350 5th Ave",
    "floor": "34",
    "city": "New York",
    "state": "NY",
    "postal_code": "10118",
}


def offered(answer) -> dict[str, str]:
    """Return what the button that saves the address as typed sends."""
    key = dict(HIDDEN.findall(answer.content.decode()))["key"]
    return {"chosen": answer.context["mine"], "key": key}

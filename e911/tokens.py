"""Sign the addresses that a page offers, so that only what somebody saw can be stored."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core import signing

from e911.addresses.civic import CivicAddress

ADDRESS = "e911.address"  # to be stored
READING = "e911.reading"  # one of two readings, to be looked at
HOURS = 3600


def sign_address(
    phone_id: int, address: CivicAddress, *, salt: str, typed: str, **further: Any
) -> str:
    """Return a token for an address of one phone, with the text that it was read from."""
    value = {"phone": phone_id, "address": list_parts(address), "typed": typed, **further}
    return signing.dumps(value, salt=salt, compress=True)


def open_token(phone_id: int, token: str, *, salt: str) -> tuple[dict[str, Any], CivicAddress]:
    """Return what was signed for this phone, and its address. Raises ValueError."""
    try:
        value = signing.loads(token, salt=salt, max_age=12 * HOURS)
        address = CivicAddress(**value["address"])
        if value["phone"] == phone_id:
            return value, address
    except (signing.BadSignature, TypeError, KeyError) as error:
        raise ValueError from error
    raise ValueError


def list_parts(address: CivicAddress) -> dict[str, Any]:
    """Return the parts of an address that are known, without remarks."""
    return {name: value for name, value in asdict(address).items() if value and name != "remarks"}

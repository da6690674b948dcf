"""Telnyx: dynamic emergency addresses and endpoints of its API v2.

Source: Telnyx's OpenAPI description (developers.telnyx.com, "Dynamic Emergency Addresses" and "…
Endpoints"). An address is never changed; it is created, then pending, activated or rejected. An
endpoint ties a callback number and a name to an address that is already active, and can only be
created and deleted.

Neither accepts a reference of ours. So after an interrupted creation, the adapter searches the
lists: for an endpoint by its address, number and name; for an address by all its parts, among those
that no endpoint uses. If Telnyx rewrites an address's parts, such an interruption leaves an unused
address behind.

`known` holds: address {id, sip_geolocation_id}; endpoint {id, sip_from_id, body}, the one in force;
next, the one to replace it; old, ids of endpoints to delete; asked {kind, body}, a creation that
was started. A call to 911 must carry the two SIP ids so that Telnyx finds the address and caller.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from e911.addresses import parsing
from e911.addresses.civic import CivicAddress, join_parts
from e911.providers import (
    INSIDE,
    STREET,
    Api,
    Bearer,
    Known,
    Outcome,
    Registration,
    Remember,
    State,
    Unavailable,
    Validation,
    apply_correction,
    describe_unit,
)

ADDRESSES, ENDPOINTS = "/dynamic_emergency_addresses", "/dynamic_emergency_endpoints"
PATHS = {"address": ADDRESSES, "next": ENDPOINTS}
ADDRESS_PARTS = (
    "house_number", "house_suffix", "street_pre_directional", "street_name", "street_suffix",
    "street_post_directional", "extended_address", "locality", "administrative_area", "postal_code",
    "country_code",
)  # fmt: skip
ENDPOINT_PARTS = ("dynamic_emergency_address_id", "callback_number", "caller_name")
STATES: dict[str, State] = {"activated": "accepted", "rejected": "refused"}
PAGE_SIZE, MOST_PAGES = 250, 1000


class Refused(Exception):
    """The provider refused to create something; the text says why."""


class Telnyx:
    name = "Telnyx"
    key = "telnyx"
    verifies = True

    def __init__(self, url: str, api_key: str, timeouts: tuple[float, float]) -> None:
        self.api = Api(
            self.name,
            url,
            Bearer(lambda: api_key),
            check="E911_TELNYX_API_KEY",
            hidden={api_key},
            timeouts=timeouts,
        )

    def validate(self, address: CivicAddress) -> Validation:
        answer = self.api.send_request(
            "POST",
            "/addresses/actions/validate",
            json=_filled(
                street_address=address.street_line,
                extended_address=describe_unit(address),
                locality=address.city,
                administrative_area=address.state,
                postal_code=address.postal_code,
                country_code=_country(address),
            ),
            accept=[422],
        )
        if answer.status == 422:
            # Telnyx documents no body for it. Without a reason, it says nothing about the address.
            words = self.api.read_reason(answer)
            return Validation("invalid" if words else "unknown", words=words)
        data = answer.read_object()
        words = self.api.join_messages(data.get("errors"))
        match data.get("result"):
            case "valid":
                return Validation("valid", words=words)
            case "invalid":
                return Validation(
                    "invalid", self._suggestion(address, data.get("suggested")), words
                )
            case str(other):
                return Validation("unknown", words=words or self.api.clean_text(other))
        raise self.api.make_garbage_error()

    def register(self, registration: Registration, known: Known, remember: Remember) -> Outcome:
        known = self._settled(known, remember)
        try:
            if "address" not in known:
                state, words = self._create(
                    "address", _address(registration.address), known, remember
                )
                if state != "accepted":
                    return Outcome(state, known, words)
            return self._attach(
                known, registration.callback_number, registration.caller_name, remember
            )
        except Refused as refusal:
            return Outcome("refused", known, str(refusal))

    def update_caller(
        self, known: Known, callback_number: str, caller_name: str, remember: Remember
    ) -> Outcome:
        known = self._settled(known, remember)
        try:
            return self._attach(known, callback_number, caller_name, remember)
        except Refused as refusal:
            return Outcome("refused", known, str(refusal))

    def state(self, known: Known) -> Outcome:
        for kind, path in (("next", ENDPOINTS), ("endpoint", ENDPOINTS), ("address", ADDRESSES)):
            if kind in known:
                state, words = self._look(path, known[kind]["id"])
                return Outcome(
                    "pending" if (kind, state) == ("address", "accepted") else state, known, words
                )
        return Outcome("pending", known)

    def withdraw(self, known: Known) -> None:
        known = self._settled(known, lambda _: None)
        for id in [
            *known.get("old", []),
            *(known[kind]["id"] for kind in ("next", "endpoint") if kind in known),
        ]:
            self._delete(ENDPOINTS, id)
        if "address" in known:
            self._delete(ADDRESSES, known["address"]["id"])

    # --- the steps ---

    def _attach(
        self, known: Known, callback_number: str, caller_name: str, remember: Remember
    ) -> Outcome:
        """Register the caller; the new endpoint is in force before the old one is removed."""
        wanted = dict(
            zip(ENDPOINT_PARTS, (known["address"]["id"], callback_number, caller_name), strict=True)
        )
        words = ""
        if "next" in known and known["next"]["body"] != wanted:
            self._discard(known, remember)
        if known.get("endpoint", {}).get("body") != wanted:
            state, words = self._next(wanted, known, remember)
            if state != "accepted":
                return Outcome(state, known, words)
            if "endpoint" in known:
                known.setdefault("old", []).append(known["endpoint"]["id"])
            known["endpoint"] = known.pop("next")
            remember(copy.deepcopy(known))
        while known.get("old"):
            self._delete(ENDPOINTS, known["old"][0])
            del known["old"][0]
            remember(copy.deepcopy(known))
        return Outcome("accepted", known, words)

    def _next(self, wanted: dict[str, str], known: Known, remember: Remember) -> tuple[State, str]:
        """Return the state of the new endpoint, creating it once its address is active."""
        if "next" in known:
            state, words = self._look(ENDPOINTS, known["next"]["id"])
        else:
            state, words = self._look(ADDRESSES, known["address"]["id"])
            if state == "accepted":
                state, words = self._create("next", wanted, known, remember)
        if state == "refused" and "next" in known:
            self._discard(known, remember)
        return state, words

    def _create(
        self, kind: str, body: dict[str, str], known: Known, remember: Remember
    ) -> tuple[State, str]:
        known["asked"] = {"kind": kind, "body": body}
        remember(copy.deepcopy(known))
        answer = self.api.send_request("POST", PATHS[kind], json=body, accept=[422])
        if answer.status == 422:
            words = answer.read_refusal()
            del known["asked"]
            raise Refused(words)
        resource = answer.read_object()
        self._keep(kind, resource, known, remember)
        return self._judged(resource)

    def _keep(self, kind: str, resource: dict[str, Any], known: Known, remember: Remember) -> None:
        body = known["asked"]["body"]
        id = self.api.read_id(resource)
        if kind == "address":
            made = {
                "id": id,
                "sip_geolocation_id": self.api.clean_text(resource.get("sip_geolocation_id")),
            }
        else:
            self.api.read_id(
                resource,
                name="dynamic_emergency_address_id",
                of=body["dynamic_emergency_address_id"],
            )
            made = {
                "id": id,
                "sip_from_id": self.api.clean_text(resource.get("sip_from_id")),
                "body": body,
            }
        known[kind] = made
        del known["asked"]
        remember(copy.deepcopy(known))

    def _settled(self, known: Known, remember: Remember) -> Known:
        """Return what is known after finding out whether an interrupted creation succeeded."""
        known = copy.deepcopy(known)
        if asked := known.get("asked"):
            if found := self._find(asked["kind"], asked["body"], known):
                self._keep(asked["kind"], found, known, remember)
            else:
                del known["asked"]
        return known

    def _find(self, kind: str, body: dict[str, str], known: Known) -> dict[str, Any] | None:
        parts, country = (
            (ADDRESS_PARTS, body["country_code"]) if kind == "address" else (ENDPOINT_PARTS, "")
        )
        ours = {*known.get("old", []), known.get("endpoint", {}).get("id")}
        found = (
            row
            for row in self._rows(PATHS[kind], country)
            if self.api.read_id(row) not in ours
            and all(_folded(row.get(part)) == _folded(body.get(part)) for part in parts)
        )
        if kind == "address" and (alike := list(found)):
            used = {
                self.api.clean_text(row.get("dynamic_emergency_address_id"))
                for row in self._rows(ENDPOINTS)
            }
            found = (row for row in alike if self.api.read_id(row) not in used)
        return next(found, None)

    def _rows(self, path: str, country: str = "") -> Iterator[dict[str, Any]]:
        for page in range(1, MOST_PAGES + 1):
            params = {"page[number]": page, "page[size]": PAGE_SIZE} | _filled(
                **{"filter[country_code]": country}
            )
            answer = self.api.send_request("GET", path, params=params)
            rows, meta = answer.read_list(), answer.read_json().get("meta")
            pages = meta.get("total_pages") if isinstance(meta, dict) else None
            if not isinstance(pages, int | float):
                raise self.api.make_garbage_error()
            yield from rows
            if not rows or page >= pages:
                return
        raise Unavailable(
            f"{self.name} lists more than {MOST_PAGES * PAGE_SIZE:,} entries: what was begun is"
            f" not found."
        )

    def _look(self, path: str, id: str) -> tuple[State, str]:
        answer = self.api.send_request("GET", f"{path}/{id}", accept=[404])
        if answer.status == 404:
            return "refused", f"{self.name} no longer has it."
        resource = answer.read_object()
        self.api.read_id(resource, of=id)
        return self._judged(resource)

    def _judged(self, resource: dict[str, Any]) -> tuple[State, str]:
        """Return a resource's state; an unknown status counts as pending."""
        status = resource.get("status")
        if not isinstance(status, str):
            raise self.api.make_garbage_error()
        return STATES.get(status, "pending"), self.api.clean_text(status)

    def _discard(self, known: Known, remember: Remember) -> None:
        known.setdefault("old", []).append(known.pop("next")["id"])
        remember(copy.deepcopy(known))

    def _delete(self, path: str, id: str) -> None:
        if self.api.send_request("DELETE", f"{path}/{id}", accept=[404, 422]).status == 422:
            raise Unavailable(f"{self.name} does not let go of {path}/{id} yet.")

    def _suggestion(self, address: CivicAddress, suggested: Any) -> CivicAddress | None:
        """Return a correction of the street; the way from the street to the desk stays as typed.

        The provider knows streets, not desks.
        """
        if not isinstance(suggested, dict) or not suggested:
            return None
        text = {name: self.api.clean_text(value) for name, value in suggested.items() if value}
        read = parsing.parse_parts(
            country=address.country,
            street=", ".join(
                filter(None, (text.get("street_address"), text.get("extended_address")))
            ),
            city=text.get("locality", ""),
            state=text.get("administrative_area", ""),
            postal_code=text.get("postal_code", ""),
        )
        needed = ("house_number", "street_name", "city", "state", "postal_code")
        if read.remarks or not all(getattr(read, part) for part in needed):
            return None
        parts = STREET if describe_unit(address) else STREET + INSIDE
        return apply_correction(address, {part: getattr(read, part) for part in parts})


def _address(address: CivicAddress) -> dict[str, str]:
    """Convert an address to Telnyx's parts, which lack a street type before the name."""
    return _filled(
        house_number=address.house_number,
        house_suffix=address.house_number_suffix,
        street_pre_directional=address.pre_directional,
        street_name=join_parts(address.street_type_before, address.street_name),
        street_suffix=address.street_type,
        street_post_directional=address.post_directional,
        extended_address=describe_unit(address),
        locality=address.city,
        administrative_area=address.state,
        postal_code=address.postal_code,
        country_code=_country(address),
    )


def _country(address: CivicAddress) -> str:
    """Return Telnyx's country: it counts Puerto Rico as one; we count it as a territory (R26)."""
    return "PR" if address.state == "PR" else address.country


def _filled(**parts: str) -> dict[str, str]:
    return {name: value for name, value in parts.items() if value}


def _folded(value: Any) -> str:
    return " ".join(str("" if value is None else value).split()).casefold()

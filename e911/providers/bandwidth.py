"""Bandwidth: Emergency Services Provisioning API v2, JSON with OAuth2 client credentials.

Bandwidth's guides (dev.bandwidth.com, "Emergency Services", "Create Addresses", "Credential
Management") document the region parameter, the token endpoint with HTTP Basic, synchronous
validation that returns an address id, orders that go from RECEIVED to COMPLETED, PARTIAL or FAILED,
the actions PROVISION and UNPROVISION, and answers of {data, errors}. These are assumptions to check
with an account before use: the paths below, the names of an address's street parts (those of the
older XML interface), `validationStatus` and `correctedAddress`, `orderId` and `endpoints` of an
order, and listing addresses and orders by our customReference.

`known` holds: reference; address, its id; endpoint {id, body}, as last completed; order {id, body},
the open one; orders, how many were started; asked {kind, body}, a creation that was started. A new
caller is an order on the same endpoint, which stays as it is until the order is completed.
"""

from __future__ import annotations

import contextlib
import copy
import re
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from requests.auth import HTTPBasicAuth

from e911.addresses.civic import CivicAddress, join_parts
from e911.providers import (
    Answer,
    Api,
    Bearer,
    Known,
    Misconfigured,
    Outcome,
    Registration,
    Remember,
    State,
    Unavailable,
    Validation,
    Verdict,
    apply_correction,
    describe_unit,
)

PARTS = {
    "house_number": "houseNumber",
    "house_number_suffix": "houseSuffix",
    "pre_directional": "preDirectional",
    "street_name": "streetName",
    "street_type": "streetSuffix",
    "post_directional": "postDirectional",
    "city": "city",
    "state": "stateCode",
    "postal_code": "postalCode",
}
COUNTRIES = {"US": "USA", "CA": "CAN"}
PATHS = {"address": "/addresses", "order": "/orders"}
VERDICTS: dict[str, Verdict] = {"VALID": "valid", "INVALID": "invalid"}
ADDRESS_STATES: dict[str, State] = {"VALID": "accepted", "INVALID": "refused"}
# Each of our orders has one endpoint, so a partly completed order has failed.
ORDER_STATES: dict[str, State] = {
    "COMPLETED": "accepted",
    "FAILED": "refused",
    "PARTIAL": "refused",
}
REFUSALS = (400, 422)
TOKEN = re.compile(r"[!-~]+")


class Refused(Exception):
    """The provider refused to create something; the text says why."""


class Bandwidth:
    name = "Bandwidth"
    key = "bandwidth"
    verifies = True

    def __init__(
        self,
        url: str,
        token_url: str,
        account: str,
        client_id: str,
        client_secret: str,
        timeouts: tuple[float, float],
    ) -> None:
        check = "E911_BANDWIDTH_CLIENT_ID and E911_BANDWIDTH_CLIENT_SECRET"
        login = HTTPBasicAuth(client_id, client_secret)
        hidden = {client_secret}
        self.token = Token(
            Api(self.name, token_url, login, check=check, hidden=hidden, timeouts=timeouts)
        )
        self.api = Api(
            self.name,
            f"{url.rstrip('/')}/accounts/{quote(account, safe='')}",
            Bearer(self.token),
            check=check,
            hidden=hidden,
            timeouts=timeouts,
        )

    def validate(self, address: CivicAddress) -> Validation:
        """Validate an address by creating it; it is removed at once and never used for a call."""
        answer = self._ask(
            "POST", "/addresses", json=_address(address, "phoneadmin-validation"), accept=REFUSALS
        )
        if answer.status in REFUSALS:
            return Validation("invalid", words=answer.read_refusal())
        data = answer.read_object()
        with contextlib.suppress(Unavailable):
            self._ask("DELETE", f"/addresses/{self.api.read_id(data)}", accept=[404])
        status, words = self._status(data, "validationStatus")
        verdict = VERDICTS.get(status, "unknown")
        suggestion = (
            self._suggestion(address, data.get("correctedAddress"))
            if verdict == "invalid"
            else None
        )
        return Validation(verdict, suggestion, words)

    def register(self, registration: Registration, known: Known, remember: Remember) -> Outcome:
        known = self._settled(known | {"reference": registration.reference}, remember)
        try:
            if "address" not in known:
                data = self._create(
                    "address",
                    _address(registration.address, registration.reference),
                    known,
                    remember,
                )
                state, words = self._judged(data, "validationStatus", ADDRESS_STATES)
                if state != "accepted":
                    return Outcome(state, known, words)
            elif "order" not in known and "endpoint" not in known:
                state, words = self._look("address", known["address"])
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
        if "order" in known:
            state, words = self._look("order", known["order"]["id"])
            return Outcome(state, known, words)
        if "endpoint" in known:
            return Outcome("accepted" if known["endpoint"]["body"] else "refused", known)
        if "address" in known:
            state, words = self._look("address", known["address"])
            return Outcome("pending" if state == "accepted" else state, known, words)
        return Outcome("pending", known)

    def withdraw(self, known: Known) -> None:
        known = self._settled(known, _nowhere)
        if "order" in known:
            state, _ = self._finish(self._resource("order", known["order"]["id"]), known, _nowhere)
            if state == "pending":
                raise Unavailable(f"{self.name} is still working on the order to be withdrawn.")
        if "endpoint" in known:
            self._ask(
                "PATCH",
                f"/endpoints/{known['endpoint']['id']}",
                json={"action": "UNPROVISION"},
                accept=[404],
            )
        if "address" in known:
            answer = self._ask("DELETE", f"/addresses/{known['address']}", accept=[404, *REFUSALS])
            if answer.status in REFUSALS:
                raise Unavailable(f"{self.name} does not let go of the address yet.")

    # --- the steps ---

    def _attach(
        self, known: Known, callback_number: str, caller_name: str, remember: Remember
    ) -> Outcome:
        """Register the caller: create an endpoint, or order a change of the existing one."""
        wanted = {
            "addressId": known["address"],
            "callbackNumber": callback_number,
            "callerName": caller_name,
        }
        if "order" in known:
            body = known["order"]["body"]
            state, words = self._finish(
                self._resource("order", known["order"]["id"]), known, remember
            )
            if state == "pending" or body == wanted:
                return Outcome(state, known, words)
        if known.get("endpoint", {}).get("body") == wanted:
            return Outcome("accepted", known)
        if "endpoint" in known:
            order = wanted | {"action": "PROVISION"}
            answer = self._ask(
                "PATCH", f"/endpoints/{known['endpoint']['id']}", json=order, accept=REFUSALS
            )
            if answer.status in REFUSALS:
                raise Refused(answer.read_refusal())
            data = answer.read_object()
            known["order"] = {"id": self.api.read_id(data, name="orderId"), "body": wanted}
            remember(copy.deepcopy(known))
        else:
            known["orders"] = known.get("orders", 0) + 1
            # Each order has its own reference, so that a search can't find an earlier order that
            # failed.
            order = wanted | {"customReference": f"{known['reference']}-{known['orders']}"}
            data = self._create("order", order, known, remember)
        state, words = self._finish(data, known, remember)
        return Outcome(state, known, words)

    def _create(
        self, kind: str, body: dict[str, str], known: Known, remember: Remember
    ) -> dict[str, Any]:
        known["asked"] = {"kind": kind, "body": body}
        remember(copy.deepcopy(known))
        answer = self._ask(
            "POST", "/endpoints" if kind == "order" else "/addresses", json=body, accept=REFUSALS
        )
        if answer.status in REFUSALS:
            words = answer.read_refusal()
            del known["asked"]
            raise Refused(words)
        data = answer.read_object()
        self._keep(data, known, remember)
        return data

    def _keep(self, data: dict[str, Any], known: Known, remember: Remember) -> None:
        asked = known["asked"]
        if asked["kind"] == "address":
            known["address"] = self.api.read_id(data)
        else:
            body = {
                name: value for name, value in asked["body"].items() if name != "customReference"
            }
            known["order"] = {"id": self.api.read_id(data, name="orderId"), "body": body}
        del known["asked"]
        remember(copy.deepcopy(known))

    def _settled(self, known: Known, remember: Remember) -> Known:
        """Return what is known after finding out whether an interrupted creation succeeded."""
        known = copy.deepcopy(known)
        if asked := known.get("asked"):
            reference = asked["body"]["customReference"]
            rows = self._ask("GET", PATHS[asked["kind"]], customReference=reference).read_list()
            if found := [row for row in rows if row.get("customReference") == reference]:
                self._keep(found[0], known, remember)
            else:
                del known["asked"]
        return known

    def _finish(
        self, data: dict[str, Any] | None, known: Known, remember: Remember
    ) -> tuple[State, str]:
        """Return the state of the open order, and note the endpoint once it has completed."""
        order = known["order"]
        state: State
        if data is None:
            state, words = "refused", f"{self.name} no longer has it."
        else:
            self.api.read_id(data, name="orderId", of=order["id"])
            state, words = self._judged(data, "status", ORDER_STATES)
        if state == "pending":
            return state, words
        endpoints = (data or {}).get("endpoints")
        made = (
            [self.api.read_id(row) for row in endpoints if isinstance(row, dict)]
            if isinstance(endpoints, list)
            else []
        )
        if state == "accepted":
            if len(made) != 1 or made[0] != known.get("endpoint", {}).get("id", made[0]):
                raise self.api.make_garbage_error()
            known["endpoint"] = {"id": made[0], "body": order["body"]}
        elif made and "endpoint" not in known:
            known["endpoint"] = {"id": made[0], "body": {}}
        del known["order"]
        remember(copy.deepcopy(known))
        return state, words

    def _look(self, kind: str, id: str) -> tuple[State, str]:
        data = self._resource(kind, id)
        if data is None:
            return "refused", f"{self.name} no longer has it."
        if kind == "order":
            self.api.read_id(data, name="orderId", of=id)
            return self._judged(data, "status", ORDER_STATES)
        self.api.read_id(data, of=id)
        return self._judged(data, "validationStatus", ADDRESS_STATES)

    def _resource(self, kind: str, id: str) -> dict[str, Any] | None:
        answer = self._ask("GET", f"{PATHS[kind]}/{id}", accept=[404])
        return None if answer.status == 404 else answer.read_object()

    def _judged(
        self, data: dict[str, Any], name: str, states: dict[str, State]
    ) -> tuple[State, str]:
        """Return a resource's state; an unknown status counts as pending."""
        status, words = self._status(data, name)
        return states.get(status, "pending"), words

    def _status(self, data: dict[str, Any], name: str) -> tuple[str, str]:
        status = data.get(name)
        if not isinstance(status, str):
            raise self.api.make_garbage_error()
        return status, self.api.join_messages(data.get("errors")) or self.api.clean_text(status)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        json: dict | None = None,
        accept: Collection[int] = (),
        **params: str,
    ) -> Answer:
        request: dict[str, Any] = {"json": json, "params": {"region": "NA"} | params}
        answer = self.api.send_request(method, path, accept=[401, *accept], **request)
        if answer.status == 401:  # the token was revoked early
            self.token.forget()
            answer = self.api.send_request(method, path, accept=accept, **request)
        return answer

    def _suggestion(self, address: CivicAddress, said: Any) -> CivicAddress | None:
        if not isinstance(said, dict):
            return None
        parts = {
            part: self.api.clean_text(said[theirs])
            for part, theirs in PARTS.items()
            if said.get(theirs)
        }
        before = f"{address.street_type_before} "
        if before.strip() and "street_name" in parts:
            known = parts["street_name"].casefold().startswith(before.casefold())
            parts |= (
                {"street_name": parts["street_name"][len(before) :]}
                if known
                else {"street_type_before": ""}
            )
        return apply_correction(address, parts)


class Token:
    """The access token, fetched when needed and kept until shortly before it expires."""

    MARGIN = 60

    def __init__(self, api: Api) -> None:
        self.api, self.value, self.end = api, "", 0.0

    def __call__(self) -> str:
        if time.monotonic() >= self.end:
            answer = self.api.send_request(
                "POST", data={"grant_type": "client_credentials"}, accept=[400]
            )
            if answer.status == 400:  # a valid answer to wrong credentials (RFC 6749, 5.2)
                raise Misconfigured(
                    f"{self.api.name} does not let us in (400): check {self.api.check}."
                )
            granted = answer.read_json()
            value, lasts = granted.get("access_token"), granted.get("expires_in", 3600)
            if (
                not isinstance(value, str)
                or not TOKEN.fullmatch(value)
                or not isinstance(lasts, int | float)
            ):
                raise self.api.make_garbage_error()
            self.api.hidden.discard(self.value)
            self.api.hidden.add(value)
            self.value, self.end = value, time.monotonic() + lasts - self.MARGIN
        return self.value

    def forget(self) -> None:
        self.end = 0.0


def _address(address: CivicAddress, reference: str) -> dict[str, str]:
    parts = {theirs: getattr(address, part) for part, theirs in PARTS.items()}
    parts |= {
        "customReference": reference,
        "streetName": join_parts(address.street_type_before, address.street_name),
        "addressLine2": describe_unit(address),
        "countryCodeA3": COUNTRIES[address.country],
    }
    return {name: value for name, value in parts.items() if value}


def _nowhere(known: Known) -> None:
    """Remember nothing, because a withdrawn resource needs no record."""

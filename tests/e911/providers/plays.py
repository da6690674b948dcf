"""Telnyx and Bandwidth as far as their adapters use them, with one interface for shared tests."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from tests.e911.providers.server import Answer, Play, Request


class TelnyxPlay(Play):
    new_address = ("POST", "/dynamic_emergency_addresses")
    new_caller = change_caller = ("POST", "/dynamic_emergency_endpoints")
    look_at_address = ("GET", "/dynamic_emergency_addresses/")
    look_at_caller = ("GET", "/dynamic_emergency_endpoints/")
    remove_address = ("DELETE", "/dynamic_emergency_addresses/")
    words = {"wait": "pending", "yes": "activated", "no": "rejected", "strange": "in_orbit"}

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.addresses: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.address_status = self.caller_status = "activated"
        self.validation: dict[str, Any] = {"result": "valid", "suggested": {}}
        self.page_size = 250
        super().__init__()

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "E911_PROVIDER": "telnyx",
            "E911_TELNYX_URL": self.url,
            "E911_TELNYX_API_KEY": self.secret,
        }

    @property
    def callers(self) -> list[tuple[str, str]]:
        """Return callback number and name of every address in force."""
        return [
            (row["callback_number"], row["caller_name"])
            for row in self.endpoints.values()
            if row["status"] == "activated"
        ]

    def decide(self, word: str) -> None:
        """Decide all pending requests."""
        for row in (*self.addresses.values(), *self.endpoints.values()):
            if row["status"] == "pending":
                row["status"] = word

    def answer(self, request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self.secret}":
            return Answer(401, {"errors": [{"code": "10009", "title": "Authentication failed"}]})
        kind, _, id = request.path.removeprefix("/dynamic_emergency_").partition("/")
        rows = {"addresses": self.addresses, "endpoints": self.endpoints}.get(kind, {})
        match request.method, id:
            case "POST", "" if kind == "addresses":
                row = request.json | {
                    "id": self.id("a"),
                    "sip_geolocation_id": "GEO",
                    "status": self.address_status,
                }
                self.addresses[row["id"]] = row
                return Answer(201, {"data": row})
            case "POST", "":
                if (
                    self.addresses.get(request.json["dynamic_emergency_address_id"], {}).get(
                        "status"
                    )
                    != "activated"
                ):
                    return refusal(422, "The address is not active")
                row = request.json | {
                    "id": self.id("e"),
                    "sip_from_id": f"FROM{self.made}",
                    "status": self.caller_status,
                }
                self.endpoints[row["id"]] = row
                return Answer(201, {"data": row})
            case "POST", _:
                return Answer(200, {"data": self.validation})
            case "GET", "":
                country = request.query.get("filter[country_code]")
                found = [row for row in rows.values() if country in (None, row.get("country_code"))]
                number, size = (
                    int(request.query["page[number]"]),
                    min(self.page_size, int(request.query["page[size]"])),
                )
                page = found[(number - 1) * size : number * size]
                return Answer(200, {"data": page, "meta": {"total_pages": -(-len(found) // size)}})
            case "GET", _:
                return Answer(200, {"data": rows[id]}) if id in rows else refusal(404, "Not found")
            case "DELETE", _ if id not in rows:
                return refusal(404, "Not found")
            case "DELETE", _ if any(
                row["dynamic_emergency_address_id"] == id for row in self.endpoints.values()
            ):
                return refusal(422, "The address is in use")
            case "DELETE", _:
                return Answer(200, {"data": rows.pop(id)})


class BandwidthPlay(Play):
    new_address = ("POST", "/accounts/A1/addresses")
    new_caller = ("POST", "/accounts/A1/endpoints")
    change_caller = ("PATCH", "/accounts/A1/endpoints/")
    look_at_address = ("GET", "/accounts/A1/addresses/")
    look_at_caller = ("GET", "/accounts/A1/orders/")
    remove_address = ("DELETE", "/accounts/A1/addresses/")
    words = {"wait": "RECEIVED", "yes": "COMPLETED", "no": "FAILED", "strange": "IN_ORBIT"}

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.addresses: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.address_status, self.caller_status = "VALID", "COMPLETED"
        self.correction: dict[str, str] = {}
        self.tokens: list[str] = []
        self.expires_in: float = 3600
        super().__init__()

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "E911_PROVIDER": "bandwidth",
            "E911_BANDWIDTH_URL": self.url,
            "E911_BANDWIDTH_TOKEN_URL": f"{self.url}/token",
            "E911_BANDWIDTH_ACCOUNT": "A1",
            "E911_BANDWIDTH_CLIENT_ID": "client",
            "E911_BANDWIDTH_CLIENT_SECRET": self.secret,
        }

    @property
    def callers(self) -> list[tuple[str, str]]:
        return [(row["callbackNumber"], row["callerName"]) for row in self.endpoints.values()]

    def decide(self, word: str) -> None:
        for row in self.addresses.values():
            if row["validationStatus"] == "UNVALIDATED":
                row["validationStatus"] = "VALID" if word == "COMPLETED" else "INVALID"
        for order in self.orders.values():
            if order["status"] == "RECEIVED":
                self.carry_out(order, word)

    def carry_out(self, order: dict[str, Any], word: str) -> None:
        order["status"] = word
        if word == "COMPLETED" and order["action"] == "UNPROVISION":
            self.endpoints.pop(order["endpoint"], None)
        elif word == "COMPLETED":
            id = order["endpoint"] or self.id("e")
            self.endpoints[id] = {"id": id} | order["body"]
            order["endpoints"] = [{"id": id}]

    def order(self, body: dict[str, Any], endpoint: str = "", status: str = "") -> Answer:
        order = {
            "orderId": self.id("o"),
            "status": "RECEIVED",
            "customReference": body.pop("customReference", ""),
            "action": body.pop("action", "PROVISION"),
            "endpoint": endpoint,
            "body": body,
        }
        self.orders[order["orderId"]] = order
        self.carry_out(order, status or self.caller_status)
        return Answer(202, {"data": order})

    def answer(self, request: Request) -> Answer:
        if request.path == "/token":
            login = base64.b64encode(f"client:{self.secret}".encode()).decode()
            if (
                request.headers.get("Authorization") != f"Basic {login}"
                or request.body != b"grant_type=client_credentials"
            ):
                return Answer(401, {"error": "invalid_client"})
            self.tokens.append(f"token-{uuid.uuid4().hex}")
            return Answer(
                200,
                {
                    "access_token": self.tokens[-1],
                    "expires_in": self.expires_in,
                    "token_type": "Bearer",
                },
            )
        if not self.tokens or request.headers.get("Authorization") != f"Bearer {self.tokens[-1]}":
            return refusal(401, "Unauthorized")
        if request.query.get("region") != "NA":
            return refusal(400, "The region is missing")
        kind, _, id = request.path.removeprefix("/accounts/A1/").partition("/")
        rows = {"addresses": self.addresses, "endpoints": self.endpoints, "orders": self.orders}[
            kind
        ]
        match request.method, kind:
            case "POST", "addresses":
                row = request.json | {"id": self.id("a"), "validationStatus": self.address_status}
                row |= {"correctedAddress": self.correction} if self.correction else {}
                self.addresses[row["id"]] = row
                return Answer(201, {"data": row})
            case "POST", "endpoints":
                return self.order(request.json)
            case "GET", _ if not id:
                reference = request.query["customReference"]
                return Answer(
                    200, {"data": [r for r in rows.values() if r["customReference"] == reference]}
                )
            case _ if id not in rows:
                return refusal(404, "Not found")
            case "GET", _:
                return Answer(200, {"data": rows[id]})
            case "PATCH", _:
                leaving = request.json["action"] == "UNPROVISION"
                return self.order(request.json, id, "COMPLETED" if leaving else "")
            case "DELETE", _:
                if any(row["addressId"] == id for row in self.endpoints.values()):
                    return refusal(409, "The address is in use")
                del rows[id]
                return Answer(204)


def refusal(status: int, words: str) -> Answer:
    return Answer(
        status, {"errors": [{"code": "1", "title": words, "type": "refusal", "description": words}]}
    )

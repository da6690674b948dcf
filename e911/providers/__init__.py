"""One interface to all E911 providers: validate an address, register it, update the caller.

`get_provider` returns the one that the settings name. Before an adapter creates something at the
provider, and again afterward, it writes that into `known`, a dict that JSON can hold, and passes it
to `remember`. A caller who stores it can resume after a crash between any two steps, and nothing is
lost or created twice. Adapters never retry; callers may.
"""

from __future__ import annotations

import datetime
import email.utils
import json
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings
from django.utils.functional import Promise

from e911.addresses.civic import CivicAddress

Known = dict[str, Any]
Remember = Callable[[Known], None]
State = Literal["accepted", "pending", "refused"]
Verdict = Literal["valid", "invalid", "unknown"]


class Unavailable(Exception):
    """A failure that may pass; `retry_after` is the wait in seconds that the provider asks for."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Misconfigured(Exception):
    """A failure that only the operator can fix; the message says how and holds no credential."""


@dataclass(frozen=True)
class Registration:
    """What a provider gets for one version of an address; `reference` is our stable key for it."""

    reference: str
    address: CivicAddress
    callback_number: str  # E.164
    caller_name: str


@dataclass(frozen=True)
class Validation:
    """A provider's verdict on an address, its correction if there is one, and its message."""

    verdict: Verdict
    suggestion: CivicAddress | None = None
    words: str = ""


@dataclass(frozen=True)
class Outcome:
    """The state of a registration, the ids known at the provider, and the provider's message."""

    state: State
    known: Known
    words: str = ""


class Provider(Protocol):
    """An E911 provider. Every method may raise Unavailable or Misconfigured.

    Whatever was passed to `remember` before an error stays valid.
    """

    @property
    def name(self) -> str | Promise:
        """The name shown to people."""
        ...

    key: str  # stored
    verifies: bool  # whether an accepted address may be called verified (R30)

    def validate(self, address: CivicAddress) -> Validation:
        """Return the provider's verdict on an address without registering anything."""

    def register(self, registration: Registration, known: Known, remember: Remember) -> Outcome:
        """Register an address with its caller, resuming from `known` ({} at first).

        To poll a pending registration, call this again with the latest `known`: some providers
        allow the second step only once the first is accepted. After a refusal, `withdraw` removes
        what is left at the provider.
        """

    def update_caller(
        self, known: Known, callback_number: str, caller_name: str, remember: Remember
    ) -> Outcome:
        """Register a new caller for an address; the old one stays in force until this is accepted.

        Poll it like `register`. After a refusal, another call is a new attempt.
        """

    def state(self, known: Known) -> Outcome:
        """Return the state of a registration without changing anything."""

    def withdraw(self, known: Known) -> None:
        """Remove everything known at the provider, including leftovers of an interrupted attempt.

        Something already gone is not an error.
        """


def get_provider() -> Provider:
    """Return the provider named in the settings. Raises Misconfigured if they are incomplete."""
    timeouts = tuple(_setting("TIMEOUTS", default=(5, 15)))
    match _setting("PROVIDER", default="builtin"):
        case "builtin":
            from e911.providers.builtin import BuiltIn

            return BuiltIn()
        case "telnyx":
            from e911.providers.telnyx import Telnyx

            return _kept(
                Telnyx,
                _setting("TELNYX_URL", default="https://api.telnyx.com/v2"),
                _setting("TELNYX_API_KEY"),
                timeouts,
            )
        case "bandwidth":
            from e911.providers.bandwidth import Bandwidth

            return _kept(
                Bandwidth,
                _setting("BANDWIDTH_URL", default="https://api.bandwidth.com/api/v2"),
                _setting(
                    "BANDWIDTH_TOKEN_URL", default="https://api.bandwidth.com/api/v1/oauth2/token"
                ),
                _setting("BANDWIDTH_ACCOUNT"),
                _setting("BANDWIDTH_CLIENT_ID"),
                _setting("BANDWIDTH_CLIENT_SECRET"),
                timeouts,
            )
        case other:
            raise Misconfigured(f"E911_PROVIDER is “{other}”: choose builtin, telnyx or bandwidth.")


def _setting(name: str, *, default: Any = None) -> Any:
    value = getattr(settings, f"E911_{name}", None) or default
    if value is None:
        raise Misconfigured(f"E911_{name} is not set: the chosen E911 provider needs it.")
    return value


@lru_cache(maxsize=4)
def _kept(adapter: Callable[..., Provider], *configuration: Any) -> Provider:
    """Return one adapter per configuration, so that it keeps its connections and its token."""
    return adapter(*configuration)


# --- addresses ------------------------------------------------------------------------------------


STREET = (
    "house_number", "house_number_suffix", "pre_directional", "street_type_before", "street_name",
    "street_type", "post_directional", "city", "state", "postal_code",
)  # fmt: skip
INSIDE = ("building", "floor", "unit_type", "unit", "room")


def describe_unit(address: CivicAddress) -> str:
    """Return the way from the street to the desk, such as "Floor 2, Suite 5"."""
    return CivicAddress(**{part: getattr(address, part) for part in INSIDE}).standardised


def apply_correction(address: CivicAddress, parts: dict[str, str]) -> CivicAddress | None:
    """Apply the provider's parts to an address; return None if only letter case differs."""
    different: dict[str, Any] = {
        part: text
        for part, text in parts.items()
        if text.casefold() != getattr(address, part).casefold()
    }
    return replace(address, **different) if different else None


# --- HTTP -----------------------------------------------------------------------------------------

LARGEST = 1_000_000
LONGEST_WORDS = 500
LONGEST_WAIT = 24 * 3600
ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
PASSING = {408, 409, 425, 429}  # statuses of refusals that may succeed later


@dataclass(frozen=True)
class Answer:
    """An API's answer. Reading it raises Unavailable if it isn't the JSON that the API promises."""

    api: Api
    status: int
    body: bytes

    def read_json(self) -> dict[str, Any]:
        """Return the JSON object in the answer."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise self.api.make_garbage_error()
        return content

    def read_object(self) -> dict[str, Any]:
        """Return the single object in the answer."""
        data = self.read_json().get("data")
        if not isinstance(data, dict):
            raise self.api.make_garbage_error()
        return data

    def read_list(self) -> list[dict[str, Any]]:
        """Return the list of objects in the answer."""
        data = self.read_json().get("data")
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise self.api.make_garbage_error()
        return data

    def read_refusal(self) -> str:
        """Return the reason for a refusal. A refusal without a reason counts as a fault."""
        if not (words := self.api.join_messages(self.read_json().get("errors"))):
            raise self.api.make_garbage_error()
        return words


class Api:
    """A JSON API over HTTP: limits each answer's time and size, and raises only our two errors."""

    def __init__(
        self,
        name: str,
        url: str,
        auth: Callable,
        *,
        check: str,
        hidden: set[str],
        timeouts: tuple[float, float],
    ) -> None:
        """Prepare a session.

        `check` names the settings that hold the credentials; no text ever shows what is in
        `hidden`.
        """
        self.name, self.url, self.auth, self.check, self.timeouts = (
            name,
            url.rstrip("/"),
            auth,
            check,
            timeouts,
        )
        self.hidden = hidden
        self.session = requests.Session()
        # A compressed answer could expand to any size.
        self.session.headers.update({"Accept": "application/json", "Accept-Encoding": "identity"})
        address = urlsplit(url)
        if address.scheme != "https" and address.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise Misconfigured(
                f"The address of {name} must begin with https://, for credentials go there."
            )

    def send_request(
        self, method: str, path: str = "", *, accept: Collection[int] = (), **content: Any
    ) -> Answer:
        """Send a request. `accept` lists the statuses besides success that the caller handles."""
        try:
            with self.session.request(
                method,
                self.url + path,
                auth=self.auth,
                timeout=self.timeouts,
                allow_redirects=False,
                stream=True,
                **content,
            ) as response:
                answer = Answer(self, response.status_code, self._bounded(response.raw))
                wait = _seconds(response.headers.get("Retry-After", ""))
            fault = None
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            fault = error
        if fault is not None:
            # Raise outside the handler and name only the kind of error: the error itself holds the
            # request with its credentials.
            kind, broken = type(fault).__name__, isinstance(fault, ValueError)
            fault = None
            if broken:
                raise Misconfigured(
                    f"No request to {self.name} can be made ({kind}): check its address and"
                    f" {self.check}."
                )
            raise Unavailable(f"{self.name} does not answer ({kind}).")
        status = answer.status
        if 200 <= status < 300 or status in accept:
            return answer
        if status >= 500 or status in PASSING:
            raise Unavailable(f"{self.name} cannot answer now ({status}).", wait)
        if status in (401, 403):
            raise Misconfigured(f"{self.name} does not let us in ({status}): check {self.check}.")
        if status < 400:
            raise Misconfigured(f"{self.name} sends us elsewhere ({status}): check its address.")
        raise Misconfigured(
            f"{self.name} refuses {method} {path} ({status}). {self.read_reason(answer)}".strip()
        )

    def _bounded(self, raw: urllib3.HTTPResponse) -> bytes:
        body, end = b"", time.monotonic() + self.timeouts[1]
        while part := raw.read1(65536, decode_content=False):
            body += part
            if len(body) > LARGEST:
                raise Unavailable(f"{self.name} answers with more than {LARGEST:,} bytes.")
            if time.monotonic() > end:
                raise Unavailable(f"{self.name} does not come to an end.")
        return body

    def make_garbage_error(self) -> Unavailable:
        """Return the error for an answer that isn't what the API promises."""
        return Unavailable(f"{self.name} answers with something that is no answer to the question.")

    def read_id(self, resource: dict[str, Any], *, name: str = "id", of: str | None = None) -> str:
        """Return a resource's id, which must equal `of` if that is given."""
        value = resource.get(name)
        value = str(value) if type(value) is int else value
        if not isinstance(value, str) or not ID.fullmatch(value) or of not in (None, value):
            raise self.make_garbage_error()
        return value

    def read_reason(self, answer: Answer) -> str:
        """Return the reason in an answer, "" if it holds none."""
        try:
            return self.join_messages(answer.read_json().get("errors"))
        except Unavailable:
            return ""

    def join_messages(self, said: Any) -> str:
        """Return a provider's message (an error, a list of them or text), fit to store and show."""
        if isinstance(said, list):
            return self.clean_text(". ".join(filter(None, map(self.join_messages, said[:10]))))
        if isinstance(said, dict):
            parts = (said.get(name) for name in ("title", "detail", "description"))
            return self.clean_text(
                ": ".join(dict.fromkeys(part for part in parts if isinstance(part, str) and part))
            )
        return self.clean_text(said)

    def clean_text(self, value: Any) -> str:
        """Return text fit to store and show: short, in one line, and without credentials."""
        text = value if isinstance(value, str) else ""
        for secret in self.hidden:
            text = text.replace(secret, "…")
        return "".join(filter(str.isprintable, " ".join(text.split())))[:LONGEST_WORDS]


class Bearer(requests.auth.AuthBase):
    """A bearer credential as an auth object: a .netrc file would make requests replace a header."""

    def __init__(self, token: Callable[[], str]) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token()}"
        return request


def _seconds(retry_after: str) -> float | None:
    """Return a Retry-After header (seconds or a date; RFC 9110, 10.2.3) in seconds from now."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return float(min(int(retry_after), LONGEST_WAIT))
    try:
        when = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return min(max((when - datetime.datetime.now(datetime.UTC)).total_seconds(), 0.0), LONGEST_WAIT)

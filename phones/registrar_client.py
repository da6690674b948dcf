"""Talk to the SIP registrar: whether it answers, and asking a phone to restart (R34).

It speaks Kamailio's JSON-RPC over loopback HTTP (modules jsonrpcs and xhttp), with a secret that
both ends derive.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from enum import StrEnum
from typing import Any

import requests
from django.conf import settings
from requests.utils import parse_dict_header

from users import sip

REFRESH = 5.0  # seconds to trust the last result before asking the registrar again
PATIENCE = 8.0  # seconds; the registrar gives up on a silent phone after four
TRANSACTION = "tm.t_uac_wait"


class Unreachable(Exception):
    """The registrar doesn't answer: no registration is known, no phone can be asked to restart."""


class Answer(StrEnum):
    """What became of asking a phone to restart."""

    ASKED = "asked"  # it accepted; whether it restarts shows when it comes back
    NOT_REGISTERED = "not registered"
    HELD = "held"  # it wasn't asked, because another device holds its line
    SILENT = "silent"  # registered, but it didn't answer
    NOT_SUBSCRIBED = "not subscribed"  # it obeys only a server that it has subscribed to
    NOT_KNOWN = "not known"  # it doesn't know such a request
    NOT_TRUSTED = "not trusted"  # it didn't accept our proof of who asks
    CANNOT = "cannot"  # it answered anything else
    UNREACHABLE = "unreachable"  # it wasn't asked, because the registrar doesn't answer


# What a phone's status code says (RFC 3261 §21; RFC 6665 §4.1.3 and §7.3: 481 means that it knows
# no subscription to which this belongs, 489 that it doesn't know the event).
ANSWERS = {
    401: Answer.NOT_TRUSTED,
    403: Answer.NOT_TRUSTED,
    405: Answer.NOT_KNOWN,
    407: Answer.NOT_TRUSTED,
    408: Answer.SILENT,
    481: Answer.NOT_SUBSCRIBED,
    489: Answer.NOT_KNOWN,
    501: Answer.NOT_KNOWN,
}
OF_THE_REGISTRAR = (480, "Not Registered")  # deploy/kamailio.cfg; a phone's own 480 says otherwise

_asked_at = float("-inf")
_reachable = False
_asking = threading.Lock()


def is_reachable() -> bool:
    """Tell whether the registrar answers, as of at most a few seconds ago."""
    global _asked_at, _reachable
    if time.monotonic() - _asked_at > REFRESH and _asking.acquire(blocking=False):
        try:
            _call("core.uptime", patience=0.5)
            _reachable = True
        except Unreachable:
            _reachable = False
        finally:
            _asked_at = time.monotonic()
            _asking.release()
    return _reachable


def ask_to_restart(username: str, event: str) -> Answer:
    """Ask the phone registered as `username` to fetch its configuration and restart.

    `event` is its make's `restart_event`. Raises Unreachable.
    """
    code, said, challenge = _notify(username, event)
    if code in (401, 407):
        # The phone wants proof of who asks. Try the keys in turn, because an old username doesn't
        # tell which key made its password.
        for key in settings.SIP_KEYS:
            code, said, challenge = _notify(
                username, event, _authorization(username, key, code, challenge)
            )
            if code not in (401, 407):
                break
    if 200 <= code < 300:
        return Answer.ASKED
    if (code, said) == OF_THE_REGISTRAR:
        return Answer.NOT_REGISTERED
    return ANSWERS.get(code, Answer.CANNOT)


def remove_registration(username: str) -> None:
    """Remove the registration of `username`, which is no longer wanted. Raises Unreachable."""
    _call("ul.rm", "location", _address(username))


def _address(username: str) -> str:
    return f"{username}@{settings.SIP_DOMAIN}"


def _notify(username: str, event: str, authorization: str = "") -> tuple[int, str, str]:
    """Send NOTIFY through the registrar to itself, which finds the phone.

    Returns the status code, its reason phrase and the challenge.
    """
    to = f"sip:{_address(username)}"
    headers = (
        f"From: <sip:restart@{settings.SIP_DOMAIN}>\r\nTo: <{to}>\r\nEvent: {event}\r\n"
        f"Subscription-State: terminated\r\nX-Registrar-Key: {settings.REGISTRAR_KEY}\r\n"
        f"{authorization}"
    )
    answer = _call(TRANSACTION, "NOTIFY", to, f"sip:{settings.SIP_LISTEN}", ".", headers)
    parts = answer if isinstance(answer, list) else list(answer.values())
    reply = str(parts[-1])
    challenge = next(
        (
            line.partition(":")[2].strip()
            for line in reply.splitlines()
            if line.lower().startswith(("www-authenticate:", "proxy-authenticate:"))
        ),
        "",
    )
    return int(parts[0]), str(parts[1]), challenge


def _authorization(username: str, key: str, code: int, challenge: str) -> str:
    """Return the header that answers a phone's digest challenge (RFC 2617 §3.2.2).

    The password is that of the phone's own line.
    """
    asked = parse_dict_header(challenge.partition(" ")[2])
    realm, nonce, uri = asked.get("realm", ""), asked.get("nonce", ""), f"sip:{_address(username)}"

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    secret, request = (
        md5(f"{username}:{realm}:{sip.derive_password(key, username)}"),
        md5(f"NOTIFY:{uri}"),
    )
    parts = {"username": username, "realm": realm, "nonce": nonce, "uri": uri}
    if "auth" in re.split(r"[\s,]+", asked.get("qop") or ""):
        own = secrets.token_hex(8)
        response = md5(f"{secret}:{nonce}:00000001:{own}:auth:{request}")
        further = f', qop=auth, nc=00000001, cnonce="{own}"'
    else:
        response, further = md5(f"{secret}:{nonce}:{request}"), ""
    if asked.get("opaque"):
        parts["opaque"] = asked["opaque"]
    text = ", ".join(f'{name}="{value}"' for name, value in parts.items())
    header = "Authorization" if code == 401 else "Proxy-Authorization"
    return f'{header}: Digest {text}, response="{response}", algorithm=MD5{further}\r\n'


def _call(method: str, *parameters: str, patience: float = PATIENCE) -> Any:
    """Return the result of a JSON-RPC call.

    Raises Unreachable, also if the registrar refuses the call.
    """
    try:
        response = requests.post(
            f"http://{settings.REGISTRAR_RPC}/RPC",
            json={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)},
            headers={"Authorization": f"Bearer {settings.REGISTRAR_KEY}"},
            timeout=patience,
        )
        answer = response.json()
    except (requests.RequestException, ValueError) as error:
        raise Unreachable(str(error)) from error
    if "error" in answer:
        raise Unreachable(f"{method}: {answer['error']}")
    return answer.get("result")

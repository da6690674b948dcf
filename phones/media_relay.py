"""Tell whether a media relay, rtpengine, carries the sound of calls (R48).

Phones behind different routers hear each other only through it.
"""

from __future__ import annotations

import secrets
import socket
import time

from django.conf import settings

REFRESH = 5.0  # seconds to trust the last result before asking the relay again
PATIENCE = 0.3  # seconds; it is on this machine or next to it

_asked_at = float("-inf")
_relaying = False


def is_relaying() -> bool:
    """Tell whether a relay carries the sound of calls, as of at most a few seconds ago."""
    global _asked_at, _relaying
    if settings.MEDIA is None:
        return False
    if time.monotonic() - _asked_at > REFRESH:
        _asked_at = time.monotonic()
        _relaying = is_answering(*settings.MEDIA)
    return _relaying


def is_answering(host: str, port: int) -> bool:
    """Tell whether a relay answers at its control port.

    It speaks rtpengine's NG protocol: a cookie, a space, and a dictionary in bencode.
    """
    cookie = secrets.token_hex(8).encode()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as control:
            control.settimeout(PATIENCE)
            control.connect(address)
            control.send(cookie + b" d7:command4:pinge")
            return control.recv(1024) == cookie + b" d6:result4:ponge"
    except OSError:
        return False

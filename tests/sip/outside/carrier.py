"""A carrier's SIP server: it hears calls arrive, answers them, and hangs up from its own side.

It is stricter than most: with a password, it takes a request that follows a challenge only if its
CSeq is higher (RFC 3261 §22.2), and it wants its proxies named on the way back.
"""

from __future__ import annotations

import re
import secrets
import socket
import threading

from tests.sip.messages import Dialog, Message, md5
from tests.sip.probe import Probe

AT = "127.0.0.70"
REALM = "carrier's own realm"


class Carrier(Probe):
    """The server at `host`, over UDP or TCP. Close it, or use it as a context manager.

    `received` holds what came in, as with any Probe; challenged requests go into `challenged`.
    """

    def __init__(
        self,
        registrar: tuple[str, int],
        domain: str,
        *,
        host: str,
        transport: str = "udp",
        credentials: tuple[str, str] | None = None,
    ) -> None:
        """With `credentials` (username, password), ask for them."""
        self.credentials = credentials
        self.challenged: dict[str, int] = {}  # nonces, and the CSeq that each answered
        self.connections: list[socket.socket] = []
        super().__init__(registrar, "gateway", "", domain, host=host)
        self.transport = transport
        self.answers |= dict.fromkeys(("INVITE", "BYE", "UPDATE", "PRACK", "INFO", "OPTIONS"), 200)
        self.contact = f"<sip:gateway@{host}:{self.port};transport={transport};x-call=7>"
        self.server = None
        if transport == "tcp":
            self.server = socket.create_server((host, self.port))
            threading.Thread(target=self._accept, daemon=True).start()

    @property
    def setting(self) -> str:
        """Return the value of PHONEADMIN_CARRIER that leads here."""
        user = f"{self.credentials[0]}@" if self.credentials else ""
        return f"sip:{user}{self.host}:{self.port};transport={self.transport}"

    @property
    def proxies(self) -> list[str]:
        """Return the carrier's own proxies, the nearest to it first, as Record-Route has them."""
        here = f"{self.host}:{self.port};transport={self.transport};lr"
        return [f"<sip:inner.invalid;lr>, <sip:{self.host}:5555;lr>", f"<sip:edge@{here};a=b>"]

    def close(self) -> None:
        super().close()
        if self.server:
            self.server.close()
        for connection in self.connections:
            connection.close()

    def answer(self, request: Message, status: int, *headers: str) -> None:
        routes = [f"Record-Route: {proxy}" for proxy in self.proxies]
        super().answer(request, status, *(routes if request.method == "INVITE" else []), *headers)

    def write(self, text: str | bytes) -> None:
        self.sent = text.encode() if isinstance(text, str) else text
        if self.transport == "udp":
            return super().write(text)
        if not self.connections:
            self.reconnect()
        self.connections[-1].sendall(self.sent)

    def reconnect(self) -> None:
        """Open a connection of its own, from any port, for what it sends from now on."""
        mine = socket.create_connection(self.registrar, source_address=(self.host, 0))
        self._read(mine)

    # --- inside -----------------------------------------------------------------------------------

    def _accept(self) -> None:
        while True:
            try:
                self._read(self.server.accept()[0])
            except OSError:
                return

    def _read(self, connection: socket.socket) -> None:
        self.connections.append(connection)
        threading.Thread(target=self._take_stream, args=(connection,), daemon=True).start()

    def _take(self, data: bytes) -> None:
        message = Message(data.decode(errors="replace"))
        if message.method in ("INVITE", "BYE") and self.credentials and not self._signed(message):
            nonce = secrets.token_hex(8)
            self.challenged[nonce] = int(message.header("CSeq").split()[0])
            asked = f'Proxy-Authenticate: Digest realm="{REALM}", nonce="{nonce}", qop="auth"'
            super().answer(message, 407, asked)
            return
        super()._take(data)

    def _signed(self, request: Message) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', request.header("Proxy-Authorization")))
        before = self.challenged.pop(given.get("nonce", ""), None)
        if before is None or int(request.header("CSeq").split()[0]) <= before:
            return False
        username, password = self.credentials
        secret = md5(f"{username}:{REALM}:{password}")
        asked = md5(f"{request.method}:{given['uri']}")
        middle = f"{given['nonce']}:{given['nc']}:{given['cnonce']}:{given['qop']}"
        return given["response"] == md5(f"{secret}:{middle}:{asked}")


def outside_call(phone: Probe, carrier: Carrier, number: str) -> tuple[Dialog, Dialog]:
    """Call a number that the carrier answers; return the dialogs of phone and carrier."""
    assert phone.invite(number) == 200
    carrier.wait_for("ACK sip:")
    return phone.dialog, carrier.dialogs[phone.dialog.call_id]

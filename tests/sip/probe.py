"""A SIP user agent that asks the registrar exact questions: raw requests with digest over UDP or TCP, answers by itself.

It is no telephone, but what a virtual telephone signs in and calls with. It needs nothing of Django.
"""

from __future__ import annotations

import hashlib
import queue
import re
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

PATIENCE = 5.0


@dataclass(frozen=True)
class Message:
    """A request or a response as it came."""

    text: str

    @property
    def method(self) -> str:
        """The method of a request, empty for a response."""
        word = self.text.partition(" ")[0]
        return "" if word == "SIP/2.0" else word

    @property
    def status(self) -> int:
        """The status of a response, 0 for a request."""
        return 0 if self.method else int(self.text.split(" ", 2)[1])

    def headers(self, name: str) -> list[str]:
        """All values of a header field, in their order."""
        head = self.text.partition("\r\n\r\n")[0]
        return [value.strip() for value in re.findall(rf"(?mi)^{re.escape(name)}[ \t]*:(.*)$", head)]

    def header(self, name: str) -> str:
        """The first value of a header field, empty where there is none."""
        return next(iter(self.headers(name)), "")


@dataclass(frozen=True)
class Dialog:
    """A call that was answered, as its caller sees it."""

    target: str
    to: str
    routes: tuple[str, ...]


class Probe:
    """A user agent of one person at one registrar. Close it, or use it as a context manager.

    A thread of its own answers what comes in with the status that `answers` has for the method (None: not at all) and
    puts it into `received`.
    """

    def __init__(
        self,
        registrar: tuple[str, int],
        username: str,
        password: str,
        domain: str,
        *,
        host: str = "127.0.0.1",
        transport: str = "udp",
        digest_username: str = "",
        greeting: bytes = b"",
    ) -> None:
        """`host` is the address to speak from, `greeting` what is sent first on a TCP connection."""
        self.registrar = registrar
        self.username = username
        self.password = password
        self.domain = domain
        self.transport = transport
        self.digest_username = digest_username or username
        self.answers: dict[str, int | None] = {"INVITE": 486, "NOTIFY": 200, "BYE": 200}
        self.challenge: Callable[[Message], str] = lambda request: ""  # further header lines of an answer
        self.received: queue.Queue[Message] = queue.Queue()
        self.responses: queue.Queue[Message] = queue.Queue()
        self.sent = b""  # the last request
        self.dialog: Dialog | None = None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        if transport == "tcp":
            self.socket.connect(registrar)
            self.socket.sendall(greeting)
        self.host, self.port = self.socket.getsockname()
        self.contact = f"<sip:{username}@{self.host}:{self.port};transport={transport}>"
        self.call_id, self.tag, self.sequence = secrets.token_hex(8), secrets.token_hex(4), 0
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up for good; nothing is unregistered."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.listener.join(PATIENCE)

    # --- what a person does with it ---------------------------------------------------------------------------------

    def register(self, expires: int = 60) -> int:
        """Register and return the final status."""
        return self.request("REGISTER", f"sip:{self.domain}", f"Expires: {expires}").status

    def unregister(self) -> int:
        """Take the registration back and return the final status."""
        return self.register(0)

    def invite(self, ext: str, *headers: str) -> int:
        """Call an extension and return the final status; an answered call is in `dialog` until `hang_up`."""
        uri = f"sip:{ext}@{self.domain}"
        answer = self.request("INVITE", uri, *headers, to=uri)
        if 200 <= answer.status < 300:
            self.begin(answer)
        return answer.status

    def begin(self, answer: Message) -> None:
        """Take up the call that was answered so."""
        self.dialog = Dialog(
            target=re.search(r"<([^>]*)>", answer.header("Contact"))[1],
            to=answer.header("To"),
            routes=tuple(reversed(answer.headers("Record-Route"))),
        )
        self.send("ACK", self.dialog.target, *self.routes(), to=self.dialog.to, sequence=self.sequence)

    def hang_up(self) -> int:
        """End the call and return the final status."""
        answer = self.request("BYE", self.dialog.target, *self.routes(), to=self.dialog.to)
        self.dialog = None
        return answer.status

    def routes(self) -> list[str]:
        """The Route header fields of a request within the call."""
        return [f"Route: {route}" for route in self.dialog.routes]

    # --- single messages --------------------------------------------------------------------------------------------

    def request(self, method: str, uri: str, *headers: str, to: str = "") -> Message:
        """Send a request, answer one challenge, and return the final response. Raises TimeoutError on silence."""
        answer = self.ask(method, uri, *headers, to=to)
        if answer.status in (401, 407):
            answer = self.ask(method, uri, self.authorization(method, uri, answer), *headers, to=to)
        return answer

    def ask(self, method: str, uri: str, *headers: str, to: str = "") -> Message:
        """Send a request and return the final response, acknowledged where it must be. Raises TimeoutError."""
        self.send(method, uri, *headers, to=to)
        answer = self.response()
        if method == "INVITE" and answer.status >= 300:
            self.write(self._acknowledgement(uri, answer))
        return answer

    def send(self, method: str, uri: str, *headers: str, to: str = "", sequence: int = 0) -> None:
        """Send a request. `to` is a URI, or a whole header value with its tag."""
        self.sequence += not sequence
        to = to or f"sip:{self.username}@{self.domain}"
        via = f"SIP/2.0/{self.transport.upper()} {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: {via}",
            "Max-Forwards: 70",
            f"From: <sip:{self.username}@{self.domain}>;tag={self.tag}",
            f"To: {to if '<' in to else f'<{to}>'}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {sequence or self.sequence} {method}",
            f"Contact: {self.contact}",
            *headers,
            "Content-Length: 0",
        ]
        self.write("\r\n".join([*lines, "", ""]))

    def write(self, text: str | bytes) -> None:
        """Send these bytes to the registrar."""
        self.sent = text.encode() if isinstance(text, str) else text
        if self.transport == "tcp":
            self.socket.sendall(self.sent)
        else:
            self.socket.sendto(self.sent, self.registrar)

    def response(self, patience: float = PATIENCE) -> Message:
        """Return the next final response. Raises TimeoutError."""
        while True:
            try:
                message = self.responses.get(timeout=patience)
            except queue.Empty:
                raise TimeoutError("no response") from None
            if message.status >= 200:
                return message

    def authorization(self, method: str, uri: str, challenged: Message) -> str:
        """Return the header field that answers a digest challenge with qop=auth (RFC 2617 §3.2.2)."""
        name = "Authorization" if challenged.status == 401 else "Proxy-Authorization"
        challenge = challenged.header("WWW-Authenticate") or challenged.header("Proxy-Authenticate")
        asked = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
        own = secrets.token_hex(4)
        secret = md5(f"{self.digest_username}:{asked['realm']}:{self.password}")
        response = md5(f"{secret}:{asked['nonce']}:00000001:{own}:auth:{md5(f'{method}:{uri}')}")
        return (
            f'{name}: Digest username="{self.digest_username}", realm="{asked["realm"]}", nonce="{asked["nonce"]}",'
            f' uri="{uri}", response="{response}", algorithm=MD5, cnonce="{own}", qop=auth, nc=00000001'
        )

    # --- inside -----------------------------------------------------------------------------------------------------

    def _acknowledgement(self, uri: str, answer: Message) -> str:
        kept = [f"{name}: {answer.header(name)}" for name in ("Via", "From", "To", "Call-ID")]
        number = answer.header("CSeq").split()[0]
        return "\r\n".join(
            [f"ACK {uri} SIP/2.0", "Max-Forwards: 70", *kept, f"CSeq: {number} ACK", "Content-Length: 0", "", ""]
        )

    def _listen(self) -> None:
        stream = b""
        while True:
            try:
                data = self.socket.recv(65535)
            except OSError:
                return
            if self.transport != "tcp":
                self._take(data)
                if not data:
                    return
                continue
            if not data:
                return
            stream = (stream + data).lstrip(b"\r\n")
            while b"\r\n\r\n" in stream:
                head, _, rest = stream.partition(b"\r\n\r\n")
                length = re.search(rb"(?mi)^content-length[ \t]*:[ \t]*(\d+)", head)
                body = int(length[1]) if length else 0
                if len(rest) < body:
                    break
                self._take(head + b"\r\n\r\n" + rest[:body])
                stream = rest[body:].lstrip(b"\r\n")

    def _take(self, data: bytes) -> None:
        if not data.strip(b"\r\n\0"):
            return  # an empty packet that keeps a router's memory alive
        message = Message(data.decode(errors="replace"))
        if message.status:
            self.responses.put(message)
            return
        if message.method != "ACK" and (status := self.answers.get(message.method, 405)):
            kept = [
                f"{name}: {value}"
                for name in ("Via", "Record-Route", "From", "Call-ID", "CSeq")
                for value in message.headers(name)
            ]
            to = message.header("To")
            tag = "" if ";tag=" in to else f";tag={self.tag}"
            lines = [f"SIP/2.0 {status} Answer", *kept, f"To: {to}{tag}", f"Contact: {self.contact}"]
            if further := self.challenge(message):
                lines.append(further)
            sent = self.sent
            with suppress(OSError):
                self.write("\r\n".join([*lines, "Content-Length: 0", "", ""]))
            self.sent = sent
        self.received.put(message)


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

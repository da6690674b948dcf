"""A SIP user agent that sends exact requests to the registrar and answers by itself.

Virtual phones sign in and call with it. It needs nothing of Django.
"""

from __future__ import annotations

import queue
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from .messages import Dialog, Message, acknowledge, md5, uri_of, with_body

PATIENCE = 5.0


class Probe:
    """A person's user agent at one registrar. Close it, or use it as a context manager.

    A thread of its own puts each request that comes in into `received`, and answers it with the
    status that `answers` has for its method (None: no answer).
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
        """Send from `host`; `greeting` is sent first on a TCP connection."""
        self.registrar = registrar
        self.username = username
        self.password = password
        self.domain = domain
        self.transport = transport
        self.digest_username = digest_username or username
        self.answers: dict[str, int | None] = {"INVITE": 486, "NOTIFY": 200, "BYE": 200}
        # Additional header lines of an answer.
        self.challenge: Callable[[Message], str] = lambda request: ""
        self.received: queue.Queue[Message] = queue.Queue()
        self.responses: queue.Queue[Message] = queue.Queue()
        self.seen: list[Message] = []  # everything received, in order
        self.pings = 0  # empty packets received, which keep a router's memory alive
        self.sent = b""  # the last request
        self.dialog: Dialog | None = None  # the last call that this end began and that was answered
        self.dialogs: dict[str, Dialog] = {}  # calls to this end, by Call-ID
        self.body = ""  # of its answer to an INVITE
        self.acknowledgement = ""  # the body of its ACK to an answer
        self.rport = True  # whether it asks for answers at the port that it sends from (RFC 3581)
        self.agent = ""  # what it calls itself (User-Agent), if anything
        self.repeats = 0.0  # seconds until an unanswered request is sent again
        self.socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
        )
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
        """Close the sockets without unregistering."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.listener.join(PATIENCE)

    # --- what a person does with it ---------------------------------------------------------------

    def register(self, expires: int = 60) -> int:
        """Register and return the final status."""
        return self.request("REGISTER", f"sip:{self.domain}", f"Expires: {expires}").status

    def unregister(self) -> int:
        """Remove the registration, and return the final status."""
        return self.register(0)

    def invite(self, ext: str, *headers: str, body: str = "") -> int:
        """Call an extension; return the final status. `hang_up` ends an answered call."""
        return self.call(f"sip:{ext}@{self.domain}", *headers, body=body).status

    def call(self, uri: str, *headers: str, body: str = "") -> Message:
        """Call a URI; return the final response. `dialog` holds an answered call."""
        answer = self.request("INVITE", uri, *headers, to=uri, body=body)
        if 200 <= answer.status < 300:
            self.begin(answer)
        return answer

    def ring(self, ext: str) -> str:
        """Call an extension without waiting for an answer; return the branch."""
        uri = f"sip:{ext}@{self.domain}"
        self.call_id, self.tag = secrets.token_hex(8), secrets.token_hex(4)
        challenged = self.ask("INVITE", uri, to=uri)
        return self.send("INVITE", uri, self.authorization("INVITE", uri, challenged), to=uri)

    def cancel(self) -> None:
        """Give up the call that was last sent with `ring` (RFC 3261 §9.1)."""
        lines = self.sent.decode().partition("\r\n\r\n")[0].split("\r\n")
        kept = [line for line in lines if line.startswith(("Via:", "From:", "To:", "Call-ID:"))]
        uri = lines[0].split()[1]
        cancel = [f"CANCEL {uri} SIP/2.0", *kept, f"CSeq: {self.sequence} CANCEL"]
        self.write("\r\n".join([*cancel, "Max-Forwards: 70", *with_body("")]))

    def begin(self, answer: Message) -> None:
        """Start the dialog of a call that this response answered."""
        self.dialog = Dialog(
            call_id=answer.header("Call-ID"),
            local=answer.header("From"),
            remote=answer.header("To"),
            target=uri_of(answer.header("Contact")),
            routes=tuple(reversed(answer.headers("Record-Route"))),
            sequence=self.sequence,
        )
        self.within(self.dialog, "ACK", sequence=self.sequence, body=self.acknowledgement)

    def hang_up(self) -> int:
        """End the call and return the final status."""
        answer = self.ask_within(self.dialog, "BYE")
        self.dialog = None
        return answer.status

    # --- within a call ----------------------------------------------------------------------------

    def within(
        self,
        dialog: Dialog,
        method: str,
        *headers: str,
        target: str = "",
        body: str = "",
        sequence: int = 0,
    ) -> str:
        """Send a request within a call, by default to its other end; return the branch."""
        dialog.sequence += not sequence
        routes = [f"Route: {route}" for route in dialog.routes]
        return self._send(
            method,
            target or dialog.target,
            *routes,
            *headers,
            source=dialog.local,
            to=dialog.remote,
            call_id=dialog.call_id,
            sequence=sequence or dialog.sequence,
            body=body,
        )

    def ask_within(self, dialog: Dialog, method: str, *headers: str, **options: str) -> Message:
        """Send a request within a call and return the final response. Raises TimeoutError."""
        return self.answer_to(self.within(dialog, method, *headers, **options))

    def answer_to(self, branch: str, patience: float = PATIENCE) -> Message:
        """Return the final response to the request with this branch. Raises TimeoutError.

        With `repeats`, the last request is sent again after each such number of seconds without an
        answer, as UDP requires.
        """
        deadline = time.monotonic() + patience
        while True:
            try:
                message = self.response(self.repeats or patience)
            except TimeoutError:
                if not self.repeats or time.monotonic() > deadline:
                    raise
                self.write(self.sent)
            else:
                if branch in message.header("Via"):
                    return message

    def wait_for(self, text: str, patience: float = PATIENCE) -> Message:
        """Return the next request that contains a text, skipping others. Raises TimeoutError."""
        deadline = time.monotonic() + patience
        while True:
            try:
                message = self.received.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"no request with {text!r}") from None
            if text in message.text:
                return message

    # --- single messages --------------------------------------------------------------------------

    def request(
        self, method: str, uri: str, *headers: str, to: str = "", body: str = ""
    ) -> Message:
        """Send a request, answer one challenge, return the final response.

        Raises TimeoutError on silence.
        """
        if method == "INVITE":  # each call has its own Call-ID
            self.call_id, self.tag = secrets.token_hex(8), secrets.token_hex(4)
        answer = self.ask(method, uri, *headers, to=to, body=body)
        if answer.status in (401, 407):
            answer = self.ask(
                method, uri, self.authorization(method, uri, answer), *headers, to=to, body=body
            )
        return answer

    def ask(self, method: str, uri: str, *headers: str, to: str = "", body: str = "") -> Message:
        """Send a request, return the final response, acknowledge it if needed.

        Raises TimeoutError.
        """
        answer = self.answer_to(self.send(method, uri, *headers, to=to, body=body))
        if method == "INVITE" and answer.status >= 300:
            self.write(acknowledge(uri, answer))
        return answer

    def send(self, method: str, uri: str, *headers: str, to: str = "", body: str = "") -> str:
        """Send a request and return its branch; `to` is a URI, or a header value with its tag."""
        self.sequence += 1
        to = to or f"sip:{self.username}@{self.domain}"
        return self._send(
            method,
            uri,
            *headers,
            source=f"<sip:{self.username}@{self.domain}>;tag={self.tag}",
            to=to if "<" in to else f"<{to}>",
            call_id=self.call_id,
            sequence=self.sequence,
            body=body,
        )

    def _send(
        self,
        method: str,
        uri: str,
        *headers: str,
        source: str,
        to: str,
        call_id: str,
        sequence: int,
        body: str,
    ) -> str:
        branch = "z9hG4bK" + secrets.token_hex(8)
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} {self.host}:{self.port};branch={branch}"
            + ";rport" * self.rport,
            "Max-Forwards: 70",
            f"From: {source}",
            f"To: {to}",
            f"Call-ID: {call_id}",
            f"CSeq: {sequence} {method}",
            f"Contact: {self.contact}",
            *([f"User-Agent: {self.agent}"] if self.agent else []),
            *headers,
            *with_body(body),
        ]
        self.write("\r\n".join(lines))
        return branch

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
        """Return the header that answers a digest challenge with qop=auth (RFC 2617 §3.2.2)."""
        name = "Authorization" if challenged.status == 401 else "Proxy-Authorization"
        challenge = challenged.header("WWW-Authenticate") or challenged.header("Proxy-Authenticate")
        asked = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
        own = secrets.token_hex(4)
        secret = md5(f"{self.digest_username}:{asked['realm']}:{self.password}")
        response = md5(f"{secret}:{asked['nonce']}:00000001:{own}:auth:{md5(f'{method}:{uri}')}")
        return (
            f'{name}: Digest username="{self.digest_username}", realm="{asked["realm"]}",'
            f' nonce="{asked["nonce"]}", uri="{uri}", response="{response}", algorithm=MD5,'
            f' cnonce="{own}", qop=auth, nc=00000001'
        )

    # --- inside -----------------------------------------------------------------------------------

    def _listen(self) -> None:
        if self.transport == "tcp":
            return self._take_stream(self.socket)
        while True:
            try:
                data = self.socket.recv(65535)
            except OSError:
                return
            self._take(data)
            if not data:
                return

    def _take_stream(self, connection: socket.socket) -> None:
        """Take the messages of a TCP connection until it ends."""
        stream = b""
        while True:
            try:
                data = connection.recv(65535)
            except OSError:
                return
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
            self.pings += 1
            return
        message = Message(data.decode(errors="replace"))
        self.seen.append(message)
        if message.status:
            self.responses.put(message)
            return
        if message.method != "ACK" and (status := self.answers.get(message.method, 405)):
            self.answer(message, status)
        self.received.put(message)

    def answer(self, request: Message, status: int, *headers: str) -> None:
        """Answer a request; a call that this accepts is in `dialogs` from then on."""
        kept = [
            f"{name}: {value}"
            for name in ("Via", "Record-Route", "From", "Call-ID", "CSeq")
            for value in request.headers(name)
        ]
        to, body = request.header("To"), ""
        if ";tag=" not in to:
            to += f";tag={self.tag}"
        if request.method == "INVITE" and 200 <= status < 300:
            body = self.body
            self.dialogs[request.header("Call-ID")] = Dialog(
                call_id=request.header("Call-ID"),
                local=to,
                remote=request.header("From"),
                target=uri_of(request.header("Contact")),
                routes=tuple(request.headers("Record-Route")),
                sequence=100,
            )
        elif request.method == "INVITE" and status == 488:
            body = self.body  # what it could do instead (RFC 3261 §21.4.26)
        further = self.challenge(request)
        lines = [
            f"SIP/2.0 {status} Answer",
            *kept,
            f"To: {to}",
            f"Contact: {self.contact}",
            *headers,
        ]
        sent = self.sent
        with suppress(OSError):
            self.write("\r\n".join([*lines, *([further] if further else []), *with_body(body)]))
        self.sent = sent

"""A virtual desk phone of any make: it boots, fetches its file, registers, calls and restarts.

All it knows of the application is the address that a person typed into it.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.phones.provisioning import readers
from tests.phones.provisioning.dialing import PLANS
from tests.phones.provisioning.dialing.parts import Plan

from .messages import Message
from .probe import Probe

# What phones of each make call themselves when they register; when they fetch, it's much the same.
AGENTS = {
    "yealink": "Yealink SIP-T54W 96.86.0.100",
    "poly": "PolycomVVX-VVX_450-UA/5.9.5.0614",
    "cisco": "Cisco-CP-8841-3PCC/11.3.7",
    "grandstream": "Grandstream GRP2614 1.0.5.33",
    "snom": "snomD785/10.1.54.13",
    "fanvil": "Fanvil X5U 2.4.12",
}


@dataclass
class DeskPhone:
    """One phone on a desk. Close it, or use it as a context manager.

    A NOTIFY for check-sync makes it boot again at once, in a thread of its own; `boots` counts.
    """

    make: str
    mac: str
    folder: str  # where it fetches: first as typed in, then as its file says
    line: dict | None = None
    files: list[str] = field(default_factory=list)  # those of its last boot
    boots: queue.Queue = field(default_factory=queue.Queue)
    # Calls that it declined because it is busy.
    calls: queue.Queue[Message] = field(default_factory=queue.Queue)
    probe: Probe | None = None
    plan: Plan | None = None

    def __enter__(self) -> DeskPhone:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Pull the plug."""
        if self.probe:
            self.probe.close()

    def boot(self) -> None:
        """Start: fetch the files, apply them, and register if there is a line."""
        self.close()
        text = self._configuration()
        self.folder = readers.ADDRESSES[self.make](text)
        self.line = readers.READERS[self.make](text)
        self.plan = PLANS[self.make](text)
        self.probe = None
        if self.line:
            line = self.line
            self.probe = Probe(
                (line["host"], line["port"]), line["username"], line["password"], line["domain"]
            )
            self.probe.agent = AGENTS[self.make]
            threading.Thread(target=self._listen, args=(self.probe,), daemon=True).start()
            assert self.probe.register(60) == 200
        self.boots.put(None)

    def dial(self, digits: str) -> int:
        """Type digits off the hook, as the file's dial plan sends them; return the final status."""
        assert self.plan and self.probe
        sent = self.plan.type_keys(digits)
        assert sent, f"{self.make} never sends {digits}"
        return self.probe.invite(sent.number)

    def booted(self, seconds: float = 10) -> None:
        """Wait until it has booted once more. Raises queue.Empty if it doesn't."""
        self.boots.get(timeout=seconds)

    def _listen(self, probe: Probe) -> None:
        while probe is self.probe:
            try:
                request = probe.received.get(timeout=0.2)
            except queue.Empty:
                continue
            if request.method == "INVITE":
                self.calls.put(request)
            elif request.method == "NOTIFY" and request.header("Event").startswith("check-sync"):
                return self.boot()

    def _configuration(self) -> str:
        """Ask for files in the make's order, and return the one with line 1."""
        self.files = []
        text = ""
        for name in readers.requests(self.make, self.mac):
            if (got := self._fetch(name)) is not None:
                self.files.append(name)
                text = got
        return text

    def _fetch(self, name: str) -> str | None:
        url = urlsplit(self.folder)
        connection = HTTPConnection(url.hostname, url.port, timeout=10)
        try:
            headers = {"User-Agent": AGENTS[self.make]}
            connection.request("GET", url.path.rstrip("/") + "/" + name, headers=headers)
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        assert response.status in (200, 404), response.status
        return body if response.status == 200 else None

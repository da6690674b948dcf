"""Register many phones at once with sipp (Debian: sip-tester), each answering a challenge."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 30  # seconds that the last phones may take; each gives up after ten

# A telephone behind a router: it believes in an address of its own network, so the registrar keeps
# the way to it open. Like any telephone on UDP it repeats what is not answered within half a second
# (RFC 3261 §17.1.2).
REQUEST = """
      REGISTER sip:{domain} SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
      Max-Forwards: 70
      From: <sip:[field0]@{domain}>;tag=[call_number]
      To: <sip:[field0]@{domain}>
      Call-ID: [call_id]
      CSeq: [cseq] REGISTER
      Contact: <sip:[field0]@10.0.0.1:5060>
      Expires: {expires}
      User-Agent: a telephone
      {further}Content-Length: 0

"""
SCENARIO = """\
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="A telephone registers">
  <send retrans="500" start_rtd="1"><![CDATA[{first}]]></send>
  <recv response="100" optional="true"/>
  <recv response="401" auth="true"/>
  <send retrans="500"><![CDATA[{second}]]></send>
  <recv response="100" optional="true"/>
  <recv response="401" optional="true"/>  <!-- late, to a first request that was sent again -->
  <recv response="200" rtd="1"/>
</scenario>
"""


@dataclass(frozen=True)
class Registered:
    """Milliseconds from the first REGISTER to the 200, for each person who registered."""

    people: int
    milliseconds: list[float]
    repeated: int  # requests repeated after half a second without an answer


class Telephones:
    """One phone per person, all sending from one port."""

    def __init__(
        self,
        registrar: tuple[str, int],
        people: Iterable[tuple[str, str]],
        *,
        domain: str,
        expires: int,
        folder: Path,
    ) -> None:
        """`people` are usernames and passwords; `folder` takes sipp's files."""
        self.registrar = "{}:{}".format(*registrar)
        self.domain = domain
        self.folder = folder
        rows = [
            f"{name};[authentication username={name} password={password}]"
            for name, password in people
        ]
        self.people = len(rows)
        (folder / "people.csv").write_text("\n".join(["SEQUENTIAL", *rows, ""]))
        first, second = (
            REQUEST.format(domain=domain, expires=expires, further=further)
            for further in ("", "[field1]\n      ")
        )
        (folder / "register.xml").write_text(SCENARIO.format(first=first, second=second))

    @contextmanager
    def registering(self, *, seconds: float) -> Iterator[subprocess.Popen]:
        """Register everyone once, spread evenly over some seconds, while the block runs."""
        for old in self.folder.glob("*_*.csv"):
            old.unlink()
        command = [
            "sipp",
            self.registrar,
            "-sf",
            "register.xml",
            "-inf",
            "people.csv",
            "-i",
            "127.0.0.1",
            "-t",
            "u1",
            "-nostdin",
            "-auth_uri",
            self.domain,
            "-m",
            str(self.people),
            "-l",
            str(self.people),
            "-r",
            str(self.people),
            "-rp",
            f"{seconds * 1000:.0f}",
            "-recv_timeout",
            "10000",
            "-timeout",
            f"{seconds + PATIENCE:.0f}s",
            "-trace_rtt",
            "-rtt_freq",
            "1",
            "-trace_stat",
            "-fd",
            "1",
        ]
        with open(self.folder / "output", "wb") as output:
            process = subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def register(self, *, seconds: float) -> Registered:
        """Register everyone once, spread evenly over some seconds; return the outcome."""
        with self.registering(seconds=seconds) as process:
            process.wait(seconds + PATIENCE + 10)
        return self.outcome()

    def outcome(self) -> Registered:
        """Return how the last run went."""
        (times,) = self.folder.glob("*_rtt.csv")
        (figures,) = (path for path in self.folder.glob("register_*_.csv"))
        with open(times) as file:
            milliseconds = [
                float(row["response_time_ms"]) for row in csv.DictReader(file, delimiter=";")
            ]
        with open(figures) as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        return Registered(self.people, milliseconds, int(last["Retransmissions(C)"]))

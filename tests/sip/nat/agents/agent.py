"""A user agent that others wrote, run as a program and told what to do on its standard input."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.waiting import wait_until

from .. import network
from .tones import AUDIBLE, measure_loudness, write_tone

PATIENCE = 20.0  # seconds for a call to be set up on a busy machine
MOMENT = 0.6  # seconds of listening


class Agent:
    """One phone in an office. It knows only its line, as its file says, and answers every call.

    It says a tone of its own and records what it hears. Use it as a context manager.
    """

    program = ""  # its name on the command line
    package = ""  # Debian's
    hears_after_hold = True  # or only says something then

    def __init__(
        self, line: dict[str, Any], folder: Path, *, office: str, hertz: int, authority: Path
    ) -> None:
        """`folder` takes its files; it trusts certificates of `authority`, a PEM file."""
        self.line, self.folder, self.office = line, folder, office
        self.hertz, self.authority = hertz, authority
        self.tone, self.log = folder / "tone.wav", folder / "log"
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> Agent:
        self.folder.mkdir()
        write_tone(self.tone, self.hertz)
        command = [*network.prefix(self.office), *self.configure()]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={"HOME": str(self.folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(self, *failure: object) -> None:
        self.process.kill()
        self.process.communicate()

    def configure(self) -> Sequence[str]:
        """Write its files and return the command."""
        raise NotImplementedError

    def find_recording(self) -> Path | None:
        """Return the file to which it writes what it hears; None before its first call."""
        raise NotImplementedError

    # --- what a person does -----------------------------------------------------------------------

    def call(self, ext: str) -> None:
        """Call an extension."""
        raise NotImplementedError

    def hang_up(self) -> None:
        """End the call."""
        raise NotImplementedError

    def hold(self) -> None:
        """Put the other end on hold."""
        raise NotImplementedError

    def resume(self) -> None:
        """Talk to the other end again."""
        raise NotImplementedError

    def transfer(self, ext: str) -> None:
        """Connect the other end to an extension without asking there first."""
        raise NotImplementedError

    def tell(self, command: str) -> None:
        """Give the program a command."""
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def uri(self, ext: str) -> str:
        """Return the address of an extension."""
        return f"sip:{ext}@{self.line['domain']}"

    # --- what it hears ----------------------------------------------------------------------------

    def is_hearing(self, other: Agent) -> bool:
        """Listen for a moment, and tell whether the other is heard."""
        recording = self.find_recording()
        start = recording.stat().st_size if recording else 0
        time.sleep(MOMENT)
        recording = recording or self.find_recording()
        return bool(recording) and measure_loudness(recording, other.hertz, start) > AUDIBLE

    def must_hear(self, other: Agent) -> None:
        """Fail unless the other is soon heard."""
        self._must(lambda: self.is_hearing(other))

    def must_not_hear(self, other: Agent) -> None:
        """Fail if the other is still heard after a while."""
        self._must(lambda: not self.is_hearing(other))

    def _must(self, condition) -> None:
        try:
            wait_until(condition, PATIENCE)
        except AssertionError:
            said = self.log.read_text(errors="replace").replace("\r", "\n")
            raise AssertionError(f"{self.program} said: {said[-3000:]}") from None

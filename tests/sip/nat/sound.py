"""What people say and hear: RTP packets (RFC 3550) of G.711, with a pattern to recognize."""

from __future__ import annotations

import random
import re
import socket
import struct
import threading
import time
from contextlib import suppress

PACKETS = 150
PAUSE = 0.01  # seconds between packets; a phone waits 0.02
LATE = 1.0  # seconds that the last packet may take


class Sound:
    """One end's sound: says its own pattern, and keeps what it hears. Close it."""

    def __init__(self, seed: int, host: str, *, profile: str = "RTP/AVP", crypto: str = "") -> None:
        """Make it in the namespace of its phone; `seed` decides the pattern."""
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.host, self.port = self.socket.getsockname()
        self.profile, self.crypto = profile, crypto
        generator = random.Random(seed)
        self.pattern = [generator.randbytes(160) for _ in range(PACKETS)]
        self.source = generator.getrandbits(32)  # SSRC
        self.heard: list[bytes] = []
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):  # it is not connected
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.listener.join(5)

    @property
    def description(self) -> str:
        """The offer or answer: SDP with the address that the phone knows of itself."""
        lines = [
            "v=0",
            f"o=u{self.port} 1 1 IN IP4 {self.host}",  # some makes put their username there
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} {self.profile} 0",
            "a=rtpmap:0 PCMU/8000",
            *([f"a=crypto:{self.crypto}"] if self.crypto else []),
            "a=sendrecv",
        ]
        return "".join(f"{line}\r\n" for line in lines)

    def say(self, to: tuple[str, int]) -> None:
        """Say the pattern to an address."""
        begun = time.monotonic()
        for number, sample in enumerate(self.pattern):
            header = struct.pack("!BBHII", 0x80, 0, number, number * 160, self.source)
            with suppress(OSError):  # nobody may be there
                self.socket.sendto(header + sample, to)
            time.sleep(max(0.0, begun + (number + 1) * PAUSE - time.monotonic()))

    def count(self, other: Sound) -> int:
        """Return how many of another's packets were heard as they were said, and nothing else."""
        assert set(self.heard) <= set(other.pattern), "something else was heard"
        return len(set(self.heard))

    def _listen(self) -> None:
        while True:
            try:
                packet = self.socket.recv(2048)
            except OSError:
                return
            if not packet:
                return
            self.heard.append(packet[12:])


def read_address(description: str) -> tuple[str, int]:
    """Return the address at which a description of media wants to be sent sound."""
    return (
        re.search(r"(?m)^c=IN IP4 (\S+)", description)[1],
        int(re.search(r"(?m)^m=audio (\d+)", description)[1]),
    )


def talk(one: Sound, one_to: tuple[str, int], other: Sound, other_to: tuple[str, int]) -> list[int]:
    """Let both say their pattern at once; return how much of the other's each has heard."""
    one.heard.clear()
    other.heard.clear()
    speakers = [
        threading.Thread(target=end.say, args=(to,))
        for end, to in ((one, one_to), (other, other_to))
    ]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()
    deadline = time.monotonic() + LATE
    while time.monotonic() < deadline and min(len(one.heard), len(other.heard)) < PACKETS:
        time.sleep(0.02)
    return [one.count(other), other.count(one)]

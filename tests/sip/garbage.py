"""Packets that no phone sends: noise, and valid requests that were changed."""

from __future__ import annotations

import random

from .probe import Probe


def garbage(phone: Probe, generator: random.Random) -> bytes:
    """Return one packet: noise, or a valid request with parts changed, repeated, cut or moved."""
    if generator.random() < 0.2:
        return generator.randbytes(generator.randrange(1, 1400))
    packet = bytearray(phone.sent)
    for _ in range(generator.randrange(1, 6)):
        start = generator.randrange(len(packet))
        end = min(len(packet), start + generator.randrange(1, 60))
        piece = bytes(packet[start:end])
        match generator.randrange(5):
            case 0:
                packet[start:end] = generator.randbytes(len(piece))
            case 1:
                del packet[start:end]
            case 2:
                packet[start:start] = piece * generator.randrange(1, 30)
            case 3:
                lines = bytes(packet).split(b"\r\n")
                generator.shuffle(lines)
                packet = bytearray(b"\r\n".join(lines))
            case 4:
                word = generator.choice(
                    [
                        b"-1",
                        b"4294967296",
                        b"%s%n",
                        b"\0",
                        b'"',
                        b"<",
                        b">;tag=",
                        b"sip:",
                        b"\r\n\r\n",
                        b"9" * 300,
                    ]
                )
                packet[start:start] = word
        if not packet:
            return b"\r\n"
    return bytes(packet[:60_000])

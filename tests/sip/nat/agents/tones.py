"""Tones by which a recording tells who was heard."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE = 8000  # samples a second, as in G.711
SHORTEST = 1600  # samples without which nothing was heard
LOUDEST = 8000  # of 32767
AUDIBLE = 0.25  # of the loudness with which it was said
HEADER = 44  # bytes of a WAV file


def write_tone(path: Path, hertz: int, seconds: int = 120) -> None:
    """Write a WAV file with one tone, of which a whole number of periods fits into a second."""
    second = b"".join(
        struct.pack("<h", int(LOUDEST * math.sin(2 * math.pi * hertz * n / RATE)))
        for n in range(RATE)
    )
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(second * seconds)


def measure_loudness(recording: Path, hertz: int, start: int) -> float:
    """Return how loud a tone is after byte `start` of a recording, as a part of what was said.

    The recording may be unfinished (Goertzel's algorithm).
    """
    with open(recording, "rb") as file:
        file.seek(max(start // 2 * 2, HEADER))
        data = file.read()
    count = len(data) // 2
    if count < SHORTEST:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * hertz / RATE)
    one = two = 0.0
    for (sample,) in struct.iter_unpack("<h", data[: 2 * count]):
        one, two = sample + factor * one - two, one
    power = one * one + two * two - factor * one * two
    return 2 * math.sqrt(max(power, 0.0)) / count / LOUDEST

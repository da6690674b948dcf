"""Markup as tests compare it: without the white space that templates have for their readers."""

from __future__ import annotations

import re


def compact(markup: str) -> str:
    """Return markup in one line, with no space around tags nor before the end of one."""
    line = re.sub(r"\s+", " ", markup)
    return re.sub(r" ?(<[^<>]*?) ?(/?>) ?", r"\1\2", line)

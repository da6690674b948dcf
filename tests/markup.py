"""Compare markup without the white space that makes templates readable."""

from __future__ import annotations

import re


def compact(markup: str) -> str:
    """Return markup in one line, without spaces around tags or before the end of a tag."""
    line = re.sub(r"\s+", " ", markup)
    return re.sub(r" ?(<[^<>]*?) ?(/?>) ?", r"\1\2", line)

"""Read what an HTTP answer says, even if it is streamed or compressed."""

from __future__ import annotations

import gzip
import html
import re
from typing import Any


def text_of_answer(answer: Any) -> str:
    """Return the headers, cookies and body of an answer as text in lower case."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return f"{dict(answer.headers)} {answer.cookies} {body.decode(errors='replace')}".lower()


def body_of(answer: Any) -> bytes:
    """Return the whole body; a streamed download can fail only while it is being read."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def visible_text(answer: Any) -> str:
    """Return what a page says, without its tags, in one line."""
    text = re.sub(r"</?bdi>", "", answer.content.decode())  # within a sentence
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", text).split()))

"""A reader of a confirmation opens few files."""

from __future__ import annotations

import sys
from pathlib import Path

from .confirming import HTMX, confirm, confirmation, url


def test_confirming_runs_through_few_files(client, world):
    """A reader of a confirmation opens these, beyond what every request runs through."""
    confirm(client, world, "Reception", "Wyn")
    asked = confirmation(client, world, "Reception", "Uma")
    every = files_called(lambda: client.get("/preferences/"))
    ours = files_called(lambda: client.post(url(world, "Reception"), asked, headers=HTMX)) - every
    assert len(ours) <= 16, "\n".join(sorted(ours))


def files_called(do) -> set[str]:
    """Return the product's files in which functions were called."""
    root, called = Path(__file__).resolve().parents[2], set()

    def note(frame, event, _argument) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and root in file.parents:
            called.add(str(file.relative_to(root)))

    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(None)
    return {file for file in called if not file.startswith(("tests/", ".venv/"))}

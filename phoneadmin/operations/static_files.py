"""The static files in the data folder, hashed and compressed: made anew where ours have changed."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect() -> None:
    """See to it that the web server finds the files of this version; to hash and compress them takes a second."""
    wanted = _digest()
    collected = settings.STATIC_ROOT.with_suffix(".collected")  # beside the folder, which is served
    if settings.STATIC_ROOT.exists() and collected.exists() and collected.read_text() == wanted:
        return
    collected.unlink(missing_ok=True)  # interrupted, it begins again
    call_command("collectstatic", interactive=False, verbosity=0)
    collected.write_text(wanted)


def _digest() -> str:
    """Return what tells all our files from those of other versions: of their contents, as times may be made up."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list(None), key=lambda found: found[0]):
            with storage.open(name) as file:
                digest.update(
                    f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
                )
    return digest.hexdigest()

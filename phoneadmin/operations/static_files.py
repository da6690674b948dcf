"""Collect static files into the data folder, hashed and compressed, whenever one has changed."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed files; our modules import each other by their hashed names.

    Django would look for imports in all JavaScript, comments included, and refuse to collect files
    if it can't find one: an extension that django-htmx ships has an import in a comment. So this
    limits the pattern to our folder, through a private name (Django 5.2). The patterns match only
    imports that end with a semicolon.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )


def collect_if_changed() -> None:
    """Collect the static files again if any has changed; hashing and compressing take a second."""
    wanted = _digest()
    collected = settings.STATIC_ROOT.with_suffix(".collected")  # beside the folder, which is served
    if settings.STATIC_ROOT.exists() and collected.exists() and collected.read_text() == wanted:
        return
    collected.unlink(missing_ok=True)  # if interrupted, the next start begins again
    call_command("collectstatic", interactive=False, verbosity=0)
    collected.write_text(wanted)


def _digest() -> str:
    """Fingerprint all static files by content, because modification times are unreliable."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list(None), key=lambda found: found[0]):
            with storage.open(name) as file:
                digest.update(
                    f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
                )
    return digest.hexdigest()

"""Make a download completely before sending it, so that a file that looks complete is complete.

A streaming response has already sent its status. If it then fails, granian ends the body as if
nothing were missing, and 2,000 lines pass for 12,000. If making a file fails first, people get an
error page. The length is announced, so an interrupted transfer is visibly incomplete (RFC 9112,
section 8).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, nullcontext
from gzip import GzipFile
from tempfile import SpooledTemporaryFile

from django.http import FileResponse, HttpRequest
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import patch_vary_headers

IN_MEMORY = 1_000_000  # bytes; what is larger goes into a temporary file
QUICKLY = 5  # gzip's level


class Download(FileResponse):
    """A complete file, compressed here because Django's middleware would drop its length."""

    block_size = 64 * 1024

    def __init__(
        self,
        request: HttpRequest,
        lines: Iterable[str],
        *,
        filename: str,
        content_type: str,
    ) -> None:
        """Make a file of `lines`, as UTF-8. Raises whatever making the lines raises."""
        accepted = request.headers.get("Accept-Encoding", "")
        zipped = re_accepts_gzip.search(accepted) is not None
        with ExitStack() as stack:
            file = stack.enter_context(SpooledTemporaryFile(IN_MEMORY))
            with GzipFile("", "wb", QUICKLY, file) if zipped else nullcontext(file) as body:
                body.writelines(line.encode() for line in lines)
            file.seek(0)
            super().__init__(file, as_attachment=True, filename=filename, content_type=content_type)
            stack.pop_all()  # the response closes it
        if zipped:
            self.headers["Content-Encoding"] = "gzip"
        patch_vary_headers(self, ["Accept-Encoding"])

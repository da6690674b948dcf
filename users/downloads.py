"""The one way to send a file: made as a whole first, so a file that looks complete is complete.

What goes wrong while a response is streamed comes after its status. granian then ends the body as if nothing was
missing, so 2,000 lines of 12,000 would pass for all of them. Here it is an error page instead. With its length
announced, an answer that breaks off on the way is visibly broken (RFC 9112, section 8).
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
    """A whole file. It is compressed here, because Django's middleware would take away its length."""

    block_size = 64 * 1024

    def __init__(self, request: HttpRequest, lines: Iterable[str], *, filename: str, content_type: str) -> None:
        """Make a file of `lines`, as UTF-8. Raises what making the lines raises."""
        compressed = re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")) is not None
        with ExitStack() as stack:
            file = stack.enter_context(SpooledTemporaryFile(IN_MEMORY))
            zipped = GzipFile(fileobj=file, mode="wb", compresslevel=QUICKLY) if compressed else nullcontext(file)
            with zipped as body:
                body.writelines(line.encode() for line in lines)
            file.seek(0)
            super().__init__(file, as_attachment=True, filename=filename, content_type=content_type)
            stack.pop_all()  # the response closes it
        if compressed:
            self.headers["Content-Encoding"] = "gzip"
        patch_vary_headers(self, ["Accept-Encoding"])

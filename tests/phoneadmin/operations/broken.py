"""Settings of a phoneadmin in which everything fails, with a secret in each exception's text."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import threading
import warnings
from collections.abc import Callable, Iterator

from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from phoneadmin import errors
from phoneadmin.settings import *  # noqa: F403
from phoneadmin.settings import MIDDLEWARE

SECRET = "Hush-hush-4711"
FOLDER = "/fail/"
WHERE = os.environ.get("FAIL", "")  # raised outside of requests
MIDDLEWARE = ["tests.phoneadmin.operations.broken.Fail", *MIDDLEWARE]


def fail(*_: object, **__: object) -> None:
    """Raise an exception caused by another one, both with the secret in their text."""
    try:
        int(SECRET)
    except ValueError as error:
        raise RuntimeError(f"{SECRET}\n{SECRET}") from error


if WHERE == "web" and multiprocessing.parent_process():
    fail()
elif WHERE == "worker":
    from procrastinate.worker import Worker

    Worker._run_loop = fail
elif WHERE == "side task":
    from procrastinate.worker import Worker

    async def failing(self: object) -> None:
        fail()

    Worker._periodic_deferrer = failing


def broken_off(length: int | None) -> StreamingHttpResponse:
    """Yield the first piece of an answer, then fail."""

    def pieces() -> Iterator[bytes]:
        yield b"begun"
        fail()

    headers = {"Content-Length": str(length)} if length else {}
    return StreamingHttpResponse(pieces(), headers=headers)


class Leaves:
    """Fails when it is garbage collected."""

    def __del__(self) -> None:
        fail()


def in_a_thread() -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def in_a_task() -> None:
    async def failing() -> None:
        fail()

    async def forget() -> None:
        asyncio.get_running_loop().create_task(failing())
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(forget())


def of_a_library() -> None:
    try:
        fail()
    except RuntimeError as error:
        logging.getLogger("psycopg").warning("error ignored: %s", error)
        logging.getLogger("some.library").exception(f"It failed.\n{error}")
        logging.getLogger("some.library").exception(f"It failed: {error}")


def once(signal) -> None:
    """Make the next call of a signal fail."""

    def receiver(**_: object) -> None:
        signal.disconnect(receiver)
        fail()

    signal.connect(receiver, weak=False)


WAYS: dict[str, Callable[[], object]] = {
    "middleware": fail,
    "page-for-errors": lambda: on_the_page_for_errors(),
    "thread": in_a_thread,
    "deletion": lambda: [Leaves()].clear(),
    "task": in_a_task,
    "warning": lambda: warnings.warn(SECRET, RuntimeWarning, stacklevel=1),
    "library": of_a_library,
    "line": lambda: logging.getLogger("phones").error("%d", SECRET),
    "next-start": lambda: once(request_started),
    "end": lambda: once(request_finished),
    "sending": lambda: broken_off(100),
    "sending-without-length": lambda: broken_off(None),
}


def on_the_page_for_errors() -> None:
    right = errors.render_to_string

    def wrong(*_: object) -> None:
        errors.render_to_string = right
        fail()

    errors.render_to_string = wrong
    fail()


class Fail:
    """Middleware that fails in the way that the path names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(FOLDER):
            return self.get_response(request)
        made = WAYS[request.path_info.removeprefix(FOLDER)]()
        return made if isinstance(made, HttpResponseBase) else HttpResponse("done")

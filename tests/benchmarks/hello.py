"""Settings of the project's web server with a bare hello: before and behind its middleware."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from phoneadmin.settings import *  # noqa: F403

DOOR = "/hello"
INSIDE = "/sign-in/hello/"  # needs no sign-in


class Door:
    """Middleware in the place where phones get their answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return hello(request) if request.path_info == DOOR else self.get_response(request)


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello", content_type="text/plain", headers={"Content-Length": 5})


telephones = MIDDLEWARE.index("phones.fetching_view.TelephoneMiddleware")  # noqa: F405
MIDDLEWARE = [*MIDDLEWARE[:telephones], f"{__name__}.Door", *MIDDLEWARE[telephones:]]  # noqa: F405
ROOT_URLCONF = "tests.benchmarks.urls"

"""The page behind the link in a mail to a replaced email address: its button blocks a sign-in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from users import blocks


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, key: str) -> HttpResponse:
    """Show what the link is about. Only a POST blocks, because mail scanners follow links (R44)."""
    link = blocks.open_link(key, block=request.method == "POST")
    if link and request.method == "POST":
        return redirect(request.path)
    return render(request, "account/block.html", {"link": link}, status=200 if link else 404)

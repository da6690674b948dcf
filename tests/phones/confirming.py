"""Choose who gets a phone and confirm it, as tests do, and read what the page says."""

from __future__ import annotations

import html
import re

from phones.models import Phone
from tests.markup import compact
from users.models import SipAccount

HTMX = {"HX-Request": "true"}


def url(world, phone: str) -> str:
    return f"/phones/{world[phone].pk}/assigned/"


def to(world, who: str | None) -> str:
    return str(world[who].pk) if who else "nobody"


def choose(client, world, phone: str, who: str | None, headers=HTMX):
    return client.get(url(world, phone), {"to": to(world, who)}, headers=headers)


def confirmation(client, world, phone: str, who: str | None) -> dict[str, str]:
    """Return what the form of the confirmation would send."""
    page = compact(choose(client, world, phone, who).content.decode())
    return dict(re.findall(r'<input type="hidden" name="(to|seen)" value="(\w+)">', page))


def confirm(client, world, phone: str, who: str | None, headers=HTMX):
    return client.post(url(world, phone), confirmation(client, world, phone, who), headers=headers)


def plain(markup: str) -> str:
    """Return the text that a user reads."""
    words = html.unescape(" ".join(re.sub(r"<[^>]+>", " ", markup).split()))
    return re.sub(r"\s+([,.?’)])", r"\1", words)


def text(response) -> str:
    return plain(compact(response.content.decode()))


def texts(markup: str, tag: str) -> list[str]:
    return [plain(inner) for inner in re.findall(rf"<{tag}[ >].*?</{tag}>", markup, re.S)]


def holders() -> dict[str, str | None]:
    return {
        phone.label: phone.assigned_to.first_name if phone.assigned_to else None
        for phone in Phone.objects.select_related("assigned_to")
    }


def usernames() -> dict[str, str]:
    return dict(
        SipAccount.objects.filter(kind="person").values_list("user__first_name", "username")
    )

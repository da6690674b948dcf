"""Do an act as a person does: read its question, then confirm what was seen (R42)."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

HTMX = {"HX-Request": "true"}
HIDDEN = re.compile(r'name="(seen|key)"\s+value="([0-9a-f]+)"')


def read_question(
    client: Client, url: str, query: dict[str, Any] | None = None, headers: Any = None
) -> dict[str, str]:
    """Return the hidden fields of an act's page, `seen` and `key`, as its form would send them."""
    response = client.get(url, query or {}, headers=headers)
    assert response.status_code == 200, response
    return dict(HIDDEN.findall(response.content.decode()))


def confirm_act(client: Client, url: str, headers: Any = None, **answers: Any) -> Any:
    """Read an act's question and confirm it; return the answer."""
    return client.post(url, read_question(client, url, headers=headers) | answers, headers=headers)

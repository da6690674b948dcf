"""A company with a phone, another company, and the browser of an administrator."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from phones.models import Kind
from tests import factories


@pytest.fixture
def world(acme, alice, other) -> dict[str, int]:
    """Make Uma with a phone, Wyn without, and a user with a phone in another company.

    Ina is in every state that an act ends.
    """
    uma, wyn, eve = (
        factories.person(acme, "Uma", ext="11"),
        factories.person(acme, "Wyn"),
        factories.person(other, "Eve"),
    )
    ina = factories.person(
        acme, "Ina", is_administrator=True, is_active=False, sign_in_blocked_at=timezone.now()
    )
    Authenticator.objects.create(user=ina, type=Authenticator.Type.TOTP, data={})
    ended = ("remove-administrator", "second-factor", "sign-in-block", "activate")
    lobby, their_lobby = (
        factories.phone(account, kind=Kind.COMMON).pk for account in (acme, other)
    )
    of_places = (
        "phone_credentials",
        "phone_credentials_change",
        "phone_line",
        "phone_make-user-phone",
    )
    return {
        **dict.fromkeys(of_places, lobby),
        **{f"their {name}": their_lobby for name in of_places},
        **{f"user_{act}": ina.pk for act in ended},
        "phone": factories.phone(acme, uma, label="Ours").pk,
        "user": wyn.pk,
        "their phone": factories.phone(other, eve, label="Theirs").pk,
        "their user": eve.pk,
    }


@pytest.fixture
def browser(client, alice) -> Client:
    client.force_login(alice)
    client.raise_request_exception = False
    return client

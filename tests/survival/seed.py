"""Makes the company that the tests of survival use, in the database of a running phoneadmin:
`python -m` this module.

It prints as JSON what the tests know of it: administrators with their sessions, people, and phones
with the tokens by which they fetch.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys

import django
from django.db import transaction

ADMINISTRATORS = 5  # two who assign, one who writes, two clerks
PEOPLE = 8
MODELS = (
    "Yealink SIP-T54W",
    "Poly VVX 450",
    "Snom D785",
    "Cisco CP-8841-3PCC",
    "Grandstream GXP2170",
)
PHONES = 10  # two more than people, so that some are always free


def company() -> dict:
    """Make it, and return what is known of it."""
    from phones.models import PhoneModel, Provisioning
    from tests import factories
    from tests.web import session_of
    from users.tenancy import scope

    account = factories.account("Survivors")
    administrators = [
        factories.person(account, "Ada", str(n), is_administrator=True)
        for n in range(ADMINISTRATORS)
    ]
    people = [
        factories.person(
            account, "Pat", chr(ord("A") + n), caller_id=f"+1212555{n:04}", ext=str(300 + n)
        )
        for n in range(PEOPLE)
    ]
    phones = [
        factories.phone(
            account, people[n] if n < PEOPLE // 2 else None, model=MODELS[n % len(MODELS)]
        )
        for n in range(PHONES)
    ]
    tokens = [secrets.token_hex(16) for _ in phones]
    with transaction.atomic(), scope.entered(scope="support"):
        Provisioning.objects.bulk_create(
            [
                Provisioning(
                    phone=phone,
                    account=account,
                    token_hash=hashlib.sha256(token.encode()).hexdigest(),
                )
                for phone, token in zip(phones, tokens, strict=True)
            ],
            update_conflicts=True,
            unique_fields=["phone"],
            update_fields=["token_hash"],
        )
    return {
        "account": account.pk,
        "administrators": [{"id": one.pk, "session": session_of(one)} for one in administrators],
        "models": list(PhoneModel.objects.order_by("pk").values_list("pk", flat=True)),
        "people": [{"id": one.pk, "name": one.name, "number": one.caller_id} for one in people],
        "phones": [
            {"id": one.pk, "make": one.model.family, "mac": one.mac, "token": token}
            for one, token in zip(phones, tokens, strict=True)
        ],
    }


if __name__ == "__main__":
    django.setup()
    json.dump(company(), sys.stdout)

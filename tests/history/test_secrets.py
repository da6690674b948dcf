"""No table of the history holds a secret."""

from __future__ import annotations

import re

import psycopg
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from e911.models import EmergencyAddress
from phones.models import Phone, Provisioning
from tests import factories
from tests.changes.tables import VERSIONS
from users import sip
from users.models import SipAccount, User
from users.tenancy import scope

TOTP_SECRET = "JBSWY3DPEHPK3PXPTOTPTOTP"
RECOVERY_SEED = "RECOVERY-SEED-OF-ALICE"
KNOWN = {
    "address": "PROVIDER-ADDRESS-ID",
    "token": "PROVIDER-TOKEN",
    "key": settings.SIP_KEYS[0],
}


def write_secrets(alice: User, uma: User, phone: Phone, address: EmergencyAddress) -> None:
    """Put a secret into every column that holds one."""
    EmergencyAddress.objects.filter(pk=address.pk).update(known=KNOWN, words="Heard")
    Provisioning.objects.filter(phone=phone).update(token_hash="T" * 64)
    for kind, data in (
        ("totp", {"secret": TOTP_SECRET}),
        ("recovery_codes", {"seed": RECOVERY_SEED}),
    ):
        Authenticator.objects.create(user=alice, type=kind, data=data)
    alice.set_password("another-password-of-hers")
    alice.save()
    sip.issue_credentials([uma])
    uma.refresh_from_db()


def secrets_of(alice: User, uma: User, phone: Phone) -> dict[str, str]:
    """Return by name every secret that was written."""
    credentials = SipAccount.objects.get(user=uma)
    provisioning = Provisioning.objects.get(phone=phone)
    return {
        "password": uma.password, "new password": alice.password,
        "plain password": "password-of-hers", "HA1": credentials.ha1,
        "SIP password": sip.password_of(credentials), "key": settings.SIP_KEYS[0],
        "fingerprint": credentials.key_fingerprint, "token": provisioning.token_hash,
        "code's hash": provisioning.code_hash, "provider's id": KNOWN["address"],
        "provider's token": KNOWN["token"], "TOTP": TOTP_SECRET, "recovery": RECOVERY_SEED,
        "secret key": settings.SECRET_KEY,
    }  # fmt: skip


def tables_of_history(owner: psycopg.Connection) -> list[str]:
    """Name every table that django-pghistory made, or that has a column of its own."""
    found = owner.execute(r"""
        SELECT relname FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND (
            relname LIKE 'pgh%' OR EXISTS (
                SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname LIKE 'pgh\_%'
            )
        )
    """)
    return [name for (name,) in found]


def test_nothing_secret_is_in_any_table_of_the_history(client, company, owner):
    account, alice, _sam = company
    uma = factories.person(account, "Uma", "Ulm", ext="11", password="a-password-of-hers")
    phone = factories.phone(account, uma, label="Front desk")
    address = factories.address(phone)
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(alice)
    setup = client.post(f"/phones/{phone.pk}/setup/").content.decode()
    code = re.search(r"/p/([^/\s\"<]+)", setup)[1]
    with transaction.atomic(), scope.entered(scope="support"):
        write_secrets(alice, uma, phone, address)
        secrets = secrets_of(alice, uma, phone)
        secrets |= {"code": code, "session": client.cookies["sessionid"].value}
        # Deletion writes whole rows, so it must meet the secrets too.
        for row in (uma, alice, phone, address):
            row.refresh_from_db()
        phone.assigned_to = None
        phone.save()
        uma.delete()
    assert all(secrets.values())
    tables = tables_of_history(owner)
    assert set(tables) >= {*VERSIONS.values(), "pghistory_context"}

    def found(text: str) -> list[str]:
        statement = "SELECT FROM {} AS t WHERE t::text LIKE %s LIMIT 1"
        return [
            table
            for table in tables
            if owner.execute(statement.format(table), [f"%{text}%"]).rowcount
        ]

    assert found("Front desk") == ["phones_phoneevent"]
    assert {what: found(secret) for what, secret in secrets.items() if found(secret)} == {}

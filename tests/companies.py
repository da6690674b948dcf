"""Make companies that have one of everything, and list what must never be shown of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from e911.models import EmergencyAddress, Status
from phones import fetching, mac
from phones.models import Fetch, Kind, Phone, Provisioning, Restart
from tests import factories
from tests.row_security import PROTECTED
from users import links, sip
from users.models import (
    Account,
    CallerNumber,
    CredentialsRecord,
    KnownBrowser,
    Plan,
    RequestKey,
    User,
)
from users.tenancy import scope

INACTIVE, INVITED, BLOCKED = 5, 6, 7

# What a browser sends to register a passkey: a made-up key in the format of fido2.
PASSKEY = {
    "id": "Y3JlZGVudGlhbA",
    "rawId": "Y3JlZGVudGlhbA",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
        "clientDataJSON": (
            "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWTJoaGJHeGxibWRsIiwib3Jp"
            "Z2luIjoiaHR0cDovL2xvY2FsaG9zdCIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
        ),
        "attestationObject": (
            "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViOSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzz"
            "uoMdl2NFAAAAAAAAAAAAAAAAAAAAAAAAAAAACmNyZWRlbnRpYWylAQIDJiABIVggeHh4eHh4eHh4"
            "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHgiWCB5eXl5eXl5eXl5eXl5eXl5eXl5eXl5eXl5eXl5eXl5"
            "eQ"
        ),
    },
}


# --- two companies --------------------------------------------------------------------------------


@dataclass
class Company:
    """One of everything; all keys and numbers start at `base`, and all texts contain `word`."""

    word: str
    base: int
    account: Account
    administrator: User
    uma: User  # not an administrator; has the phone
    wyn: User  # has no phone but could have one
    phone: Phone
    spare: Phone
    address: EmergencyAddress
    secret: str  # in the URL of the phone's files
    block_key: str  # in the link that blocked a sign-in

    def numbered(self, n: int) -> int:
        """Return the key of the row that was made with this number."""
        return self.base + n


def company(word: str, base: int) -> Company:
    """Make a company that shares no key, name or number with any other."""
    with transaction.atomic(), scope.entered(scope="support"):
        builder = Builder(word, base, Account.objects.create(pk=base, name=f"{word} Holdings"))
        alice, uma, wyn = builder.add_administrator(), builder.add_uma(), builder.person(3, "Wyn")
        change = builder.add_people_with_something_special()
        desk, spare = builder.add_phones(uma)
        address = builder.add_addresses(desk, spare, set_by=alice)
        secret = builder.add_provisioning(desk)
        builder.add_records_of_phone(desk, by=alice)
        builder.add_record_of_credentials(uma, by=alice)
        builder.add_sign_in_of(alice)
        builder.add_request_key(alice)
        builder.add_number()
        app.configure_task("e911.register").defer(account_id=base, address_id=base + 21)
    block_key = links.make_block_link(base, change).split("/")[-2]
    return Company(
        word, base, builder.account, alice, uma, wyn, desk, spare, address, secret, block_key
    )


@dataclass
class Builder:
    """Make the rows of a company, with its own keys and texts."""

    word: str
    base: int
    account: Account

    def person(self, n: int, name: str, **fields: Any) -> User:
        fields = {
            "id": self.base + n,
            "ext": f"{self.base + n}",
            "caller_id": f"+1415{self.base + n}"[:16],
            "email": f"{name}@{self.word}.example".lower(),
        } | fields
        return factories.person(self.account, name, f"{self.word}son", **fields)

    def phone(self, n: int, assigned_to: User | None = None, **fields: Any) -> Phone:
        mac_address = f"02{self.base + n:x}".ljust(12, "a")
        return factories.phone(
            self.account, assigned_to, id=self.base + n, mac=mac_address, **fields
        )

    def add_administrator(self) -> User:
        return self.person(1, "Alice", is_administrator=True, password="secret")

    def add_uma(self) -> User:
        uma = self.person(2, "Uma", password="secret")
        uma.groups.add(Group.objects.get_or_create(name="Everybody")[0])
        uma.user_permissions.add(Permission.objects.first())
        return uma

    def add_people_with_something_special(self) -> int:
        """Add users who are on Basic, inactive, blocked or invited.

        Return the key of the change of email whose link blocked one of them.
        """
        self.person(4, "Bas", plan=Plan.BASIC, ext=None)
        self.person(INACTIVE, "Ina", is_active=False)
        blo = self.person(BLOCKED, "Blo")
        User.objects.filter(pk=blo.pk).update(email=f"blo.new@{self.word}.example".lower())
        change = blo.history.latest("pgh_id").pgh_id
        User.objects.filter(pk=blo.pk).update(sign_in_blocked_at=timezone.now())
        # Has no password yet, but a second factor that could be reset.
        ned = self.person(INVITED, "Ned", is_administrator=True)
        Authenticator.objects.create(
            id=self.base + 35, user=ned, type="totp", data={"secret": f"{self.word}totp"}
        )
        return change

    def add_phones(self, uma: User) -> tuple[Phone, Phone]:
        """Add four phones; return the one assigned to Uma and the one that can be assigned."""
        desk = self.phone(10, uma, label=f"{self.word} desk")
        spare = self.phone(11, label=f"{self.word} spare")
        self.phone(12, label=f"{self.word} lobby", kind=Kind.COMMON)
        self.phone(13, label=f"{self.word} former", retired_at=timezone.now())
        return desk, spare

    def add_addresses(self, desk: Phone, spare: Phone, *, set_by: User) -> EmergencyAddress:
        """Add an accepted and a pending address; return the accepted one."""
        line = f"1 {self.word} Road"
        street = {"street_name": f"{self.word} Road", "typed": line, "standardised": line}
        accepted = factories.address(
            desk, id=self.base + 20, set_by=set_by, set_by_name=str(set_by), **street
        )
        factories.address(spare, id=self.base + 21, status=Status.PENDING, current=False, **street)
        return accepted

    def add_provisioning(self, phone: Phone) -> str:
        """Set a phone up; return the secret in the URL of its files."""
        secret = f"{self.base:032x}"
        Provisioning.objects.filter(phone=phone).update(
            token_hash=fetching._token_hash(secret), delivered="0" * 32,
            username=f"old{self.base}user", delivered_at=timezone.now(),
        )  # fmt: skip
        return secret

    def add_records_of_phone(self, phone: Phone, *, by: User) -> None:
        Fetch.objects.create(
            id=self.base + 41, account=self.account, phone=phone, sender=self.ip_address,
            delivered="0" * 32, first_at=timezone.now(), last_at=timezone.now(),
        )  # fmt: skip
        Restart.objects.create(
            id=self.base + 40, account=self.account, phone=phone, by=by, answer="asked"
        )

    def add_record_of_credentials(self, user: User, *, by: User) -> None:
        CredentialsRecord.objects.create(
            id=self.base + 42, account=self.account, user=user, user_name=str(user),
            username=f"old{self.base}user", by=by, by_name=str(by), what=sip.What.PASSWORD,
        )  # fmt: skip

    def add_request_key(self, user: User) -> None:
        """Add what was answered to a form, so that a repeat gets the same answer."""
        RequestKey.objects.create(
            id=self.base + 43, account=self.account, actor=f"person:{user.pk}",
            key=f"{self.word}key", digest=f"{self.word}digest".ljust(64, "0"),
            answer={"message": f"{self.word} answer", "rows": [], "url": "", "is_problem": False},
        )  # fmt: skip

    def add_number(self) -> None:
        """Add a telephone number that no one uses and nobody has confirmed."""
        number = f"+1416{self.base + 44}"[:16]
        CallerNumber.objects.create(id=self.base + 44, account=self.account, e164=number)

    def add_sign_in_of(self, user: User) -> None:
        """Add a second email address, every kind of second factor, a session and a browser."""
        email = EmailAddress.objects.create(
            id=self.base + 30, user=user, email=f"second@{self.word}.example".lower()
        )
        EmailConfirmation.objects.create(email_address=email, key=f"{self.word}confirmation")
        codes = {"seed": f"{self.word}seed", "used_mask": 0, "unused_codes": [f"{self.word}code"]}
        passkey = {"name": f"{self.word} key", "credential": PASSKEY, "passwordless": True}
        for n, kind, data in (
            (31, "recovery_codes", codes),
            (32, "totp", {"secret": f"{self.word}totp"}),
            (33, "webauthn", passkey),
        ):
            Authenticator.objects.create(id=self.base + n, user=user, type=kind, data=data)
        UserSession.objects.create(
            id=self.base + 34, user=user, ip=self.ip_address, session_key=f"{self.word}session",
            user_agent=f"{self.word} browser",
        )  # fmt: skip
        # It has the same number as the passkey, because sign-in URLs may contain either.
        KnownBrowser.objects.create(
            id=self.base + 33, account=self.account, user=user,
            key_hash=f"{self.word}key".ljust(64, "0"), stamp=f"{self.word}stamp",
            proved_password=True, user_agent=f"{self.word} browser", address=self.ip_address,
            last_used_at=timezone.now(),
        )  # fmt: skip

    @property
    def ip_address(self) -> str:
        return f"2001:db8::{self.base % 10000}"


def rows_of(of: Company) -> dict[str, list[tuple]]:
    """Return all of a company's rows, by table."""
    with transaction.atomic(), scope.entered(scope="support"), connection.cursor() as cursor:
        found = {}
        for table, (key, belongs_to) in PROTECTED.items():
            cursor.execute(
                f"SELECT * FROM {table} WHERE {belongs_to} = %s ORDER BY {key}", [of.account.pk]
            )
            found[table] = cursor.fetchall()
        return found


DIGESTS = " UNION ALL ".join(
    f"SELECT '{table}', md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {table} AS t WHERE"
    f" {belongs_to} = %(account)s"
    for table, (_key, belongs_to) in PROTECTED.items()
)


def digests(of: Company) -> dict[str, str]:
    """Return a digest of a company's rows in each table."""
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(DIGESTS, {"account": of.account.pk})
        return dict(cursor.fetchall())


def marks(of: Company, than: Company) -> set[str]:
    """Return the texts, numbers and keys that identify one company and don't occur in the other.

    Formatted MAC addresses and SIP passwords, which are derived from them, are included.
    """

    def texts(company: Company) -> set[str]:
        values = {value for rows in rows_of(company).values() for row in rows for value in row}
        return {
            str(value) for value in values if isinstance(value, str | int) and len(str(value)) >= 8
        }

    own = texts(of) - texts(than) | {of.word, of.secret}
    with scope.entered(scope="support"):
        shown = {mac.format(phone.mac) for phone in Phone.objects.filter(account=of.account)}
        passwords = {
            sip.password_of(user.sip)
            for user in User.objects.filter(account=of.account, sip__isnull=False)
        }
    return {mark.lower() for mark in own | shown | passwords}


def hidden(of: Company) -> set[str]:
    """Return the secrets that no page ever shows, not even to support staff.

    They belong to passwords, second factors and provisioning.
    """
    with scope.entered(scope="support"):
        passwords = {user.password for user in User.objects.filter(account=of.account)}
        credentials = {
            user.sip.ha1 for user in User.objects.filter(account=of.account, sip__isnull=False)
        }
    return {
        text.lower()
        for text in passwords | credentials | {f"{of.word}seed", f"{of.word}totp", of.secret}
    }

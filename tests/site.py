"""Every URL of the project, two companies that have everything, and everybody who may ask for
anything of theirs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admindocs.views import simplify_regex
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from procrastinate.contrib.django import app

from e911.models import EmergencyAddress, Status
from phones import assignment, fetching, mac
from phones.models import Fetch, Kind, Phone, PhoneModel, Provisioning, Restart
from tests import factories
from tests.row_security import PROTECTED
from tests.web import session_of
from users import links, sip
from users.links import Tokens
from users.models import Account, CredentialsRecord, KnownBrowser, Plan, User
from users.support import visits
from users.tenancy import scope

INACTIVE, INVITED, BLOCKED = 5, 6, 7
KEY = re.compile(r"<(\w+)>")
# `other` administers another company, `reader` is support staff that may only look, and `visitor`
# support staff that has opened the pages of our company.
ROLES = ("nobody", "user", "other", "administrator", "reader", "support")


def urls(patterns: Any = None, before: str = "") -> Iterator[str]:
    """Every URL of the URL configuration as people read it: /phones/<key>/label/."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        whole = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield re.sub(r"<\w+:", "<", simplify_regex(whole))
        else:
            yield from urls(pattern.url_patterns, whole)


# What a browser registers a passkey with: a made-up key of nobody's, as fido2 writes it.
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
    """One of everything; `base` begins all its keys and numbers, and `word` is in all its texts."""

    word: str
    base: int
    account: Account
    administrator: User
    uma: User  # no administrator, and has the phone
    wyn: User  # could have one
    phone: Phone
    spare: Phone
    address: EmergencyAddress
    secret: str  # of the phone's provisioning
    block_key: str  # of the link with which somebody's sign-in was blocked

    def numbered(self, n: int) -> int:
        """The key of what was made with this number."""
        return self.base + n


def company(word: str, base: int) -> Company:
    """Make a company in which no key, name or number is the same as in another one."""
    with transaction.atomic(), scope.entered(scope="support"):
        account = Account.objects.create(pk=base, name=f"{word} Holdings")

        def person(n: int, name: str, **fields: Any) -> User:
            fields = {"ext": f"{base + n}", "caller_id": f"+1415{base + n}"[:16]} | fields
            email = f"{name}@{word}.example".lower()
            return factories.person(account, name, f"{word}son", id=base + n, email=email, **fields)

        def phone(n: int, assigned_to: User | None = None, **fields: Any) -> Phone:
            return factories.phone(
                account, assigned_to, id=base + n, mac=f"02{base + n:x}".ljust(12, "a"), **fields
            )

        alice = person(1, "Alice", is_administrator=True, password="secret")
        uma, wyn = person(2, "Uma", password="secret"), person(3, "Wyn")
        person(4, "Bas", plan=Plan.BASIC, ext=None)
        person(INACTIVE, "Ina", is_active=False)
        blo = person(BLOCKED, "Blo")
        User.objects.filter(pk=blo.pk).update(email=f"blo.new@{word}.example".lower())
        change = blo.history.latest("pgh_id").pgh_id
        User.objects.filter(pk=blo.pk).update(sign_in_blocked_at=timezone.now())
        ned = person(
            INVITED, "Ned", is_administrator=True
        )  # has no password yet, but a factor that could be reset
        Authenticator.objects.create(
            id=base + 35, user=ned, type="totp", data={"secret": f"{word}totp"}
        )
        desk, spare = phone(10, uma, label=f"{word} desk"), phone(11, label=f"{word} spare")
        phone(12, label=f"{word} lobby", kind=Kind.COMMON)
        phone(13, label=f"{word} former", retired_at=timezone.now())
        street = {
            "street_name": f"{word} Road",
            "typed": f"1 {word} Road",
            "standardised": f"1 {word} Road",
        }
        address = factories.address(
            desk, id=base + 20, set_by=alice, set_by_name=str(alice), **street
        )
        factories.address(spare, id=base + 21, status=Status.PENDING, current=False, **street)
        secret = f"{base:032x}"
        Provisioning.objects.create(
            account=account, phone=desk, token_hash=fetching._token_hash(secret),
            delivered="0" * 32, username=f"old{base}user", delivered_at=timezone.now(),
        )  # fmt: skip
        seen_at = {"first_at": timezone.now(), "last_at": timezone.now()}
        Fetch.objects.create(
            id=base + 41,
            account=account,
            phone=desk,
            sender=f"2001:db8::{base % 10000}",
            delivered="0" * 32,
            **seen_at,
        )
        Restart.objects.create(id=base + 40, account=account, phone=desk, by=alice, answer="asked")
        CredentialsRecord.objects.create(
            id=base + 42, account=account, user=uma, user_name=str(uma), username=f"old{base}user",
            by=alice, by_name=str(alice), what=sip.What.PASSWORD,
        )  # fmt: skip
        email = EmailAddress.objects.create(
            id=base + 30, user=alice, email=f"second@{word}.example".lower()
        )
        EmailConfirmation.objects.create(email_address=email, key=f"{word}confirmation")
        uma.groups.add(Group.objects.get_or_create(name="Everybody")[0])
        uma.user_permissions.add(Permission.objects.first())
        codes = {"seed": f"{word}seed", "used_mask": 0, "unused_codes": [f"{word}code"]}
        Authenticator.objects.create(id=base + 31, user=alice, type="recovery_codes", data=codes)
        Authenticator.objects.create(
            id=base + 32, user=alice, type="totp", data={"secret": f"{word}totp"}
        )
        Authenticator.objects.create(
            id=base + 33, user=alice, type="webauthn",
            data={"name": f"{word} key", "credential": PASSKEY, "passwordless": True}
        )  # fmt: skip
        UserSession.objects.create(
            id=base + 34,
            user=alice,
            ip=f"2001:db8::{base % 10000}",
            session_key=f"{word}session",
            user_agent=f"{word} browser",
        )
        # its number is that of the passkey, which stands in URLs of sign-in too
        KnownBrowser.objects.create(
            id=base + 33, account=account, user=alice, key_hash=f"{word}key".ljust(64, "0"),
            stamp=f"{word}stamp", proved_password=True, user_agent=f"{word} browser",
            address=f"2001:db8::{base % 10000}", last_used_at=timezone.now(),
        )  # fmt: skip
        app.configure_task("e911.register").defer(account_id=base, address_id=base + 21)
    block_key = links.make_block_link(account.pk, change).split("/")[-2]
    return Company(word, base, account, alice, uma, wyn, desk, spare, address, secret, block_key)


def rows_of(of: Company) -> dict[str, list[tuple]]:
    """All rows of a company in all tables that hold something of one."""
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
    """A digest of a company's rows in each table."""
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(DIGESTS, {"account": of.account.pk})
        return dict(cursor.fetchall())


def marks(of: Company, than: Company) -> set[str]:
    """Whatever is known of one company and not of the other: its texts, numbers and keys, and what
    follows from them.
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
    """What no page ever shows, not even to support staff: of passwords, second factors, sessions
    and provisioning.
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


# --- everybody ------------------------------------------------------------------------------------


@dataclass
class World:
    """Our company, the other one, and the session of each of ROLES, and of a visitor."""

    ours: Company
    theirs: Company
    sessions: dict[str, str]
    people: dict[str, User | None]

    def client(self, role: str, **options: Any) -> Client:
        client = Client(raise_request_exception=False, **options)
        if role != "nobody":
            client.cookies["sessionid"] = self.sessions[role]
        return client


def world() -> World:
    ours, theirs = company("Zanzibar", 771_000_000), company("Xylophone", 883_000_000)
    people = {
        "nobody": None,
        "user": ours.uma,
        "other": theirs.administrator,
        "administrator": ours.administrator,
        "reader": agent("reader@phoneadmin.example", may_act=False),
        "support": agent("support@phoneadmin.example"),
    }
    sessions = {role: signed_in(person) for role, person in people.items() if person}
    until = time.time() + visits.LASTS.total_seconds()
    sessions["visitor"] = signed_in(
        people["support"], **{visits.KEY: {"account": ours.account.pk, "until": until}}
    )
    return World(ours, theirs, sessions, people)


def signed_in(person: User, **more: Any) -> str:
    """Return the key of a session in which somebody has just proved who he is, with what else it
    keeps.
    """
    session = SessionStore(session_of(person))
    session.update(more)
    session.save()
    return session.session_key


def agent(email: str, **fields: Any) -> User:
    """Somebody of support, with the second factor that he must have."""
    person = factories.support_agent(email, **fields)
    with transaction.atomic(), scope.entered(scope="support"):
        Authenticator.objects.create(user=person, type="totp", data={"secret": "support"})
        person.refresh_from_db()
    return person


# --- what is asked for ----------------------------------------------------------------------------


def address(url: str, world: World, of: Company | None = None) -> str:
    """The URL with keys of our company (or another) in it."""
    of = of or world.ours
    parts = url.strip("/").split("/")
    about = parts[2] if parts[0] == "admin" and len(parts) > 2 else parts[0]
    if about in ("users", "user"):
        key = of.numbered(SPECIAL.get(parts[-1], 3))
    else:
        key = {
            "phones": of.phone.pk, "sign-in": of.numbered(33), "account": of.account.pk,
            "phone": of.phone.pk, "phonemodel": of.phone.model_id,
            "emergencyaddress": of.address.pk, "restart": of.numbered(40), "fetch": of.numbered(41),
            "credentialsrecord": of.numbered(42), "<key>": of.account.pk,
        }.get(about, 1)  # fmt: skip
    values = {"key": key, "pk": key, "object_id": key, "app_label": "phones", "url": "nothing"}
    if url == "/sign-in/block/<key>/":
        values["key"] = of.block_key
    if "<uidb36>" in url:
        values |= {"uidb36": user_pk_to_url_str(of.uma), "key": Tokens().make_token(of.uma)}
    return KEY.sub(lambda name: str(values[name[1]]), url)


# Whom pages are about that are not for everybody.
SPECIAL = {
    "activate": INACTIVE, "invite": INVITED, "invitation": INVITED, "second_factor": INVITED,
    "second-factor": INVITED, "sign-in-block": BLOCKED, "let_in_again": BLOCKED,
}  # fmt: skip


def seen(of: Company, *moves: assignment.Move) -> str:
    with scope.entered(account_id=of.account.pk):
        return assignment.plan(account_id=of.account.pk, moves=moves).seen


PERSON = {
    "first_name": "New",
    "last_name": "Person",
    "email": "new@example.com",
    "ext": "77",
    "caller_id": "+14155550100",
}
ADDRESS = {
    "country": "US", "street": "100 Gold St", "unit_type": "", "unit": "", "floor": "2", "room": "",
    "building": "", "city": "New York", "state": "NY", "postal_code": "10038",
}  # fmt: skip


def forms(world: World, of: Company | None = None) -> dict[str, dict[str, Any]]:
    """What the form of each URL sends when all is well, about our company or another."""
    of = of or world.ours
    with scope.entered(account_id=of.account.pk):
        username = User.objects.get(pk=of.wyn.pk).sip.username
    model = PhoneModel.objects.get(name="Snom D785").pk
    device = {"mac": "805ec0aa0009", "model": model}
    given = assignment.Move(of.spare.pk, of.wyn.pk)
    return {
        "/phones/add/": device | {"label": "New", "kind": "user"},
        "/phones/moves/": {"moves": f"{of.spare.pk}-{of.wyn.pk}", "seen": seen(of, given)},
        "/phones/restart/": {"phones": str(of.spare.pk)},
        "/phones/<key>/label/": {"label": "New"},
        "/phones/<key>/assigned/": {
            "to": of.wyn.pk,
            "seen": seen(of, assignment.Move(of.phone.pk, of.wyn.pk)),
        },
        "/phones/<key>/setup/": {},
        "/phones/<key>/correct/": {"mac": of.phone.mac, "model": model},
        "/phones/<key>/replace/": device,
        "/phones/<key>/remove/": {"seen": seen(of, assignment.Move(of.phone.pk, None))},
        "/phones/<key>/address/": ADDRESS,
        "/users/add/": PERSON | {"plan": "pro"},
        "/users/<key>/": PERSON,
        "/users/<key>/credentials/": {},
        "/users/<key>/credentials/change/": {"seen": username},
        "/users/<key>/plan/": {"plan": "plus"},
        "/users/<key>/activation/": {},
        "/users/<key>/delete/": {},
        "/users/<key>/invitation/": {},
        "/users/<key>/second-factor/": {},
        "/users/<key>/sign-in-block/": {},
        "/company/": {"second_factor_required": "on"},
        "/preferences/": {"theme": "dark", "shortcuts": "on"},
        "/sign-in/": {"login": "nobody@example.com", "password": "not that"},
        "/sign-in/language/": {"language": "es", "next": "/help/"},
        "/sign-in/password/reset/": {"email": "nobody@example.com"},
        "/sign-in/password/change/": {
            "oldpassword": "secret",
            "password1": "A new long one",
            "password2": "A new long one",
        },
        "/sign-in/block/<key>/": {},
        "/sign-in/again/": {"password": "secret"},
        "/sign-in/second-factor/ask/": {"code": "123456"},
        "/sign-in/second-factor/again/": {"code": "123456"},
        "/sign-in/second-factor/app/": {"code": "123456"},
        "/sign-in/second-factor/passkeys/add/": {"name": "New", "credential": "{}"},
        "/sign-in/second-factor/passkeys/again/": {"credential": "{}"},
        "/sign-in/second-factor/passkeys/sign-in/": {"credential": "{}"},
        "/admin/phones/phonemodel/add/": {"name": "New model", "family": "snom"},
        "/admin/phones/phonemodel/<object_id>/change/": {
            "name": "Yealink SIP-T54W",
            "family": "yealink",
        },
        **acts(world, of, device),
    }


def acts(world: World, of: Company, device: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the forms of support staff's acts send: an answer to what is asked, what was seen of it,
    and a reason.
    """
    answers = {
        "/admin/users/account/<key>/visit/": {},
        "/admin/users/account/add/": {"name": "New company", "email": "new@example.com"},
        "/admin/users/user/<key>/plan/": {"plan": "plus"},
        "/admin/users/user/<key>/deactivate/": {},
        "/admin/users/user/<key>/activate/": {},
        "/admin/users/user/<key>/second_factor/": {},
        "/admin/users/user/<key>/email/": {"email": "newer@example.com"},
        "/admin/users/user/<key>/let_in_again/": {},
        "/admin/users/user/<key>/invite/": {},
        "/admin/phones/phone/<key>/assign/": {"to": of.wyn.pk},
        "/admin/phones/phone/<key>/restart/": {},
        "/admin/phones/phone/<key>/correct/": {"mac": of.phone.mac, "model": of.phone.model_id},
        "/admin/phones/phone/<key>/replace/": device,
        "/admin/phones/phone/<key>/move/": {
            "to": (world.theirs if of is world.ours else world.ours).account.pk
        },
        "/admin/phones/phone/<key>/kind/": {},
        "/admin/phones/phone/<key>/remove/": {},
    }
    sent = {}
    for url, answer in answers.items():
        with transaction.atomic():
            context = world.client("support").get(address(url, world, of), answer).context
            asked = context.get("plan") or context["question"]
            sent[url] = answer | {"seen": asked.seen, "reason": "They asked for it."}
            transaction.set_rollback(True)
    return sent


def queries(world: World, of: Company | None = None) -> dict[str, dict[str, Any]]:
    """What stands after the question mark where a URL needs something there."""
    of = of or world.ours
    return {
        "/phones/status/": {"rows": f"{of.phone.pk}.0", "missing": 0},
        "/phones/moves/": {"moves": f"{of.spare.pk}-{of.wyn.pk}"},
        "/phones/restart/": {"phones": str(of.spare.pk)},
        "/admin/phones/phone/<key>/assign/": {"to": of.wyn.pk},
        "/admin/phones/phone/<key>/move/": {"to": world.theirs.account.pk},
    }

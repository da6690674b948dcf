"""Every URL of the project, what is sent to it when all is well, and everybody who may ask."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.admindocs.views import simplify_regex
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from phones.models import Phone, PhoneModel
from tests import factories
from tests.companies import BLOCKED, INACTIVE, INVITED, Company, company
from tests.web import session_of
from users.acting import make_seen
from users.links import Tokens
from users.models import User
from users.phone_settings import get_phone_settings
from users.support import visits
from users.tenancy import scope

KEY = re.compile(r"<(\w+)>")

# `other` administers another company, `reader` is a support agent who may only look, and `visitor`
# is a support agent who has opened the pages of our company.
ROLES = ("nobody", "user", "other", "administrator", "reader", "support")


def urls(patterns: Any = None, before: str = "") -> Iterator[str]:
    """Yield every URL of the project in readable form, such as /phones/<key>/label/."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        whole = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield re.sub(r"<\w+:", "<", simplify_regex(whole))
        else:
            yield from urls(pattern.url_patterns, whole)


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
    """Make a session whose user has just proved who they are, with `more` in it; return its key."""
    session = SessionStore(session_of(person))
    session.update(more)
    session.save()
    return session.session_key


def agent(email: str, **fields: Any) -> User:
    """Make a support agent with the second factor that support staff must have."""
    person = factories.support_agent(email, **fields)
    with transaction.atomic(), scope.entered(scope="support"):
        Authenticator.objects.create(user=person, type="totp", data={"secret": "support"})
        person.refresh_from_db()
    return person


# --- what is asked for ----------------------------------------------------------------------------


def address(url: str, world: World, of: Company | None = None) -> str:
    """Fill in the keys of a URL with those of our company, or of another."""
    of = of or world.ours
    parts = url.strip("/").split("/")
    about = parts[2] if parts[0] == "admin" and len(parts) > 2 else parts[0]
    if about in ("users", "user") or url == "/phones/for/<key>/":
        key = of.numbered(SPECIAL.get(parts[-1], 3))
    else:
        key = {
            "phones": of.phone.pk, "sign-in": of.numbered(33), "account": of.account.pk,
            "phone": of.phone.pk, "phonemodel": of.phone.model_id,
            "emergencyaddress": of.address.pk, "restart": of.numbered(40), "fetch": of.numbered(41),
            "credentialsrecord": of.numbered(42), "callernumber": of.numbered(44),
            "<key>": of.account.pk,
        }.get(about, 1)  # fmt: skip
    of_place = ("<key>/line/", "<key>/make-user-phone/")
    if url.endswith(of_place) or url.startswith("/phones/<key>/credentials/"):
        key = of.numbered(12)  # the common-area phone
    values = {"key": key, "pk": key, "object_id": key, "app_label": "phones", "url": "nothing"}
    if url == "/sign-in/block/<key>/":
        values["key"] = of.block_key
    if "<uidb36>" in url:
        values |= {"uidb36": user_pk_to_url_str(of.uma), "key": Tokens().make_token(of.uma)}
    return KEY.sub(lambda name: str(values[name[1]]), url)


# Users in the state that these pages are about.
SPECIAL = {
    "activate": INACTIVE, "invitation": INVITED, "second-factor": INVITED,
    "remove-administrator": INVITED, "sign-in-block": BLOCKED,
}  # fmt: skip


def action(url: str, world: World, of: Company | None = None) -> str:
    """Return where the form of a page is sent: to its own address, with its query."""
    query = queries(world, of).get(url)
    return address(url, world, of) + (f"?{urlencode(query)}" if query else "")


PERSON = {
    "first_name": "New",
    "last_name": "Person",
    "email": "new@example.com",
    "ext": "77",
    "plan": "pro",
    "caller_id": "",
}

DEVICE = {"mac": "000413aa0009"}  # a Snom's, as model() is

LINE = {"label": "New", "ext": "78", "caller_id": ""}  # of a common-area phone

# What all phones of an account are set to.
PHONES = {
    "time_zone": "America/Toronto",
    "country": "CA",
    "phone_language": "fr",
    "ext_length": "4",
    "outside_prefix": "",
}

# What is asked on the pages of acts on people, which administrators and support staff share.
PEOPLE: dict[str, dict[str, Any]] = {
    "/<key>/plan/": {"plan": "plus"},
    "/<key>/make-administrator/": {},
    "/<key>/remove-administrator/": {},
    "/<key>/invitation/": {},
    "/<key>/second-factor/": {},
    "/<key>/sign-in-block/": {},
    "/<key>/deactivate/": {},
    "/<key>/activate/": {},
    "/<key>/delete/": {},
}

KEYS = "0123456789abcdef"  # of requests, each of which is sent once (R42)

ADDRESS = {
    "country": "US", "street": "100 Gold St", "unit_type": "", "unit": "", "floor": "2", "room": "",
    "building": "", "city": "New York", "state": "NY", "postal_code": "10038",
}  # fmt: skip


def forms(world: World, of: Company | None = None) -> dict[str, dict[str, Any]]:
    """Return the valid form data of each URL, about our company or another."""
    of = of or world.ours
    with scope.entered(account_id=of.account.pk):
        username = User.objects.get(pk=of.wyn.pk).sip.username
        place = Phone.objects.get(pk=of.numbered(12)).sip.username
    return {
        "/phones/add/": DEVICE | {"model": model(), "label": "New", "kind": "user", "key": KEYS},
        "/phones/<key>/setup/": {},
        "/phones/<key>/address/": ADDRESS,
        "/admin/phones/phone/<key>/address/": ADDRESS,
        "/users/add/": PERSON | {"key": KEYS},
        "/phones/<key>/credentials/": {},
        "/phones/<key>/credentials/change/": {"seen": place},
        "/users/<key>/credentials/": {},
        "/users/<key>/credentials/change/": {"seen": username},
        "/company/": {"second_factor_required": "on"},
        "/company/phones/": PHONES | {"seen": make_seen(get_phone_settings(of.account))},
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
        **acts(world, of),
    }


def acts(world: World, of: Company) -> dict[str, dict[str, Any]]:
    """Return the valid form data of each act: the answers, and what its page adds to them."""
    return {url: told | confirm(url, world, of, told) for url, told in answers_of(of).items()}


def answers_of(of: Company) -> dict[str, dict[str, Any]]:
    """Return what a person answers on the page of each act."""
    corrected = {"mac": of.phone.mac, "model": model(), "despite": f"yealink-{model()}"}
    new = DEVICE | {"model": model()}
    support = {
        "/admin/users/account/<key>/visit/": {},
        "/admin/users/account/add/": {"name": "New company", "email": "new@example.com"},
        "/admin/users/account/<key>/number/": {"number": "+12125550142"},
        "/admin/users/account/<key>/phones/": PHONES,
        "/admin/users/callernumber/<key>/confirm/": {},
        "/admin/users/callernumber/<key>/remove-number/": {},
        "/admin/phones/phone/<key>/line/": LINE,
        "/admin/users/user/<key>/edit/": PERSON,
        **{f"/admin/users/user{url}": answers for url, answers in PEOPLE.items()},
        "/admin/phones/phone/<key>/assign/": {"to": of.wyn.pk},
        "/admin/phones/phone/<key>/restart/": {},
        "/admin/phones/phone/<key>/correct/": corrected,
        "/admin/phones/phone/<key>/replace/": new,
        "/admin/phones/phone/<key>/time-zone/": {"phone_time_zone": "America/Denver"},
        "/admin/phones/phone/<key>/new-password/": {},
        "/admin/phones/phone/<key>/move/": {"reason_there": "It goes with its person."},
        "/admin/phones/phone/<key>/make-common-area/": LINE,
        "/admin/phones/phone/<key>/make-user-phone/": {},
        "/admin/phones/phone/<key>/remove/": {},
    }
    return {
        "/phones/moves/": {"moves": f"{of.spare.pk}-{of.wyn.pk}"},
        "/phones/restart/": {},
        "/phones/<key>/label/": {"label": "New"},
        "/phones/<key>/assigned/": {"to": of.wyn.pk},
        "/phones/<key>/line/": LINE,
        "/phones/<key>/correct/": corrected,
        "/phones/<key>/make-common-area/": LINE,
        "/phones/<key>/make-user-phone/": {},
        "/phones/<key>/replace/": new,
        "/phones/<key>/time-zone/": {"phone_time_zone": "America/Denver"},
        "/phones/<key>/new-password/": {},
        "/phones/<key>/remove/": {},
        "/users/<key>/edit/": PERSON,
        **{f"/users{url}": answers for url, answers in PEOPLE.items()},
        **{url: answers | {"reason": "They asked for it."} for url, answers in support.items()},
    }


def confirm(url: str, world: World, of: Company, told: dict[str, Any]) -> dict[str, str]:
    """Open the page of an act as one who may do it; return what its form sends unasked."""
    chosen = {"to": told["to"]} if "to" in told else None
    ours = "administrator" if of is world.ours else "other"
    with transaction.atomic():
        client = world.client("support" if url.startswith("/admin/") else ours)
        context = client.get(action(url, world, of), chosen).context or {}
        transaction.set_rollback(True)
    asked = context.get("plan") or context.get("confirmation")
    return {"seen": asked.seen if asked else "refused", "key": KEYS}


def model() -> int:
    return PhoneModel.objects.get(name="Snom D785").pk


def queries(world: World, of: Company | None = None) -> dict[str, dict[str, Any]]:
    """Return the query of each URL that needs one."""
    of = of or world.ours
    others = world.theirs if of is world.ours else world.ours
    return {
        "/phones/status/": {"rows": f"{of.phone.pk}.0", "missing": 0, "missing_common": 1},
        "/phones/moves/": {"moves": f"{of.spare.pk}-{of.wyn.pk}"},
        "/phones/restart/": {"phones": str(of.spare.pk)},
        "/admin/phones/phone/<key>/assign/": {"to": of.wyn.pk},
        "/admin/phones/phone/<key>/move/": {"to": others.account.pk},
    }

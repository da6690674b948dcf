"""Make users, phones and addresses for tests.

Each factory sees all accounts and restores the test's own scope.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from e911.models import EmergencyAddress, Status
from phones import lifecycle
from phones.models import Kind, Phone, PhoneModel
from users import sip
from users.models import Account, CallerNumber, Plan, User
from users.tenancy import scope

number = itertools.count(1)


@contextmanager
def everywhere() -> Iterator[None]:
    """See all accounts during a block, without a savepoint, because nothing rolls back to one."""
    with transaction.atomic(savepoint=False), scope.entered(scope="support"):
        yield


def account(name: str = "", **fields: Any) -> Account:
    with everywhere():
        return Account.objects.create(name=name or f"Company {next(number)}", **fields)


def person(
    account: Account | None,
    first_name: str = "Pat",
    last_name: str = "Doe",
    *,
    password: str = "",
    **fields: Any,
) -> User:
    """Make a Pro user, fully set up and with SIP credentials, unless the fields say otherwise."""
    n = next(number)
    fields = {"ext": str(20000 + n), "email": f"person{n}@example.com", "plan": Plan.PRO} | fields
    with everywhere():
        user = User(account=account, first_name=first_name, last_name=last_name, **fields)
        user.set_password(password) if password else user.set_unusable_password()
        if account and user.caller_id:
            caller_number(account, user.caller_id)
        user.save()
        if user.has_line and account:
            sip.issue_credentials([user])
        return user


def caller_number(account: Account, e164: str, *, confirmed: bool = True) -> CallerNumber:
    """Give an account a telephone number, unless it has it."""
    with everywhere():
        at = timezone.now() if confirmed else None
        return CallerNumber.objects.get_or_create(
            account=account, e164=e164, defaults={"confirmed_at": at}
        )[0]


def support_agent(
    email: str = "support@example.com", password: str = "secret", **fields: Any
) -> User:
    """Make a support agent who has a second factor and may act, unless the fields say otherwise."""
    fields = {"has_second_factor": True, "may_act": True} | fields
    return person(
        None,
        "Sam",
        "Support",
        email=email,
        ext=None,
        plan=Plan.BASIC,
        is_staff=True,
        password=password,
        **fields,
    )


def phone(
    account: Account,
    assigned_to: User | None = None,
    *,
    model: str = "Yealink SIP-T54W",
    **fields: Any,
) -> Phone:
    """Make a phone; without a person, it has a SIP account of its own."""
    n = next(number)
    fields = {"mac": f"805ec0{n:06x}", "kind": Kind.USER} | fields
    if fields["kind"] == Kind.COMMON:
        fields = {"label": f"Place {n}"} | fields
    if fields.get("caller_id"):
        caller_number(account, fields["caller_id"])
    with everywhere():
        made = Phone.objects.create(
            account=account,
            assigned_to=assigned_to,
            # Its first word is its make.
            model=PhoneModel.objects.get_or_create(
                name=model, defaults={"family": model.split()[0].lower()}
            )[0],
            **fields,
        )
        made.refresh_from_db()
        if assigned_to is None and made.retired_at is None:
            lifecycle.open_account(made)
        return made


def address(
    phone: Phone, *, status: str = Status.ACCEPTED, current: bool = True, **parts: Any
) -> EmergencyAddress:
    """Put an address on record for a phone; with `current`, it is the one in force."""
    parts = {
        "typed": "100 Gold Street, New York, NY 10038",
        "standardised": "100 Gold Street, New York, NY 10038",
        "country": "US", "state": "NY", "city": "New York", "postal_code": "10038",
        "house_number": "100", "street_name": "Gold", "street_type": "Street",
    } | parts  # fmt: skip
    with everywhere():
        made = EmergencyAddress.objects.create(
            account_id=phone.account_id, phone=phone, status=status, **parts
        )
        if current:
            Phone.objects.filter(pk=phone.pk).update(current_address=made)
        return made

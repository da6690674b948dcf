"""Make users, phones and addresses for tests.

Each factory sees all accounts and restores the test's own scope.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from e911.models import EmergencyAddress, Status
from phones.models import Kind, Phone, PhoneModel
from users import sip
from users.models import Account, Plan, User
from users.tenancy import scope

number = itertools.count(1)


@contextmanager
def everywhere() -> Iterator[None]:
    """See all accounts during a block, without a savepoint, because nothing rolls back to one."""
    with transaction.atomic(savepoint=False), scope.entered(scope="support"):
        yield


def account(name: str = "") -> Account:
    with everywhere():
        return Account.objects.create(name=name or f"Company {next(number)}")


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
        user.save()
        if user.has_line and account:
            sip.issue_credentials([user])
        return user


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
    fields = {"mac": f"805ec0{next(number):06x}", "kind": Kind.USER} | fields
    with everywhere():
        made = Phone.objects.create(
            account=account,
            assigned_to=assigned_to,
            model=PhoneModel.objects.get(name=model),
            **fields,
        )
        made.refresh_from_db()
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

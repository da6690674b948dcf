"""No telephone waits for a page that changes it: the registrar's writes pass by, and catch up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from phones.models import Phone, Provisioning
from tests import factories
from users.models import SipAccount
from users.tenancy import scope

REGISTER = "INSERT INTO registrar.location (ruid, username, expires) VALUES ('r', %s, %s)"
LATER, BEFORE = "2999-01-01", "2000-01-01"
EXPIRE = "DELETE FROM registrar.location WHERE expires < now() AT TIME ZONE 'UTC'"


@pytest.fixture
def phone(committed, owner) -> Iterator[Phone]:
    """Make a person's phone; the registrar's writes give up after half a second of waiting."""
    acme = factories.account("Acme")
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        made = factories.phone(acme, factories.person(acme))
    owner.execute("SET lock_timeout = '500ms'")
    owner.commit()
    try:
        yield made
    finally:
        owner.rollback()
        owner.execute("RESET lock_timeout")
        owner.execute("DELETE FROM registrar.location; DELETE FROM registrar.line")
        owner.commit()


@pytest.fixture
def username(phone) -> str:
    with transaction.atomic(), scope.entered(account_id=phone.account_id):
        return SipAccount.objects.get(user_id=phone.assigned_to_id).username


@contextmanager
def changed_by_a_page(phone: Phone, delivered: str) -> Iterator[None]:
    """Hold the phone's rows as a page does that hasn't committed yet."""
    with transaction.atomic(), scope.entered(account_id=phone.account_id):
        Provisioning.objects.filter(phone=phone).update(delivered=delivered)
        yield


def write(owner, sql: str, *values: str) -> None:
    owner.execute(sql, values)
    owner.commit()


def is_registered(owner, username: str) -> bool:
    sql = "SELECT is_registered FROM phones_standing WHERE username = %s"
    return owner.execute(sql, [username]).fetchone()[0]


def test_registration_does_not_wait_for_a_page_and_is_known_soon(owner, phone, username):
    with changed_by_a_page(phone, "another"):
        write(owner, REGISTER, username, LATER)
    write(owner, EXPIRE)  # as the registrar does every few seconds
    assert is_registered(owner, username)


def test_expiry_does_not_wait_for_a_page_and_is_known_soon(owner, phone, username):
    write(owner, REGISTER, username, BEFORE)
    assert is_registered(owner, username)
    with changed_by_a_page(phone, "another"):
        write(owner, EXPIRE)
    write(owner, EXPIRE)
    assert not is_registered(owner, username)


def test_registration_that_came_and_went_while_a_page_worked_is_gone(owner, phone, username):
    with changed_by_a_page(phone, "another"):
        write(owner, REGISTER, username, BEFORE)
        write(owner, EXPIRE)
    write(owner, EXPIRE)
    assert not is_registered(owner, username)
    assert owner.execute("SELECT count(*) FROM registrar.late_line").fetchone() == (0,)

"""Every change is on record, whichever way it was written."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, transaction

from phones.models import Phone
from tests import factories
from tests.changes import begun, differences, live, on_record
from tests.changes.world import World
from tests.changes.writing import BY_DJANGO
from tests.history.people import LEAST


@pytest.fixture
def world(company, owner) -> World:
    return begun(company, owner, seed=20)


WAYS = {*BY_DJANGO, "COPY", "raw as application", "raw as owner"}


@pytest.mark.ci
def test_every_change_is_on_record_whichever_way_it_was_made(company, world, owner):
    _account, alice, sam = company
    live(world, each=15, alice=alice, sam=sam, owner=owner)
    assert differences(world, on_record(owner))[:3] == []
    assert set(world.done) == WAYS
    assert {way: n for way, n in world.done.items() if n < LEAST} == {}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_every_change_is_on_record_at_length(company, owner, seed):
    world = begun(company, owner, seed)
    live(world, each=60, alice=company[1], sam=company[2], owner=owner)
    assert differences(world, on_record(owner))[:3] == []


def test_copy_by_the_applications_role_is_refused(company):
    refusal = pytest.raises(psycopg.errors.FeatureNotSupported, match="row-level security")
    with (
        refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.cursor.copy("COPY users_account FROM STDIN") as copy,
    ):
        copy.write_row(("1",))


def test_new_name_of_a_phone_model_is_in_the_history_of_its_phones(company, owner):
    phone = factories.phone(company[0], model="Snom D735")
    owner.execute("UPDATE phones_phonemodel SET name = 'Snom D736' WHERE name = 'Snom D735'")
    owner.commit()
    try:
        versions = on_record(owner)[Phone, phone.pk]
        assert [version[1]["model_name"] for version in versions] == ["Snom D735", "Snom D736"]
    finally:
        owner.execute("UPDATE phones_phonemodel SET name = 'Snom D735' WHERE name = 'Snom D736'")
        owner.commit()

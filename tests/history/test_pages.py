"""Every change on the pages is on record under the user who made it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import transaction

from phones.models import Phone
from tests import factories
from tests.changes import on_record
from tests.confirming import confirm_act, read_question
from tests.history.people import LEAST, Administrator, Support, watch
from users.tenancy import scope


@pytest.mark.ci
def test_every_change_on_the_pages_is_on_record_as_the_administrators(client, company, owner):
    account, alice, _sam = company
    owner.execute("UPDATE users_user SET has_second_factor = true WHERE id = %s", [alice.pk])
    owner.commit()
    context = {"kind": "person", "id": alice.pk, "name": "Alice Archer"}
    effective = watch(
        Administrator(client, account, alice, seed=20), owner, rounds=6, context=context
    )
    assert sum(effective.values()) >= LEAST
    assert {form for form, n in effective.items() if not n} == set()


@pytest.mark.ci
def test_every_act_of_support_is_on_record_as_theirs_with_the_reason(client, company, owner):
    account, _alice, sam = company
    context = {
        "kind": "support", "id": sam.pk, "name": "Sam Support", "reason": Support.REASON,
    }  # fmt: skip
    effective = watch(Support(client, account, sam, seed=20), owner, rounds=8, context=context)
    assert sum(effective.values()) >= LEAST
    assert {form for form, n in effective.items() if not n} == set()


def test_administrator_cannot_be_somebody_else_on_record(client, company, owner):
    account, alice, sam = company
    eve = factories.person(account, "Eve", "Else", is_administrator=True)
    phone = factories.phone(account, label="Front desk")
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(alice)
    forged = {
        "kind": "support",
        "id": sam.pk,
        "user": sam.pk,
        "name": "Sam Support",
        "support": True,
        "command": "tidy",
        "reason": "forged",
    }
    fields = {name: str(value) for name, value in forged.items()} | {
        "by": str(eve.pk),
        "set_by": str(eve.pk),
        "user_id": str(eve.pk),
        "account": "0",
        "pghistory.context_metadata": '{"name":"Eve"}',
        "pgh_context": '{"name":"Eve"}',
        "context": '{"name":"Eve"}',
        "label": """x","name":"Eve","support":true}'); """
        """SELECT set_config('pghistory.context_metadata','{}""",
    }
    headers = {
        "X-User": "Eve", "X-Forwarded-User": "Eve", "Remote-User": "Eve", "From": "eve@example.com",
        "X-Reason": "forged", "X-Request-ID": "12345678",
        "PGOPTIONS": "-c pghistory.context_metadata={}", "X-Pghistory-Context": '{"name":"Eve"}',
    }  # fmt: skip
    fields["label"] = fields["label"][:60]
    client.cookies["pghistory.context_metadata"] = "Eve"
    query = "&".join(f"{name}=forged" for name in forged)
    url = f"/phones/{phone.pk}/label/"
    fields |= read_question(client, url)
    assert client.post(f"{url}?{query}", fields, headers=headers).status_code == 302
    _label, kept, context, _at = on_record(owner)[Phone, phone.pk][-1]
    assert kept["label"] == fields["label"]
    assert context == {"kind": "person", "id": alice.pk, "name": "Alice Archer"}


def test_name_with_quotes_is_a_name_and_nothing_else(client, company, owner):
    account, _alice, _sam = company
    name = """Al"ice","support":true,"x":"'); --\\"""
    mallory = factories.person(account, name, "Archer", is_administrator=True)
    phone = factories.phone(account)
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(mallory)
    confirm_act(client, f"/phones/{phone.pk}/label/", label="Mine")
    context = on_record(owner)[Phone, phone.pk][-1][2]
    assert context == {"kind": "person", "id": mallory.pk, "name": f"{name} Archer"}


def test_who_it_was_is_said_in_few_places():
    """Code that writes the setting read by the triggers can pose as any user: list every place."""
    files = [
        file
        for folder in ("users", "phones", "e911", "phoneadmin")
        for file in (settings.BASE_DIR / folder).rglob("*.py")
    ]
    assert {
        str(file.relative_to(settings.BASE_DIR))
        for file in files
        if "pghistory.context"
        in re.sub(r"CURRENT_SETTING\(.*?\)|current_setting\(.*?\)", "", file.read_text())
    } == {"users/tenancy/history.py", "users/migrations/0003_history.py", "phoneadmin/settings.py"}


def test_command_says_which_it_was(company, owner, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text(
        "First name,Last name,Email,Extension,Plan\nNia,North,nia@example.com,901,pro\n"
    )
    subprocess.run(
        [sys.executable, "manage.py", "import_company", "Northern", "--users", people],
        cwd=settings.BASE_DIR, check=True, capture_output=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings"},
    )  # fmt: skip
    imported = [
        version
        for (model, _key), versions in on_record(owner).items()
        for version in versions
        if version[2] == {"kind": "command", "name": "import_company"}
    ]
    assert {version[1].get("first_name") for version in imported} >= {"Nia"}

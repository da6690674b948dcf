"""Every change by anybody is on record with who, when, from what to what (R37), whichever way it
was made.
"""

from __future__ import annotations

import html
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from itertools import count
from typing import Any

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.db.models import GeneratedField, Model
from psycopg.rows import dict_row

from e911.models import EmergencyAddress
from phones.models import Phone, PhoneModel, Provisioning
from tests import factories
from tests.changes import (
    BY_DJANGO,
    KEPT,
    TRACKED,
    VERSIONS,
    Row,
    World,
    ask,
    begun,
    differences,
    execute,
    key_of,
    live,
    on_record,
    spelt,
    table_of,
)
from users import sip
from users.models import Account, SipCredentials, User
from users.tenancy import history, scope

# Every column of a tracked table is kept (tests.changes.KEPT) or left out for a reason. A new one
# fails until it is in either.
LEFT_OUT: dict[type[Model], dict[str, str]] = {
    Account: {},
    User: {
        "password": "a secret", "last_login": "not a change", "language": "not a change",
        "signed_out_at": "follows other changes", "can_have_phone": "derived",
        "ext_number": "derived", "name_key": "derived", "search": "derived",
    },
    SipCredentials: {"ha1": "a secret", "key_fingerprint": "tells which key the password"
" comes from"},
    Phone: {"is_assigned": "derived", "label_key": "derived", "search": "derived"},
    EmergencyAddress: {"is_open": "derived", "known": "the E911 provider's own, ids and tokens"},
}  # fmt: skip
OF_HISTORY = {"pgh_id", "pgh_created_at", "pgh_label", "pgh_context", "pgh_obj_id"}
each_model = pytest.mark.parametrize("model", TRACKED, ids=lambda model: model.__name__)
each_history = pytest.mark.parametrize("table", VERSIONS.values())


# --- what is kept ---------------------------------------------------------------------------------


def test_tracked_models_are_these():
    assert {model for model in apps.get_models() if hasattr(model, "pgh_event_model")} == set(
        TRACKED
    )


@each_model
def test_every_column_of_a_tracked_model_is_kept_or_left_out_for_a_reason(owner, model):
    def columns(table: str) -> set[str]:
        found = owner.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND"
" attnum > 0"
                              " AND NOT attisdropped", [table])  # fmt: skip
        return {name for (name,) in found}

    assert columns(table_of(model)) == KEPT[model] | set(LEFT_OUT[model])
    assert columns(VERSIONS[model]) == KEPT[model] | OF_HISTORY
    derived = {
        field.column
        for field in model._meta.local_concrete_fields
        if isinstance(field, GeneratedField)
    }
    assert derived <= set(LEFT_OUT[model])


# --- every way to write ---------------------------------------------------------------------------


@pytest.fixture
def company(committed) -> tuple[Account, User, User]:
    account = factories.account("Acme")
    return (
        account,
        factories.person(account, "Alice", "Archer", is_administrator=True),
        factories.support_agent(),
    )


@pytest.fixture
def world(company, owner) -> World:
    return begun(company, owner, seed=20)


LEAST = 50
WAYS = {*BY_DJANGO, "COPY", "raw as application", "raw as owner"}


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


# --- the pages' own changes -----------------------------------------------------------------------


def rows(owner: psycopg.Connection) -> dict[tuple[type[Model], int], Row]:
    """All that is tracked, as it is."""
    found = {}
    with owner.cursor(row_factory=dict_row) as cursor:
        for model in TRACKED:
            names = ", ".join(KEPT[model])
            for row in cursor.execute(f"SELECT {names} FROM {table_of(model)}"):
                found[model, row[key_of(model)]] = row
    owner.commit()
    return found


class Busy:
    """Somebody who does this and that, form after form, with what is there by then."""

    BY_SIGHT: set[str] = set()  # forms that send what was seen
    FORMS: list[str] = []

    def __init__(self, client, account: Account, who: User, seed: int) -> None:
        self.client, self.account, self.who = client, account, who
        self.rng, self.number = random.Random(seed), count(1)
        self.turns = self.rng.sample(self.FORMS, k=len(self.FORMS))
        for n in range(24):
            person = (
                factories.person(account, f"Uma{n}", "Ulm", ext=str(500 + n)) if n % 2 else None
            )
            factories.phone(account, person, label="" if n % 3 else f"Desk of old {n}")
        for n in range(6):
            factories.person(account, f"Wyn{n}", "Wolf", plan=["basic", "pro"][n % 2])
        with transaction.atomic(), scope.entered(scope="sign_in"):
            client.force_login(who)

    def keys(self, model: type[Model], **which: Any) -> list[int]:
        with transaction.atomic(), scope.entered(account_id=self.account.pk):
            return list(
                model.objects.filter(account_id=self.account.pk, **which)
                .order_by("pk")
                .values_list("pk", flat=True)
            )

    def phone(self, **which: Any) -> int:
        return self.rng.choice(self.keys(Phone, retired_at=None, **which))

    def person(self) -> int:
        return self.rng.choice([key for key in self.keys(User) if key != self.who.pk])

    def seen(self, url: str, fields: Mapping[str, str]) -> dict[str, str]:
        page = self.client.get(url, fields).content.decode()
        return dict(re.findall(r'<input type="hidden" name="(seen)" value="(\w*)">', page))

    def device(self) -> dict[str, str]:
        with transaction.atomic():
            model = self.rng.choice(list(PhoneModel.objects.values_list("pk", flat=True)))
        return {"mac": f"805ec1{next(self.number):06x}", "model": str(model)}

    def someone(self) -> dict[str, str]:
        n = next(self.number)
        return {
            "first_name": f"Pat{n}",
            "last_name": "O’Hara",
            "email": f"pat{n}@example.com",
            "ext": str(700 + n),
            "caller_id": "+14155550100",
        }

    def one(self) -> tuple[str, str, dict[str, str]]:
        """The next form by name, its URL, and what it sends."""
        form = self.turns.pop(0)
        self.turns.append(form)
        url, fields = getattr(self, form)()
        return form, url, fields | (self.seen(url, fields) if form in self.BY_SIGHT else {})


def forms(names: list[str]) -> list[str]:
    return sorted(name for name in names if name.startswith("do_"))


class Administrator(Busy):
    """On the pages of his account."""

    BY_SIGHT = {"do_assign", "do_moves", "do_remove", "do_renew"}

    def do_add(self):
        return "/phones/add/", self.device() | {
            "label": f"New {next(self.number)}",
            "kind": self.rng.choice(["user", "common"]),
        }

    def do_label(self):
        return f"/phones/{self.phone()}/label/", {
            "label": self.rng.choice(["", f"Desk {next(self.number)}", "Same"])
        }

    def do_correct(self):
        return f"/phones/{self.phone()}/correct/", self.device()

    def do_replace(self):
        return f"/phones/{self.phone()}/replace/", self.device()

    def do_remove(self):
        return f"/phones/{self.phone()}/remove/", {}

    def do_assign(self):
        to = self.rng.choice(["nobody", *map(str, self.keys(User, can_have_phone=True))])
        return f"/phones/{self.phone(kind='user')}/assigned/", {"to": to}

    def do_moves(self):
        return "/phones/moves/", {
            "moves": f"{self.phone(kind='user')}-{self.person()},{self.phone(kind='user')}-"
        }

    def do_address(self):
        url, street = f"/phones/{self.phone()}/address/", f"{self.rng.randint(1, 200)} Gold St"
        typed = {
            "country": "US",
            "street": street,
            "floor": "2",
            "city": "New York",
            "state": "NY",
            "postal_code": "10038",
        }
        page = self.client.post(url, typed).content.decode()
        return url, {"chosen": html.unescape(re.search(r'name="chosen" value="([^"]+)"', page)[1])}

    def do_add_person(self):
        return "/users/add/", self.someone() | {"plan": self.rng.choice(["basic", "plus", "pro"])}

    def do_edit(self):
        return f"/users/{self.person()}/", self.someone()

    def do_plan(self):
        return f"/users/{self.person()}/plan/", {"plan": self.rng.choice(["basic", "plus", "pro"])}

    def do_activation(self):
        return f"/users/{self.person()}/activation/", {}

    def do_delete(self):
        return f"/users/{self.person()}/delete/", {}

    def do_renew(self):
        return f"/users/{self.person()}/credentials/change/", {}

    def do_company(self):  # she has a second factor, so that she is not sent away for one
        return "/company/", self.rng.choice([{}, {"second_factor_required": "on"}])

    FORMS = forms(dir())


class Support(Busy):
    """In Django admin, with a reason for everything."""

    REASON = "The customer called"

    def on_phone(self, act: str, **fields: str) -> tuple[str, dict[str, str]]:
        kind = {"kind": "user"} if act == "assign" else {}
        return f"/admin/phones/phone/{self.phone(**kind)}/{act}/", {"reason": self.REASON} | fields

    def on_person(self, act: str, key: int = 0, **fields: str) -> tuple[str, dict[str, str]]:
        return f"/admin/users/user/{key or self.person()}/{act}/", {"reason": self.REASON} | fields

    def do_assign(self):
        return self.on_phone(
            "assign",
            to=self.rng.choice(["nobody", *map(str, self.keys(User, can_have_phone=True))]),
        )

    def do_correct(self):
        return self.on_phone("correct", **self.device())

    def do_replace(self):
        return self.on_phone("replace", **self.device())

    def do_move(self):
        return self.on_phone("move", to=str(factories.account().pk))

    def do_kind(self):
        return self.on_phone("kind")

    def do_remove(self):
        return self.on_phone("remove")

    def do_plan(self):
        return self.on_person("plan", plan=self.rng.choice(["basic", "plus", "pro"]))

    def do_deactivate(self):
        return self.on_person("deactivate")

    def do_activate(self):
        off = self.keys(User, is_active=False)
        return self.on_person("activate", *off[:1])

    FORMS = forms(dir())
    BY_SIGHT = {*FORMS}


def watch(
    busy: Busy, owner: psycopg.Connection, *, rounds: int, context: dict[str, Any]
) -> Counter[str]:
    """See that whatever somebody does is on record as his, and return how often each form changed
    something.
    """
    effective: Counter[str] = Counter()
    for _n in range(rounds * len(busy.FORMS)):
        form, url, fields = busy.one()
        before, recorded = rows(owner), on_record(owner)
        response = busy.client.post(url, fields)
        after, now = rows(owner), on_record(owner)
        assert all(now[row][: len(versions)] == versions for row, versions in recorded.items())
        new = {row: versions[len(recorded.get(row, [])) :] for row, versions in now.items()}
        new = {row: versions for row, versions in new.items() if versions}
        assert {
            row for row in before.keys() | after.keys() if before.get(row) != after.get(row)
        } <= set(new), url
        for row, versions in new.items():
            follows(before.get(row), versions, after.get(row))
        assert all(version[2] == context for versions in new.values() for version in versions)
        assert len({version[3] for versions in new.values() for version in versions}) <= 1
        assert not (new and response.status_code >= 400)
        effective[form] += bool(new)
    return effective


def test_every_change_on_the_pages_is_on_record_as_the_administrators(client, company, owner):
    account, alice, _sam = company
    owner.execute("UPDATE users_user SET has_second_factor = true WHERE id = %s", [alice.pk])
    owner.commit()
    context = {"user": alice.pk, "name": "Alice Archer", "support": False}
    effective = watch(
        Administrator(client, account, alice, seed=20), owner, rounds=6, context=context
    )
    assert sum(effective.values()) >= LEAST
    assert {form for form, n in effective.items() if not n} == set()


def test_every_act_of_support_is_on_record_as_theirs_with_the_reason(client, company, owner):
    account, _alice, sam = company
    context = {"user": sam.pk, "name": "Sam Support", "support": True, "reason": Support.REASON}
    effective = watch(Support(client, account, sam, seed=20), owner, rounds=8, context=context)
    assert sum(effective.values()) >= LEAST
    assert {form for form, n in effective.items() if not n} == set()


def follows(before: Row | None, versions: list[tuple], after: Row | None) -> None:
    """The versions lead from what was to what is, each by a difference."""
    for label, values, _context, _at in versions:
        if label == history.ADDED:
            assert before is None
        else:
            assert before is not None
            assert (label == history.DELETED) == (before == values)
        before = None if label == history.DELETED else values
    assert before == after


def test_administrator_cannot_be_somebody_else_on_record(client, company, owner):
    account, alice, sam = company
    eve = factories.person(account, "Eve", "Else", is_administrator=True)
    phone = factories.phone(account, label="Front desk")
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(alice)
    forged = {
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
    assert (
        client.post(f"/phones/{phone.pk}/label/?{query}", fields, headers=headers).status_code
        == 302
    )
    _label, kept, context, _at = on_record(owner)[Phone, phone.pk][-1]
    assert kept["label"] == fields["label"]
    assert context == {"user": alice.pk, "name": "Alice Archer", "support": False}


def test_name_with_quotes_is_a_name_and_nothing_else(client, company, owner):
    account, _alice, _sam = company
    name = """Al"ice","support":true,"x":"'); --\\"""
    mallory = factories.person(account, name, "Archer", is_administrator=True)
    phone = factories.phone(account)
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(mallory)
    client.post(f"/phones/{phone.pk}/label/", {"label": "Mine"})
    context = on_record(owner)[Phone, phone.pk][-1][2]
    assert context == {"user": mallory.pk, "name": f"{name} Archer", "support": False}


def test_who_it_was_is_said_in_few_places():
    """Whoever writes the setting that the triggers read can be anybody: each place is known."""
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
        if version[2] == {"command": "import_company"}
    ]
    assert {version[1].get("first_name") for version in imported} >= {"Nia"}


# --- nothing secret -------------------------------------------------------------------------------


def test_nothing_secret_is_in_any_table_of_the_history(client, company, owner):
    account, alice, _sam = company
    uma = factories.person(account, "Uma", "Ulm", ext="11", password="a-password-of-hers")
    phone = factories.phone(account, uma, label="Front desk")
    address = factories.address(phone)
    known = {
        "address": "PROVIDER-ADDRESS-ID",
        "token": "PROVIDER-TOKEN",
        "key": settings.SIP_KEYS[0],
    }
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(alice)
    setup = client.post(f"/phones/{phone.pk}/setup/").content.decode()
    code = re.search(r"/p/([^/\s\"<]+)", setup)[1]
    with transaction.atomic(), scope.entered(scope="support"):
        EmergencyAddress.objects.filter(pk=address.pk).update(known=known, words="Heard")
        Provisioning.objects.filter(phone=phone).update(token_hash="T" * 64)
        Authenticator.objects.create(
            user=alice, type="totp", data={"secret": "JBSWY3DPEHPK3PXPTOTPTOTP"}
        )
        Authenticator.objects.create(
            user=alice, type="recovery_codes", data={"seed": "RECOVERY-SEED-OF-ALICE"}
        )
        alice.set_password("another-password-of-hers")
        alice.save()
        sip.issue_credentials([uma])
        credentials, provisioning = (
            SipCredentials.objects.get(user=uma),
            Provisioning.objects.get(phone=phone),
        )
        uma.refresh_from_db()
        secrets = {
            "password": uma.password, "new password": alice.password,
            "plain password": "password-of-hers", "HA1": credentials.ha1,
            "SIP password": sip.password_of(credentials), "key": settings.SIP_KEYS[0],
            "fingerprint": credentials.key_fingerprint, "token": provisioning.token_hash,
            "code": code, "code's hash": provisioning.code_hash, "provider's id": known["address"],
            "provider's token": known["token"], "TOTP": "JBSWY3DPEHPK3PXPTOTPTOTP",
            "recovery": "RECOVERY-SEED-OF-ALICE", "session": client.cookies["sessionid"].value,
            "secret key": settings.SECRET_KEY,
        }  # fmt: skip
        for row in (
            uma,
            alice,
            phone,
            address,
        ):  # and so that they are in what deletion writes, too
            row.refresh_from_db()
        phone.assigned_to = None
        phone.save()
        uma.delete()
    assert all(secrets.values())
    tables = [name for (name,) in owner.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace ="
" 'public'::regnamespace AND (relname"
        " LIKE 'pgh%' OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname"
" LIKE 'pgh\\_%'))"
    )]  # fmt: skip
    assert set(tables) >= {*VERSIONS.values(), "pghistory_context"}

    def found(text: str) -> list[str]:
        like = f"%{text}%"
        return [
            t
            for t in tables
            if owner.execute(f"SELECT FROM {t} AS t WHERE t::text LIKE %s LIMIT 1", [like]).rowcount
        ]

    assert found("Front desk") == ["phones_phoneevent"]
    assert {what: found(secret) for what, secret in secrets.items() if found(secret)} == {}


# --- append-only ----------------------------------------------------------------------------------

SCOPES = {"an account": None, "support": "support", "sign_in": "sign_in", "none": ""}
each_scope = pytest.mark.parametrize("which", SCOPES)


@pytest.fixture
def two(db) -> tuple[Account, Account]:
    """Two accounts with something in each table of the history."""
    made = factories.account("Acme"), factories.account("Other")
    for account in made:
        person = factories.person(account)
        factories.address(factories.phone(account, person))
    return made


def enter(which: str, account: Account) -> None:
    scope.enter(account_id=account.pk) if SCOPES[which] is None else scope.enter(
        scope=SCOPES[which]
    )


def refused(statement: str, *values: Any) -> bool:
    """Whether the application's role has no right to this, whatever its scope."""
    try:
        with transaction.atomic():
            execute(statement, values)
    except ProgrammingError as error:
        return isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege)
    return False


@each_scope
@each_history
def test_history_cannot_be_changed_by_the_applications_role(two, table, which):
    enter(which, two[0])
    columns = [name for (name,) in ask("SELECT attname FROM pg_attribute WHERE attrelid ="
" %s::regclass AND attnum > 0"
                                       " AND NOT attisdropped", [table])]  # fmt: skip
    for column in columns:
        assert refused(f"UPDATE {table} SET {column} = {column}"), column
    for statement in (
        f"DELETE FROM {table}", f"TRUNCATE {table}", f"DROP TABLE {table}", f"ALTER TABLE"
f" {table} DISABLE"
f" TRIGGER ALL",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", f"DROP POLICY account ON {table}",
        f"SELECT FROM {table} FOR UPDATE", f"SELECT setval('{table}_pgh_id_seq', 1)",
        f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (pgh_id) DO UPDATE SET pgh_label"
f" = 'gone'",
        f"MERGE INTO {table} AS t USING {table} AS s ON t.pgh_id = s.pgh_id WHEN MATCHED"
f" THEN DELETE",
    ):  # fmt: skip
        assert refused(statement), statement


@pytest.mark.parametrize(
    "which", [name for name in SCOPES if name != "support"]
)  # who act in every account
@each_history
def test_entry_of_another_account_cannot_be_forged(two, table, which):
    ours, theirs = two
    with scope.entered(scope="support"):
        owner_column = "pgh_obj_id" if table == "users_accountevent" else "account_id"
        names = [name for (name,) in ask(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT"
" attisdropped"
            " AND attname <> 'pgh_id'", [table])]  # fmt: skip
        (values,) = ask(
            f"SELECT {', '.join(names)} FROM {table} WHERE {owner_column} = %s LIMIT 1", [theirs.pk]
        )
    enter(which, ours)
    places = ", ".join(["%s"] * len(names))
    assert refused(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", *map(spelt, values)
    )


@each_history
def test_history_of_other_accounts_is_not_visible(two, table):
    ours, theirs = two
    owner_column = "pgh_obj_id" if table == "users_accountevent" else "account_id"
    scope.enter(account_id=ours.pk)
    assert {key for (key,) in ask(f"SELECT {owner_column} FROM {table}", [])} == {ours.pk}
    assert ask(f"SELECT FROM {table} WHERE {owner_column} = %s", [theirs.pk]) == []
    for nowhere in ("", "sign_in"):
        scope.enter(scope=nowhere)
        assert ask(f"SELECT FROM {table}", []) == []


def test_place_of_django_pghistory_for_who_it_was_is_closed(db):
    for statement in (
        "DELETE FROM pghistory_context", "UPDATE pghistory_context SET metadata = '{}'",
        "INSERT INTO pghistory_context (id, metadata, created_at, updated_at)"
        " VALUES (gen_random_uuid(), '{}', now(), now())",
    ):  # fmt: skip
        assert refused(statement), statement


# --- nothing escapes it ---------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["application", "owner"])
def test_setting_of_django_pgtrigger_does_not_silence_the_history(company, owner, role):
    """Its triggers stand back where `pgtrigger.ignore` says so. Ours must not, whoever says it."""
    phone = factories.phone(company[0])
    names = [
        name
        for (name,) in owner.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname::text ^@ 'pgtrigger'"
        )
    ]
    assert len(names) == 3 * len(TRACKED)
    silence = "SELECT set_config('pgtrigger.ignore', %s, true)"
    change = "UPDATE phones_phone SET label = 'in silence' WHERE id = %s"
    if role == "owner":
        owner.execute(silence, [f"{{{','.join(names)}}}"])
        owner.execute(change, [phone.pk])
        owner.commit()
    else:
        with transaction.atomic(), scope.entered(account_id=company[0].pk):
            execute(silence, [f"{{{','.join(names)}}}"])
            execute(change, [phone.pk])
    assert on_record(owner)[Phone, phone.pk][-1][1]["label"] == "in silence"


def test_temporary_table_does_not_take_the_historys_place(company, owner):
    phone = factories.phone(company[0])
    owner.execute(
        "CREATE TEMPORARY TABLE phones_phoneevent (LIKE public.phones_phoneevent INCLUDING ALL)"
    )
    owner.execute("UPDATE phones_phone SET label = 'aside' WHERE id = %s", [phone.pk])
    owner.execute("DROP TABLE pg_temp.phones_phoneevent")
    owner.commit()
    assert on_record(owner)[Phone, phone.pk][-1][1]["label"] == "aside"
    with pytest.raises(ProgrammingError), transaction.atomic():
        execute("CREATE TEMPORARY TABLE phones_phoneevent (id integer)", [])


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE phones_phone DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP FUNCTION _pgtrigger_should_ignore(name)",
        "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(name) RETURNS boolean LANGUAGE sql AS"
        " 'SELECT true'",
        "TRUNCATE phones_phone",
    ],
)
def test_application_role_cannot_switch_the_history_off(two, statement):
    scope.enter(scope="support")
    assert refused(statement)


def test_change_with_a_broken_word_of_who_it_was_is_no_change(two):
    scope.enter(account_id=two[0].pk)
    with pytest.raises(ProgrammingError.__mro__[1]), transaction.atomic():
        execute("SELECT set_config('pghistory.context_metadata', 'no JSON', true)", [])
        execute("UPDATE phones_phone SET label = 'unsaid'", [])
    assert ask("SELECT FROM phones_phone WHERE label = 'unsaid'", []) == []

"""Keys of SIP passwords: the settings, what serve refuses, and the command that reissues (R22)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import transaction

from phoneadmin.operations import keys, sip_keys
from phoneadmin.operations.embedded import EmbeddedPostgres, embedded_login
from phoneadmin.operations.logins import connect
from phoneadmin.settings import read_sip_keys
from phones import fetching
from phones.models import Phone, Provisioning
from tests import factories, template
from users import sip
from users.models import CredentialsRecord, Plan, SipAccount
from users.people import change_plan
from users.tenancy import scope

ROOT = Path(__file__).parents[2]
FIRST, SECOND, THIRD = (f"key number {n} of 20 or more" for n in (1, 2, 3))


@pytest.fixture
def company(acme, settings):
    """Uma with a phone and Wyn without, both on the first key; Vic on the second."""
    settings.SIP_KEYS = [FIRST]
    factories.phone(
        acme, factories.person(acme, "Uma", "Ulm", ext="11"), label="Front desk", mac="805ec0000001"
    )
    factories.person(acme, "Wyn", "Wolf")
    settings.SIP_KEYS = [SECOND, FIRST]
    factories.person(acme, "Vic", "Vance")
    return acme


def reissue(*options: str) -> str:
    out = StringIO()
    call_command("reissue_credentials", "--per-minute=1000000", *options, stdout=out)
    return out.getvalue()


def made_with(key: str) -> set[str]:
    """Return the first names of the users whose credentials were made with a key and match it."""
    with transaction.atomic(), scope.entered(scope="support"):
        found = SipAccount.objects.filter(key_fingerprint=sip.fingerprint_key(key)).select_related(
            "user"
        )
        assert all(
            each.ha1 == sip.compute_ha1(each.username, sip.derive_password(key, each.username))
            for each in found
        )
        return {each.user.first_name for each in found}


# --- the list of keys ---


def keys_of_settings(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    code = "from django.conf import settings; print(*settings.SIP_KEYS, sep='\\n')"
    return python("-c", code, env=environment(tmp_path / "data", **variables))


def environment(data: Path, **variables: str) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE", "PHONEADMIN"))
    }
    return (
        inherited
        | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings", "PHONEADMIN_DATA": str(data)}
        | variables
    )


def python(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )


PRODUCTION = {
    "DATABASE_URL": "postgres://boss:secret@127.0.0.1/company",
    "PHONEADMIN_SECRET_KEY": "x" * 50,
    "PHONEADMIN_SIP_DOMAIN": "sip.example.com",
    "PHONEADMIN_URL": "http://localhost",
}


def test_keys_are_in_the_order_given_without_the_space_around_them(tmp_path):
    read = keys_of_settings(tmp_path, PHONEADMIN_SIP_KEYS=f" {SECOND} ,{FIRST}\n", **PRODUCTION)
    assert read.stdout.splitlines() == [SECOND, FIRST]


def test_embedded_database_takes_the_generated_key_as_the_oldest(tmp_path):
    generated = keys.load_keys(tmp_path / "data").sip_key
    assert keys_of_settings(tmp_path).stdout.splitlines() == [generated]
    assert keys_of_settings(tmp_path, PHONEADMIN_SIP_KEYS=FIRST).stdout.splitlines() == [
        FIRST,
        generated,
    ]


@pytest.mark.parametrize(
    "given", [" ", ",", f"{FIRST},", f"{FIRST},,{SECOND}", "short", f"{FIRST},{'x' * 19}"]
)
def test_key_that_is_empty_or_short_is_refused(given):
    with pytest.raises(
        ImproperlyConfigured, match="PHONEADMIN_SIP_KEYS is a list of keys of 20 random characters"
    ):
        read_sip_keys(given)


@pytest.mark.parametrize("where", [PRODUCTION, {}], ids=["production", "embedded"])
def test_list_with_a_key_that_is_refused_stops_everything_with_the_reason(tmp_path, where):
    read = keys_of_settings(tmp_path, PHONEADMIN_SIP_KEYS=f"{FIRST},", **where)
    assert read.returncode == 1
    assert (
        "ImproperlyConfigured: PHONEADMIN_SIP_KEYS is a list of keys of 20 random characters"
        in read.stderr
    )


# --- which keys are in use ---


def test_no_key_is_missing_where_there_are_no_credentials(db):
    assert (sip_keys.find_keys_in_use(), sip_keys.find_missing_keys()) == (set(), set())


@pytest.mark.parametrize(
    ("listed", "missing"),
    [
        ([SECOND, FIRST], set()),
        ([THIRD, FIRST, SECOND], set()),
        ([SECOND], {FIRST}),
        ([THIRD], {FIRST, SECOND}),
    ],
)
def test_missing_keys_are_those_of_any_account_that_the_settings_lack(
    company, other, settings, listed, missing
):
    scope.enter(account_id=other.pk)
    settings.SIP_KEYS = listed
    assert sip_keys.find_missing_keys() == {sip.fingerprint_key(key) for key in missing}
    assert sip_keys.find_keys_in_use() == {sip.fingerprint_key(FIRST), sip.fingerprint_key(SECOND)}


# --- the command ---


def test_everybody_whose_key_is_not_the_newest_gets_new_credentials(company, settings):
    assert made_with(FIRST) == {"Uma", "Wyn"}
    before = dict(
        SipAccount.objects.filter(kind="person").values_list("user__first_name", "username")
    )
    out = reissue()
    after = dict(
        SipAccount.objects.filter(kind="person").values_list("user__first_name", "username")
    )
    assert made_with(SECOND) == {"Uma", "Vic", "Wyn"}
    assert (before["Vic"] == after["Vic"], before["Uma"] == after["Uma"]) == (True, False)
    assert out.splitlines() == [
        "1/2 Acme: Uma Ulm: restart Front desk (80:5E:C0:00:00:01)",
        "2/2 Acme: Wyn Wolf: no desk phone",
        "New SIP credentials: 2. Phones to restart: 1.",
        f"PHONEADMIN_SIP_KEYS, 2 ({sip.fingerprint_key(FIRST)}): is used by nobody: take it out.",
    ]
    records = CredentialsRecord.objects.order_by("id")
    assert list(records.values_list("what", "user_name", "username", "by_name")) == [
        ("changed", "Uma Ulm", before["Uma"], ""), ("changed", "Wyn Wolf", before["Wyn"], ""),
    ]  # fmt: skip
    assert reissue().splitlines()[0] == "New SIP credentials: 0. Phones to restart: 0."


def test_only_those_whose_key_is_gone_get_new_credentials_when_asked_so(company, settings):
    settings.SIP_KEYS = [THIRD, SECOND]
    reissue("--missing")
    assert (made_with(THIRD), made_with(SECOND)) == ({"Uma", "Wyn"}, {"Vic"})
    assert sip_keys.find_missing_keys() == set()


def test_key_that_is_not_in_the_list_is_not_taken_for_lost_unasked(company, settings):
    """If the command lacked the list, all users would get credentials nobody can recompute."""
    settings.SIP_KEYS = [THIRD]
    with pytest.raises(CommandError, match=r"the same list as phoneadmin.*--missing") as refused:
        reissue()
    assert all(sip.fingerprint_key(key) in str(refused.value) for key in (FIRST, SECOND))
    assert made_with(THIRD) == set()


def test_one_company_is_reissued_and_the_others_are_left(company, other, settings):
    settings.SIP_KEYS = [FIRST]
    factories.person(other, "Eve")
    settings.SIP_KEYS = [SECOND, FIRST]
    out = reissue("--account=acme")
    assert made_with(FIRST) == {"Eve"}
    assert f"PHONEADMIN_SIP_KEYS, 2 ({sip.fingerprint_key(FIRST)}): is still in use." in out
    with pytest.raises(CommandError, match="There is no account “Nobody”"):
        reissue("--account=Nobody")


def test_interrupted_command_goes_on_where_it_was(company, settings, monkeypatch):
    change, done = sip.issue_credentials, []

    def change_one(users: Iterable) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(users)
        change(users)

    with monkeypatch.context() as patch:
        patch.setattr(sip, "issue_credentials", change_one)
        with pytest.raises(CommandError, match="run this again"):
            reissue()
    assert made_with(FIRST) == {"Wyn"}
    assert CredentialsRecord.objects.count() == 1
    assert "1/1 Acme: Wyn Wolf" in reissue()
    assert made_with(FIRST) == set()


def test_person_whose_credentials_have_changed_meanwhile_is_left_alone(
    company, settings, monkeypatch
):
    """At this pace, an assignment or a downgrade can happen between two users."""
    wyn = SipAccount.objects.select_related("user").get(user__first_name="Wyn").user
    with monkeypatch.context() as patch:
        patch.setattr(
            time, "sleep", lambda _: change_plan(wyn, Plan.BASIC) if wyn.has_line else None
        )
        out = reissue()
    assert "Phones to restart: 1." in out and "New SIP credentials: 1." in out
    assert made_with(SECOND) == {"Uma", "Vic"}


def test_pace_is_kept(company):
    started = time.monotonic()
    call_command("reissue_credentials", "--per-minute=200", stdout=StringIO())
    assert time.monotonic() - started >= 0.3  # between the first and the second user


@pytest.mark.parametrize("pace", ["0", "-1", "1.5", "many", ""])
def test_pace_that_is_none_is_refused(db, pace):
    with pytest.raises(CommandError, match="is not a number of 1 or more"):
        call_command("reissue_credentials", f"--per-minute={pace}")


# --- the whole way ---


@pytest.mark.ci
def test_lost_key_keeps_serve_from_starting_until_the_command_has_run(tmp_path):
    data = template.copy_to(tmp_path / "data")
    own = keys.load_keys(data)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with_first, with_second = (
        environment(data, PHONEADMIN_SIP_KEYS=key, PORT=port) for key in (FIRST, SECOND)
    )
    people = tmp_path / "people.csv"
    people.write_text("First name,Last name,Email,Extension,Plan\nUma,Ulm,uma@example.com,11,Pro\n")
    with EmbeddedPostgres(data, own, fast=True):
        made = python("manage.py", "import_company", "Acme", f"--users={people}", env=with_first)
        assert made.returncode == 0, made.stderr
    refused = python("manage.py", "serve", env=with_second)
    assert refused.returncode == 1
    assert (
        sip.fingerprint_key(FIRST) in refused.stderr
        and "reissue_credentials --missing" in refused.stderr
    )
    reissued = python("manage.py", "reissue_credentials", "--missing", env=with_second)
    assert (reissued.returncode, reissued.stderr) == (0, "")
    assert "1/1 Acme: Uma Ulm: no desk phone" in reissued.stdout
    with EmbeddedPostgres(data, own, fast=True):  # the command stopped its own server
        with connect(embedded_login(data, own, "owner")) as mine:
            found = mine.execute("SELECT DISTINCT key_fingerprint FROM users_sipaccount").fetchall()
        assert found == [(sip.fingerprint_key(SECOND),)]
        again = python("manage.py", "reissue_credentials", env=with_second)  # on the running server
        assert again.stdout.startswith("New SIP credentials: 0.")


def test_command_without_a_database_says_so(tmp_path):
    told = python("manage.py", "reissue_credentials", env=environment(tmp_path / "data"))
    assert (told.returncode, told.stderr) == (
        1,
        f"CommandError: There is no database in {tmp_path / 'data'}.\n",
    )
    assert not (tmp_path / "data/postgres").exists()


# --- phones' own passwords (R47) ---


def fetch(phone: Phone) -> None:
    file = {"file": f"{phone.mac}.cfg", "sender": "192.0.2.1", "agent": "", "record": True}
    with transaction.atomic(), scope.entered(scope="support"):
        assert fetching.serve_file(secret=fetching.create_code(phone), **file)


def locks() -> list[tuple[str | None, int]]:
    with transaction.atomic(), scope.entered(scope="support"):
        found = Provisioning.objects.order_by("phone_id")
        return list(found.values_list("admin_key", "admin_generation"))


@pytest.fixture
def fetched(company, settings) -> Phone:
    """Uma's phone, which has a password made with the first key."""
    settings.SIP_KEYS = [FIRST]
    phone = Phone.objects.get(label="Front desk")
    fetch(phone)
    settings.SIP_KEYS = [SECOND, FIRST]
    return phone


def test_phone_gets_a_new_password_together_with_its_line(fetched):
    out = reissue()
    assert locks() == [(sip.fingerprint_key(SECOND), 2)]
    assert "New SIP credentials: 2. Phones to restart: 1." in out and "Other phones" not in out
    assert "has made passwords that phones have until they restart: keep it." in out
    fetch(fetched)
    out = reissue()
    assert out.splitlines()[0] == "New SIP credentials: 0. Phones to restart: 0."
    assert "is used by nobody: take it out." in out


def test_phone_whose_line_has_the_newest_key_gets_just_a_new_password(fetched):
    with transaction.atomic(), scope.entered(scope="support"):
        sip.issue_credentials([fetched.assigned_to])
    out = reissue()
    assert locks() == [(sip.fingerprint_key(SECOND), 2)]
    assert "Phones to restart: 1.\nOther phones with a new password of their own: 1." in out


def test_lost_key_of_a_phones_password_is_missing_until_it_is_replaced(fetched, settings):
    with transaction.atomic(), scope.entered(scope="support"):
        people = SipAccount.objects.filter(kind="person").select_related("user")
        sip.issue_credentials([account.user for account in people])
    settings.SIP_KEYS = [SECOND]
    assert sip_keys.find_missing_keys() == {sip.fingerprint_key(FIRST)}
    reissue("--missing")
    assert sip_keys.find_missing_keys() == set()
    assert locks() == [(sip.fingerprint_key(SECOND), 2)]

"""Demo data: the demo company, and accounts of any size (`manage.py demo`)."""

import random
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Q, Sum
from django.test import RequestFactory

from e911.models import EmergencyAddress, Status
from phoneadmin.demo_inventions import draw_extensions
from phones.models import Kind, Phone, PhoneCount
from phones.spreadsheet import read_sheet
from tests import factories
from tests.phones.importing import GOOD
from users import sip
from users.models import Account, SipAccount, User
from users.numbers import EMERGENCY_NUMBERS
from users.tenancy import scope


def demo(*options, **more):
    out = StringIO()
    call_command("demo", *options, stdout=out, **more)
    return out.getvalue()


@pytest.fixture
def everything(committed):
    """Let the test see all accounts and what the owner's role has committed."""
    with transaction.atomic():
        scope.enter(scope="support")
        yield


@pytest.fixture
def company(db):
    scope.enter(scope="support")
    demo("--company")
    return Account.objects.get()


# --- accounts of any size -------------------------------------------------------------------------


def test_accounts_have_the_size_asked_for(everything):
    demo("--accounts=2", "--phones=100", "--users=120", "--missing=0.1")
    assert Account.objects.count() == 2
    for account in Account.objects.all():
        phones = Phone.objects.filter(account=account)
        assert account.users.count() == 120 and phones.count() == 100
        assert phones.filter(kind=Kind.COMMON).count() == 3
        assigned = phones.exclude(assigned_to=None)
        assert assigned.count() == 87, "nine of ten user phones"
        assert assigned.filter(current_address=None).count() == 9, (
            "one of ten without an E911 address"
        )
        assert 15 < phones.exclude(label="").count() < 55, "about a third has a label"
        assert (
            PhoneCount.objects.filter(account=account).aggregate(Sum("phones"))["phones__sum"]
            == 100
        ), "R8"
        assert (
            account.users.filter(Q(first_name="") | Q(email=None)).count()
            < account.users.filter(plan="basic").count()
        )


def test_accounts_made_later_get_on_with_those_there(everything):
    for _ in range(3):
        demo("--phones=50", "--users=60")
    assert Account.objects.count() == 3 and Phone.objects.count() == 150


def test_whoever_has_a_line_can_sign_in_with_it(everything):
    demo("--phones=10", "--users=30")
    with_line = [user for user in User.objects.select_related("sip") if user.has_line]
    people = SipAccount.objects.filter(kind=SipAccount.Kind.PERSON)
    assert with_line and len(with_line) == people.count(), "R22"
    assert all(
        each.sip.ha1 == sip.compute_ha1(each.sip.username, sip.password_of(each.sip))
        for each in with_line
    )


def test_administrator_of_each_account_signs_in_with_the_demo_password(everything):
    out = demo("--accounts=2", "--phones=1", "--users=1")
    administrators = User.objects.filter(is_administrator=True)
    assert administrators.count() == 2
    for administrator in administrators:
        assert administrator.email.startswith("admin@") and administrator.email in out
        assert administrator.check_password(settings.DEMO_PASSWORD)
    assert settings.DEMO_PASSWORD not in out


def test_share_without_address_can_be_all_or_none(everything):
    demo("--phones=20", "--users=20", "--missing=1")
    assert not EmergencyAddress.objects.exists()
    demo("--phones=20", "--users=20", "--missing=0", "--assigned=1")
    assert EmergencyAddress.objects.count() == 19
    assert not Phone.objects.filter(
        current_address=None, assigned_to__isnull=False, account__gt=Account.objects.first()
    ).exists()


def test_demo_phones_have_addresses_that_no_real_phone_has(everything):
    demo("--phones=50", "--users=50")
    assert all(
        int(mac[:2], 16) & 0b11 == 0b10 for mac in Phone.objects.values_list("mac", flat=True)
    )


@pytest.mark.parametrize("count", [0, 1, 10, 1000, 30_000])
def test_extensions_are_of_many_lengths_and_none_twice(count):
    made = draw_extensions(random.Random(1), count)
    assert len(made) == len(set(made)) == count
    assert not any(ext.startswith(EMERGENCY_NUMBERS) for ext in made), "R13"
    assert count < 1000 or len({len(ext) for ext in made}) >= 3
    assert made == draw_extensions(random.Random(1), count)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--phones=100", "--users=50"],
            "87 phones of each account are to be assigned, but it has 50 users",
        ),
        (["--users=0", "--phones=0"], "at least one user"),
        (["--phones=-1"], "not a number"),
        (["--phones=many"], "not a number"),
        (["--missing=1.1"], "not a share"),
        (["--assigned=nan"], "not a share"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(everything, options, said):
    with pytest.raises(CommandError, match=said):
        demo(*options)
    assert not Account.objects.exists()


@pytest.mark.parametrize("option", ["--company", "--accounts=1"])
def test_demo_data_never_goes_into_production(everything, settings, option):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        demo(option)
    assert not Account.objects.exists()


# --- the demo company -----------------------------------------------------------------------------


def test_company_is_complete(company):
    assert company.name == "Northwind Trading"
    assert (company.users.count(), Phone.objects.count()) == (40, 36)
    assert User.objects.get(first_name="Anh").ext == "131", "R13: not 112"
    assigned = Phone.objects.exclude(assigned_to=None)
    missing = assigned.filter(current_address=None)
    pending = missing.filter(addresses__status=Status.PENDING)
    assert (assigned.count(), missing.count(), pending.count()) == (24, 5, 1), (
        "R8: pending is not yet current"
    )
    for phone in assigned.exclude(current_address=None).select_related(
        "current_address", "assigned_to"
    ):
        address = phone.current_address
        assert address.status == Status.ACCEPTED and address.set_by.is_administrator
        assert address.country == (
            "CA" if phone.assigned_to.caller_id[2:5] in ("416", "514") else "US"
        ), "R26"
        assert "Floor" in address.standardised and address.postal_code in address.standardised


def test_company_can_be_signed_in_to(company):
    administrator, agent = (
        authenticate(RequestFactory().post("/"), email=email, password=password)
        for _, email, password in settings.DEMO_SIGN_INS
    )
    assert administrator.is_administrator and administrator.account == company
    assert agent.is_staff and agent.may_act and agent.account is None, "R1"


def test_company_is_made_only_where_there_is_no_account(db):
    factories.account("Acme")
    assert demo("--company") == "There is an account already; Northwind Trading was not made.\n"
    scope.enter(scope="support")
    assert Account.objects.count() == 1 and not User.objects.exists()


def test_company_is_made_once(company):
    demo("--company")
    assert Account.objects.count() == 1 and User.objects.count() == 41


def test_company_is_made_without_a_word_where_none_is_wanted(db):
    assert demo("--company", verbosity=0) == ""


def test_company_says_no_secret(db):
    assert demo("--company") == "Northwind Trading is there now.\n"


def test_company_leaves_the_macs_of_the_real_files_free(company):
    there = set(Phone.objects.values_list("mac", flat=True))
    rows = read_sheet(GOOD["phones"].encode(), required=["MAC"]).rows
    assert not there & {
        row.cells["MAC"].translate(str.maketrans("", "", ":-.")).lower() for row in rows
    }

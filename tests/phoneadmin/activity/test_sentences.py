"""The sentence with which Activity describes each change (R37)."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from e911.models import EmergencyAddress
from phones import lifecycle
from phones.models import Phone, PhoneModel, Restart
from tests import factories
from users import numbers, people, sip
from users.models import Account, CredentialsRecord, Plan, SipAccount, User
from users.tenancy import history, scope

from .conftest import acting_as, entries

pytestmark = pytest.mark.usefixtures("clean")


DESK, SHOP = "Front desk (80:5E:C0:00:00:01)", "Warehouse (80:5E:C0:00:00:02)"
GOLD = "100 Gold Street, New York, NY 10038"


def model(name: str) -> PhoneModel:
    return PhoneModel.objects.get(name=name)


def become(address: EmergencyAddress, **values) -> None:
    EmergencyAddress.objects.filter(pk=address.pk).update(**values)


def waiting(c) -> EmergencyAddress:
    """Return an address that waits for the provider."""
    return factories.address(c["desk"], status="pending", current=False)


# What exists before, what one transaction does with it, and what Activity says about that.
TOLD = {
    "phone added": (
        None,
        lambda c, _: lifecycle.add_phone(
            account_id=c["account"].pk, mac="805ec00000aa", model=model("Snom D785"), label="Lobby"
        ),
        ["Added Lobby (80:5E:C0:00:00:AA)."],
    ),
    "phone added without a label": (
        None,
        lambda c, _: lifecycle.add_phone(
            account_id=c["account"].pk, mac="805ec00000aa", model=model("Snom D785")
        ),
        ["Added Snom D785 (80:5E:C0:00:00:AA)."],
    ),
    "phone added for someone": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf"),
        lambda c, wyn: Phone.objects.create(
            account=c["account"], mac="805ec00000aa", model=model("Snom D785"), assigned_to=wyn
        ),
        ["Added Snom D785 (80:5E:C0:00:00:AA) for Wyn Wolf."],
    ),
    "label": (
        None,
        lambda c, _: lifecycle.relabel_phone(c["desk"], "Reception"),
        ["Changed Reception (80:5E:C0:00:00:01): label: Front desk → Reception."],
    ),
    "label emptied": (
        None,
        lambda c, _: lifecycle.relabel_phone(c["desk"], ""),
        ["Changed Yealink SIP-T54W (80:5E:C0:00:00:01): label: Front desk → none."],
    ),
    "model and MAC address": (
        None,
        lambda c, _: lifecycle.correct_phone(
            c["desk"], mac="805ec00000ab", model=model("Snom D785")
        ),
        [
            "Changed Front desk (80:5E:C0:00:00:AB): model: Yealink SIP-T54W → Snom D785;"
            " MAC address: 80:5E:C0:00:00:01 → 80:5E:C0:00:00:AB."
        ],
    ),
    "user phone made a place's": (
        None,
        lambda c, _: lifecycle.make_common_area(c["desk"], label="Lobby", ext="80", caller_id=None),
        [
            "Took Lobby (80:5E:C0:00:00:01) from Uma Ulm.",
            "Made Lobby (80:5E:C0:00:00:01) a common-area phone.",
            "Changed Lobby (80:5E:C0:00:00:01): label: Front desk → Lobby; extension: none → 80.",
            "SIP credentials changed: Uma Ulm.",
        ],
    ),
    "place's phone made a user phone": (
        lambda c: factories.phone(
            c["account"], label="Hall", mac="805ec00000ac", kind="common", ext="80"
        ),
        lambda c, hall: lifecycle.make_user_phone(hall),
        [
            "Made Hall (80:5E:C0:00:00:AC) a user phone.",
            "Changed Hall (80:5E:C0:00:00:AC): extension: 80 → none.",
        ],
    ),
    "phone removed": (
        lambda c: factories.address(c["desk"]),
        lambda c, _: lifecycle.remove_phone(c["desk"]),
        [
            f"Took {DESK} from Uma Ulm.",
            f"Removed {DESK}.",
            f"The E911 address of {DESK} is no longer in force: {GOLD}.",
            "SIP credentials changed: Uma Ulm.",
        ],
    ),
    "phone replaced": (
        lambda c: factories.address(c["desk"]),
        lambda c, _: lifecycle.replace_phone(
            c["desk"], mac="805ec00000ad", model=model("Snom D785")
        ),
        [
            "Added Front desk (80:5E:C0:00:00:AD) for Uma Ulm.",
            f"Took {DESK} from Uma Ulm.",
            f"Removed {DESK}.",
            f"Set the E911 address of Front desk (80:5E:C0:00:00:AD): {GOLD}.",
            f"The E911 address of {DESK} is no longer in force: {GOLD}.",
            "SIP credentials changed: Uma Ulm.",
        ],
    ),
    "phone brought back": (
        lambda c: factories.phone(
            c["account"], label="Old", mac="805ec00000ae", retired_at=timezone.now()
        ),
        lambda c, old: Phone.objects.filter(pk=old.pk).update(retired_at=None),
        ["Brought Old (80:5E:C0:00:00:AE) back."],
    ),
    "phone deleted": (
        lambda c: factories.phone(c["account"], label="Old", mac="805ec00000ae"),
        lambda c, old: Phone.objects.filter(pk=old.pk).delete(),
        ["Deleted Old (80:5E:C0:00:00:AE)."],
    ),
    "phone given by hand": (
        lambda c: factories.phone(c["account"], label="Spare", mac="805ec00000ac"),
        lambda c, spare: (
            Phone.objects.filter(pk=c["desk"].pk).update(assigned_to=None),
            Phone.objects.filter(pk=spare.pk).update(assigned_to=c["uma"]),
        ),
        [f"Took {DESK} from Uma Ulm.", "Gave Spare (80:5E:C0:00:00:AC) to Uma Ulm."],
    ),
    "person added": (
        None,
        lambda c, _: people.add(
            account_id=c["account"].pk, plan="pro", first_name="Wyn", last_name="Wolf"
        ),
        ["Added Wyn Wolf."],
    ),
    "person without a name added": (
        None,
        lambda c, _: people.add(account_id=c["account"].pk, plan="basic", email="w@example.com"),
        ["Added w@example.com."],
    ),
    "number entered": (
        None,
        lambda c, _: numbers.add_caller_number(account_id=c["account"].pk, number="+14155550100"),
        ["Added the telephone number +14155550100."],
    ),
    "number imported": (
        None,
        lambda c, _: numbers.add_unconfirmed(
            account_id=c["account"].pk, numbers=["+14155550100", "+14155550100"]
        ),
        ["Added the telephone number +14155550100, not confirmed."],
    ),
    "number confirmed": (
        lambda c: factories.caller_number(c["account"], "+14155550100", confirmed=False),
        lambda c, number: numbers.confirm_caller_number(number),
        ["Confirmed the telephone number +14155550100."],
    ),
    "number removed": (
        lambda c: factories.caller_number(c["account"], "+14155550100"),
        lambda c, number: numbers.remove_caller_number(number),
        ["Removed the telephone number +14155550100."],
    ),
    "person edited": (
        lambda c: factories.caller_number(c["account"], "+14155550100"),
        lambda c, _: people.edit(
            c["uma"], first_name="Una", ext="111", caller_id="+14155550100", is_administrator=True
        ),
        [
            "Changed Una Ulm: first name: Uma → Una; extension: 11 → 111; caller number: none →"
            " +14155550100; administrator: no → yes."
        ],
    ),
    "plan": (
        None,
        lambda c, _: people.change_plan(c["vic"], Plan.PLUS),
        ["Changed Vic Vance: plan: Pro → Plus."],
    ),
    "plan without a line": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf"),
        lambda c, wyn: people.change_plan(wyn, Plan.BASIC),
        ["Changed Wyn Wolf: plan: Pro → Basic."],
    ),
    "plan with a line": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf", plan="basic"),
        lambda c, wyn: people.change_plan(wyn, Plan.PRO),
        ["Changed Wyn Wolf: plan: Basic → Pro."],
    ),
    "person deactivated": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf"),
        lambda c, wyn: people.set_active(wyn, False),
        ["Changed Wyn Wolf: active: yes → no."],
    ),
    "second factor": (
        None,
        lambda c, _: User.objects.filter(pk=c["vic"].pk).update(has_second_factor=True),
        ["Changed Vic Vance: second factor: no → yes."],
    ),
    "person deleted": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf"),
        lambda c, wyn: people.delete(wyn),
        ["Deleted Wyn Wolf."],
    ),
    "invitation": (
        None,
        lambda c, _: history.record_action(c["uma"], history.INVITED),
        ["Invited Uma Ulm by email."],
    ),
    "visit": (
        None,
        lambda c, _: history.record_action(c["account"], history.VISITED),
        ["Looked at the pages of this account."],
    ),
    "credentials by hand": (
        None,
        lambda c, _: SipAccount.objects.filter(user=c["uma"]).delete(),
        ["SIP credentials withdrawn: Uma Ulm."],
    ),
    "credentials for whoever had none": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf", plan="basic"),
        lambda c, wyn: sip.issue_credentials([wyn]),
        ["New SIP credentials: Wyn Wolf."],
    ),
    "address set": (
        None,
        lambda c, _: factories.address(c["desk"]),
        [f"Set the E911 address of {DESK}: {GOLD}."],
    ),
    "address changed": (
        lambda c: factories.address(c["desk"]),
        lambda c, old: (
            become(old, status="withdrawn"),
            factories.address(c["desk"], standardised="1 Main St"),
        ),
        [
            f"The E911 address of {DESK} is no longer in force: {GOLD}.",
            f"Set the E911 address of {DESK}: 1 Main St.",
        ],
    ),
    "address entered": (
        None,
        lambda c, _: waiting(c),
        [f"Entered an E911 address of {DESK}: {GOLD}."],
    ),
    "address accepted": (
        waiting,
        lambda c, a: become(
            a, status="accepted", callback_number="+14155550100", caller_name="Uma Ulm"
        ),
        [
            f"The E911 address of {DESK} was accepted: {GOLD}.",
            f"The dispatcher calls {DESK} back as Uma Ulm, +14155550100.",
        ],
    ),
    "address refused": (
        waiting,
        lambda c, a: become(a, status="refused", words="No such street."),
        [
            f"The E911 address of {DESK} was refused: {GOLD}.",
            f"The E911 provider says of {DESK}: No such street.",
        ],
    ),
    "address given up": (
        waiting,
        lambda c, a: become(a, status="withdrawn"),
        [f"The E911 address of {DESK} was withdrawn before it came into force: {GOLD}."],
    ),
    "address that has to wait again": (
        lambda c: factories.address(c["desk"]),
        lambda c, a: become(a, status="pending"),
        [f"The E911 address of {DESK} is waiting for the E911 provider again: {GOLD}."],
    ),
    "provider's words": (
        waiting,
        lambda c, a: become(a, words="Cannot be reached."),
        [f"The E911 provider says of {DESK}: Cannot be reached."],
    ),
    "address deleted": (
        waiting,
        lambda c, a: EmergencyAddress.objects.filter(pk=a.pk).delete(),
        [f"Deleted an E911 address of {DESK}: {GOLD}."],
    ),
    "address out of force by hand": (
        lambda c: factories.address(c["desk"]),
        lambda c, _: Phone.objects.filter(pk=c["desk"].pk).update(current_address=None),
        [f"{DESK} no longer has an E911 address in force."],
    ),
    "other address in force by hand": (
        lambda c: factories.address(c["desk"], current=False),
        lambda c, a: Phone.objects.filter(pk=c["desk"].pk).update(current_address=a),
        [f"Put another E911 address in force for {DESK}."],
    ),
    "account": (
        None,
        lambda c, _: Account.objects.filter(pk=c["account"].pk).update(
            name="Acme Inc.", second_factor_required=True
        ),
        [
            "Changed the account: name: Acme → Acme Inc.; second factor for all administrators:"
            " no → yes."
        ],
    ),
    "what has no words": (
        None,
        lambda c, _: Phone.objects.filter(pk=c["desk"].pk).update(created_at=timezone.now()),
        ["Changed details that aren’t listed here."],
    ),
}


@pytest.mark.parametrize("what", TOLD)
def test_change_is_told_in_plain_sentences(browser, company, what):
    before, do, said = TOLD[what]
    there = before(company) if before else None
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        do(company, there)
    assert entries(browser)[0][1] == said


def test_change_that_comes_to_nothing_is_not_told(browser, company):
    before = entries(browser)
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        lifecycle.relabel_phone(company["desk"], "Reception")
        lifecycle.relabel_phone(company["desk"], "Front desk")
        wyn = User.objects.create(account=company["account"], first_name="Wyn")
        wyn.delete()
    assert entries(browser) == before


RESTARTS = {
    "asked": f"Asked {DESK} to restart.",
    "silent": f"Asked {DESK} to restart; it didn’t answer.",
    "cannot": f"Asked {DESK} to restart; it can’t be restarted this way.",
    "unreachable": f"Tried to restart {DESK}; it couldn’t be asked.",
    "": f"Tried to restart {DESK}; it couldn’t be asked.",
}


@pytest.mark.parametrize("answer", RESTARTS)
def test_restart_is_told_with_what_the_phone_answered(browser, company, answer):
    with transaction.atomic(), acting_as(company["alice"]):
        Restart.objects.create(
            account=company["account"], phone=company["desk"], by=company["alice"], answer=answer
        )
    assert entries(browser)[0] == ("Alice Archer", [RESTARTS[answer]])


def test_look_at_a_password_is_told_and_at_the_rest_is_not(browser, company):  # R22
    before = len(entries(browser))
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        sip.record_access(company["uma"], CredentialsRecord.What.LOOKED, by=company["alice"])
        sip.record_access(company["uma"], CredentialsRecord.What.PASSWORD, by=company["alice"])
    assert entries(browser)[0] == ("Alice Archer", ["Looked at the SIP password of Uma Ulm."])
    assert len(entries(browser)) == before + 1

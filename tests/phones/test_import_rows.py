"""Imported rows are judged against each other, the account and other accounts."""

import threading

import pytest
from django.db import connection, transaction

from phones.importing import ImportFailed, RowOutcome
from phones.models import Phone
from tests import factories
from tests.waiting import wait_until
from users.models import Account, SipAccount, User
from users.tenancy import scope

from .importing import (
    ANNA,
    MODEL,
    PHONE,
    USER,
    bring_in,
    outcomes,
    reasons,
    told,
)


def test_one_bad_row_keeps_everything_out(acme):
    report = bring_in(
        users=USER + ANNA + "Bo,Ek,no address,106,Pro,,\n",
        phones=PHONE + f"805ec0aaaaaa,{MODEL},,user,105",
    )
    assert not report.written and len(report.refused) == 1
    assert (
        not User.objects.exists() and not Phone.objects.exists() and not SipAccount.objects.exists()
    )


def test_all_problems_of_a_row_are_told_at_once(acme):
    report = bring_in(
        users=USER + "A\x07,Ek,nobody,911,Gold,12,boss,,more\n", phones=PHONE + "1,2,3,4,5\n"
    )
    columns = ["", "First name", "Email", "Extension", "Plan", "Caller ID", "Role"]
    columns += ["MAC", "Model", "Kind", "Assigned extension"]
    assert sorted(column for column, _ in reasons(report)) == sorted(columns)


def test_person_who_differs_is_refused_and_not_changed(acme):
    bring_in(users=USER + ANNA)
    report = bring_in(
        users=USER
        + ANNA.replace("Ek", "Eriksson").replace("Pro", "Plus").replace(",\n", ",admin\n")
    )
    assert reasons(report) == [
        (
            "Last name",
            (
                "Anna Ek is already in the account, with “Ek”. An import doesn’t change it; edit"
                " it there."
            ),
        ),
        (
            "Plan",
            (
                "Anna Ek is already in the account, with “pro”. An import doesn’t change it; edit "
                "it there."
            ),
        ),
        (
            "Role",
            (
                "Anna Ek is already in the account, with nothing in this column. An import"
                " doesn’t change it; edit it there."
            ),
        ),
    ]
    assert User.objects.get().last_name == "Ek"


def test_phone_that_differs_is_refused_and_not_reassigned(acme):
    bring_in(users=USER + ANNA, phones=PHONE + f"805ec0aaaaaa,{MODEL},Desk,user,\n")
    before = SipAccount.objects.get(kind="person").username
    report = bring_in(phones=PHONE + f"805ec0aaaaaa,{MODEL},Dock,common,105\n")
    assert [column for column, _ in reasons(report)] == ["Label", "Kind", "Assigned extension"]
    assert Phone.objects.get().assigned_to is None
    assert SipAccount.objects.get(kind="person").username == before


def test_columns_that_a_file_does_not_have_are_not_compared(acme):
    bring_in(users=USER + ANNA, phones=PHONE + f"805ec0aaaaaa,{MODEL},Desk,common,\n")
    report = bring_in(
        users="Extension,Plan,Last name,First name,Email\n105,PRO,Ek,Anna,ANNA@acme.example",
        phones=f"MAC,Model\n80-5e-c0-aa-aa-aa,{MODEL.upper()}",
    )
    assert outcomes(report.users) == outcomes(report.phones) == {"unchanged": 1}


def test_person_without_email_is_known_by_extension(acme):
    rows = USER + "Hiro,Rossi,,110,Pro,,\n"
    assert outcomes(bring_in(users=rows).users) == {"added": 1}
    assert outcomes(bring_in(users=rows).users) == {"unchanged": 1}
    report = bring_in(users=USER + ANNA.replace("105", "110"))
    assert ("Email" in dict(reasons(report))) and "with nothing in this column" in dict(
        reasons(report)
    )["Email"]


def test_person_with_neither_email_nor_extension_is_refused(acme):
    [(column, reason)] = reasons(bring_in(users=USER + "Hiro,Rossi,,,Basic,,\n"))
    assert column == "" and "email or an extension" in reason


def test_administrator_needs_an_email(acme):
    assert [
        column for column, _ in reasons(bring_in(users=USER + "Hiro,Rossi,,110,Pro,,admin\n"))
    ] == ["Email"]


# --- what only one can have -----------------------------------------------------------------------


def test_email_and_extension_that_stand_twice_are_refused_the_second_time(acme):
    report = bring_in(users=USER + ANNA + "Bo,Ek,ANNA@acme.example,105,Pro,,\n", skip_bad=True)
    assert told(report) == [
        ("users.csv", 3, "Email", "ANNA@acme.example", "It’s already on line 2."),
        ("users.csv", 3, "Extension", "105", "It’s already on line 2."),
    ]


def test_label_that_another_phone_has_is_refused(acme):
    factories.phone(acme, label="Straße")
    rows = [f"805ec0aaaa0{n},{MODEL},{label},{kind},\n" for n, label, kind in (
        (1, "STRASSE", "user"), (2, "Cafe\u0301", "user"), (3, "\u00a0CAF\u00c9 ", "common"),
        (4, "", "user"), (5, "", "user"),
    )]  # fmt: skip
    report = bring_in(phones=PHONE + "".join(rows), skip_bad=True)
    assert [(line, column) for _, line, column, _, _ in told(report)] == [
        (2, "Label"),
        (4, "Label"),
    ], "R5"
    assert Phone.objects.get(mac="805ec0aaaa02").label == "Café"


def test_second_phone_for_a_person_is_refused(acme):
    anna = factories.person(acme, "Anna", "Ek", ext="105")
    factories.person(acme, "Bo", "Ek", ext="106")
    factories.phone(acme, assigned_to=anna, mac="805ec0bbbbbb")
    rows = "".join(
        f"805ec0aaaa0{n},{MODEL},,user,{ext}\n" for n, ext in ((1, "105"), (2, "106"), (3, "106"))
    )
    report = bring_in(phones=PHONE + rows, skip_bad=True)
    assert [(line, reason) for _, line, _, _, reason in told(report)] == [
        (2, "Anna Ek already has a phone: 80:5E:C0:BB:BB:BB."),
        (4, "Bo Ek already has a phone: 80:5E:C0:AA:AA:02."),
    ], "R13"


def test_person_whose_first_row_is_refused_can_have_the_phone_of_a_later_one(acme):
    factories.person(acme, ext="105")
    rows = f"805ec0aaaa01,Bell 500,,user,105\n805ec0aaaa02,{MODEL},,user,105\n"
    report = bring_in(phones=PHONE + rows, skip_bad=True)
    assert [verdict.outcome for verdict in report.phones] == [RowOutcome.REFUSED, RowOutcome.ADDED]
    assert Phone.objects.get().assigned_to.ext == "105"


@pytest.mark.parametrize(
    ("person", "kind", "reason"),
    [
        ({"plan": "basic"}, "user", "Basic plan"),
        ({"first_name": "", "email": None}, "user", "Missing: first name, email"),
        ({"is_active": False}, "user", "Deactivated"),
        ({}, "common", "belongs to a place"),
    ],
)
def test_phone_for_somebody_who_cannot_have_it_says_why(acme, person, kind, reason):
    factories.person(acme, ext="105", **person)
    [(column, said)] = reasons(bring_in(phones=PHONE + f"805ec0aaaaaa,{MODEL},,{kind},105\n"))
    assert column == "Assigned extension" and reason in said, "R12, R13, R19"


def test_existing_person_who_gets_a_phone_gets_other_credentials_and_nobody_else_does(acme):
    anna, bo = factories.person(acme, ext="105"), factories.person(acme, ext="106")
    before = {user.pk: SipAccount.objects.get(user=user).username for user in (anna, bo)}
    bring_in(phones=PHONE + f"805ec0aaaaaa,{MODEL},,user,105\n")
    assert SipAccount.objects.get(user=anna).username != before[anna.pk], "R14"
    assert SipAccount.objects.get(user=bo).username == before[bo.pk]


# --- other accounts -------------------------------------------------------------------------------


def test_mac_and_email_of_another_account_are_refused_without_a_word_about_it(acme, other):
    stranger = factories.person(other, "Sven", "Secret", email="sven@other.example", ext="105")
    factories.phone(other, assigned_to=stranger, mac="805ec0aaaaaa", label="Secret")
    agent = factories.support_agent()
    report = bring_in(
        users=USER + f"A,B,SVEN@other.example,105,Pro,,\nC,D,{agent.email},106,Pro,,\n",
        phones=PHONE + f"805ec0aaaaaa,{MODEL},Desk,user,\n",
    )
    assert reasons(report) == [
        (
            "Email",
            (
                "This email address is already in use. If it isn’t one of your users, contact"
                " support."
            ),
        ),
        (
            "Email",
            (
                "This email address is already in use. If it isn’t one of your users, contact"
                " support."
            ),
        ),
        (
            "MAC",
            "This MAC address is already in use. If it isn’t one of your phones, contact support.",
        ),
    ], "R6"


def test_extension_and_label_of_another_account_are_free(acme, other):
    factories.person(other, ext="105")
    factories.phone(other, label="Desk")
    assert bring_in(
        users=USER + ANNA, phones=PHONE + f"805ec0aaaaaa,{MODEL},Desk,user,105\n"
    ).written


def test_extension_of_another_account_is_nobodys_here(acme, other):
    factories.person(other, ext="105")
    [(_, reason)] = reasons(bring_in(phones=PHONE + f"805ec0aaaaaa,{MODEL},,user,105\n"))
    assert reason == "No one in this account has this extension."


def test_mac_of_a_retired_phone_can_come_in_again(acme, other):
    factories.phone(other, mac="805ec0aaaaaa", retired_at="2026-01-01T00:00Z")
    assert bring_in(phones=PHONE + f"805ec0aaaaaa,{MODEL},,user,\n").written, "R38"


def test_import_leaves_the_scope_that_was_there(acme, other):
    bring_in("Other", users=USER + ANNA)
    assert not User.objects.exists(), "the test sees acme only"
    bring_in("Other", users=USER + "Bo,Ek,no address,106,Pro,,\n")
    assert list(Account.objects.all()) == [acme]


def test_mac_that_another_account_adds_at_the_same_moment_is_a_clear_error(committed, owner):
    account, other = factories.account("Acme"), factories.account("Other")
    owner.execute(
        "INSERT INTO phones_phone (account_id, kind, model_id, mac, label, search, model_name, "
        "created_at)"
        " SELECT %s, 'user', id, '805ec0aaaaaa', '', '', '', now() FROM phones_phonemodel LIMIT 1",
        [other.pk],
    )
    failure = []

    def importing():
        try:
            bring_in(users=USER + ANNA, phones=PHONE + f"805ec0aaaaaa,{MODEL},,user,105\n")
        except ImportFailed as error:
            failure.append(str(error))
        finally:
            connection.close()

    thread = threading.Thread(target=importing)
    thread.start()
    wait_until(
        lambda: owner.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]
    )
    owner.commit()
    thread.join(10)
    assert failure == [
        "Someone else was changing the same data. Nothing was written; start the import again."
    ]
    with transaction.atomic(), scope.entered(scope="support"):
        assert (
            not User.objects.filter(account=account).exists()
            and not Phone.objects.filter(account=account).exists()
        )

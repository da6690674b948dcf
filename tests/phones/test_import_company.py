"""Import a company from its spreadsheets: Northwind's people and phones as they really come."""

import threading
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from phones import mac
from phones.importing import ImportFailed, RowOutcome, Source, import_company
from phones.models import Kind, Phone
from phones.spreadsheet import BadSpreadsheet, write_phones_csv
from tests import factories
from tests.waiting import wait_until
from users.models import Account, SipCredentials, User
from users.tenancy import scope

DATA = Path(__file__).parent.parent / "data"
USERS = (DATA / "northwind_users.csv").read_text()
PHONES = (DATA / "northwind_phones.csv").read_text()
BAD_PHONES = (DATA / "northwind_phones_bad.csv").read_text()
GOOD = {"users": USERS.replace(",112,", ",131,"), "phones": PHONES.replace(",112\n", ",131\n")}

USER = "First name,Last name,Email,Extension,Plan,Caller ID,Role\n"
PHONE = "MAC,Model,Label,Kind,Assigned extension\n"
MODEL = "Yealink SIP-T46U"
ANNA = "Anna,Ek,anna@acme.example,105,Pro,+14155550100,\n"


def bring_in(name="Acme", *, users=None, phones=None, skip_bad=False):
    sources = {
        kind: Source(f"{kind}.csv", text if isinstance(text, bytes) else text.encode())
        for kind, text in (("users", users), ("phones", phones))
        if text is not None
    }
    return import_company(name=name, skip_bad=skip_bad, **sources)


def outcomes(verdicts):
    return dict(Counter(verdict.outcome.value for verdict in verdicts))


def told(report):
    """Everything that was refused: file, line, column, value, reason."""
    return [
        (v.file, v.line, p.column, p.value, p.reason) for v in report.refused for p in v.problems
    ]


def reasons(report):
    return [(column, reason) for _, _, column, _, reason in told(report)]


@pytest.fixture
def everything(db):
    """The test sees all accounts."""
    scope.enter(scope="support")


@pytest.fixture
def northwind(everything):
    bring_in("Northwind", **GOOD)
    return Account.objects.get(name="Northwind")


# --- the three ways to bring Northwind in ---------------------------------------------------------


def test_northwind_as_it_is_is_refused_for_its_emergency_number(everything):
    report = bring_in("Northwind", users=USERS, phones=PHONES)
    assert told(report) == [
        (
            "users.csv",
            13,
            "Extension",
            "112",
            "911, 933 and 112 are emergency numbers and cannot be extensions.",
        ),
        (
            "phones.csv",
            28,
            "Assigned extension",
            "112",
            "Nobody in this account has this extension.",
        ),
    ], "R13: 112 reaches a dispatcher"
    assert not report.written
    assert not Account.objects.exists() and not User.objects.exists() and not Phone.objects.exists()


def test_northwind_without_its_bad_rows_comes_in(everything):
    report = bring_in("Northwind", users=USERS, phones=PHONES, skip_bad=True)
    assert report.written and len(report.refused) == 2
    assert (User.objects.count(), Phone.objects.count()) == (39, 35)


def test_northwind_with_another_extension_comes_in_whole(northwind):
    assert (
        User.objects.filter(account=northwind).count(),
        Phone.objects.filter(account=northwind).count(),
    ) == (40, 36)
    raj, hiro = User.objects.get(ext="106"), User.objects.get(ext="110")
    assert (raj.first_name, hiro.email) == ("", None), (
        "people who are not fully set up are kept as they are (R19)"
    )
    assert not raj.can_have_phone and not hiro.can_have_phone
    tamar = User.objects.get(ext="101")
    assert tamar.is_administrator and not tamar.has_usable_password()
    assert (tamar.plan, tamar.caller_id, User.objects.filter(is_administrator=True).count()) == (
        "basic",
        "+14155550100",
        2,
    )
    assert User.objects.get(ext="109").name == "Zoë Bélanger"
    zoes = Phone.objects.get(assigned_to__ext="109")
    assert (zoes.mac, zoes.model.name) == ("482567d28286", "Poly Edge E350"), (
        "R6: one form for six notations"
    )
    assert Phone.objects.filter(kind=Kind.COMMON).count() == 3
    with_line = User.objects.filter(plan__in=["plus", "pro"])
    assert (
        SipCredentials.objects.count()
        == with_line.count()
        == with_line.filter(sip__isnull=False).count()
    ), "R22"


def test_northwind_again_changes_nothing(northwind):
    before = [
        list(model.objects.order_by("pk").values()) for model in (User, Phone, SipCredentials)
    ]
    report = bring_in(" northWIND ", **GOOD)
    assert outcomes(report.users) == {"unchanged": 40} and outcomes(report.phones) == {
        "unchanged": 36
    }
    assert before == [
        list(model.objects.order_by("pk").values()) for model in (User, Phone, SipCredentials)
    ]


# --- northwind_phones_bad.csv: ten verdicts -------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        (2, "MAC", "80:5E:C0:GG:11:22", "“g” is not a hexadecimal digit"),
        (3, "MAC", "805ec0", "has 12 digits; this one has 6"),
        (4, "Model", "Unknown 3000", "It is one of: Cisco CP-6841-3PCC, Cisco CP-7841-3PCC"),
        (5, "Assigned extension", "5555", "Nobody in this account has this extension"),
        (6, "Assigned extension", "101", "Basic plan"),
        (7, "MAC", "805EC0112235", "It stands on line 6 already"),
        (8, "MAC", "00:00:00:00:00:00", "zeros"),
        (9, "MAC", "01:00:5e:00:00:01", "multicast"),
        (10, None, None, None),
        (11, "Kind", "lobby", "It is one of: user, common"),
    ],
)
def test_bad_phone_gets_its_verdict(northwind, line, column, value, reason):
    report = bring_in("Northwind", phones=BAD_PHONES, skip_bad=True)
    assert [verdict.line for verdict in report.phones] == list(range(2, 12))
    verdict = next(verdict for verdict in report.phones if verdict.line == line)
    if column is None:
        assert verdict.outcome == RowOutcome.ADDED and not verdict.problems
        assert Phone.objects.get(mac="805ec0112236").label == "=cmd|' /C calc'!A0", (
            "a formula is a text like any other"
        )
    else:
        assert verdict.outcome == RowOutcome.REFUSED
        [problem] = verdict.problems
        assert (problem.column, problem.value) == (column, value) and reason in problem.reason


def test_unknown_model_is_refused_with_every_known_one(northwind):
    [(column, reason)] = reasons(
        bring_in("Northwind", phones=PHONE + "805ec0aaaaaa,Bell 500,,user,\n")
    )
    assert column == "Model" and reason.count(",") == 26 and "Yealink SIP-T57W" in reason


# --- all or nothing, repeated, and what is there already ------------------------------------------


def test_one_bad_row_keeps_everything_out(acme):
    report = bring_in(
        users=USER + ANNA + "Bo,Ek,no address,106,Pro,,\n",
        phones=PHONE + f"805ec0aaaaaa,{MODEL},,user,105",
    )
    assert not report.written and len(report.refused) == 1
    assert (
        not User.objects.exists()
        and not Phone.objects.exists()
        and not SipCredentials.objects.exists()
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
                "Anna Ek is in the account already, with “Ek”. An import changes nothing; edit it "
                "there."
            ),
        ),
        (
            "Plan",
            (
                "Anna Ek is in the account already, with “pro”. An import changes nothing; edit "
                "it there."
            ),
        ),
        (
            "Role",
            (
                "Anna Ek is in the account already, with nothing in this column. An import "
                "changes nothing; edit it there."
            ),
        ),
    ]
    assert User.objects.get().last_name == "Ek"


def test_phone_that_differs_is_refused_and_not_reassigned(acme):
    bring_in(users=USER + ANNA, phones=PHONE + f"805ec0aaaaaa,{MODEL},Desk,user,\n")
    before = SipCredentials.objects.get().username
    report = bring_in(phones=PHONE + f"805ec0aaaaaa,{MODEL},Dock,common,105\n")
    assert [column for column, _ in reasons(report)] == ["Label", "Kind", "Assigned extension"]
    assert (
        Phone.objects.get().assigned_to is None and SipCredentials.objects.get().username == before
    )


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
        ("users.csv", 3, "Email", "ANNA@acme.example", "It stands on line 2 already."),
        ("users.csv", 3, "Extension", "105", "It stands on line 2 already."),
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
        (2, "Anna Ek has a phone already: 80:5E:C0:BB:BB:BB."),
        (4, "Bo Ek has a phone already: 80:5E:C0:AA:AA:02."),
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
    before = {user.pk: SipCredentials.objects.get(user=user).username for user in (anna, bo)}
    bring_in(phones=PHONE + f"805ec0aaaaaa,{MODEL},,user,105\n")
    assert SipCredentials.objects.get(user=anna).username != before[anna.pk], "R14"
    assert SipCredentials.objects.get(user=bo).username == before[bo.pk]


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
                "This email address is already in use. If it is not one of your users, contact "
                "support."
            ),
        ),
        (
            "Email",
            (
                "This email address is already in use. If it is not one of your users, contact "
                "support."
            ),
        ),
        (
            "MAC",
            "This MAC address is already in use. If it is not one of your phones, contact support.",
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
    assert reason == "Nobody in this account has this extension."


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
        "Somebody else was changing the same data. Nothing was written; start the import again."
    ]
    with transaction.atomic(), scope.entered(scope="support"):
        assert (
            not User.objects.filter(account=account).exists()
            and not Phone.objects.filter(account=account).exists()
        )


# --- what files hold ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+1 (415) 555-0100", "+14155550100"),
        ("4155550100", "+14155550100"),
        ("'+14155550100", "+14155550100"),
        ("", ""),
    ],
)
def test_caller_id_is_kept_in_one_notation(acme, typed, kept):
    bring_in(users=USER + f"Anna,Ek,anna@acme.example,105,Pro,{typed},\n")
    assert User.objects.get().caller_id == kept


def test_file_in_windows_encoding_and_with_unknown_columns_comes_in_with_a_note(acme):
    text = (
        "MAC;Model;Label;Colour;Assigned to;E911 address\n"
        + f"805ec0aaaaaa;{MODEL};Réception;red;Zoë;here\n"
    )
    report = bring_in(phones=text.encode("cp1252"))
    assert Phone.objects.get().label == "Réception"
    assert report.notes == (
        "phones.csv: not used: Colour.",
        "phones.csv: is not in UTF-8 and was read as Windows-1252. Look at its accents.",
    )


def test_download_of_the_phones_imports_again_unchanged(northwind):
    bring_in("Northwind", phones=BAD_PHONES, skip_bad=True)
    rows = [
        (
            mac.format(phone.mac),
            phone.model.name,
            phone.label,
            phone.kind,
            phone.assigned_to and phone.assigned_to.ext,
            phone.assigned_to and phone.assigned_to.name,
            None,
        )
        for phone in Phone.objects.select_related("model", "assigned_to")
    ]
    text = "".join(write_phones_csv(rows))
    assert ",'=cmd|' /C calc'!A0," in text, "a spreadsheet program must not take it for a formula"
    report = bring_in("Northwind", phones=text)
    assert outcomes(report.phones) == {"unchanged": 37} and not report.notes, "R9"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("x" * 61, "at most 60 characters"),
        ("x" * 100_000, "at most 60 characters"),
        ('"two\nlines"', "cannot be seen"),
        ("bell\x07", "cannot be seen"),
    ],
)
def test_label_that_cannot_be_kept_is_refused(acme, label, reason):
    [(column, said)] = reasons(bring_in(phones=PHONE + f"805ec0aaaaaa,{MODEL},{label},user,\n"))
    assert column == "Label" and reason in said


@pytest.mark.parametrize(
    ("phones", "said"),
    [
        (
            PHONE + f"805ec0aaaaaa,{MODEL},{'x' * 1_000_000},user,\n",
            "phones.csv: Line 2 cannot be read",
        ),
        (PHONE + f"805ec0aaaaaa,{MODEL},a\0b,user,\n", "phones.csv: This is no text file: line 2"),
        ("", "phones.csv: The file is empty"),
        ("MAC,Label\n", "phones.csv: A column is missing: Model"),
    ],
)
def test_file_that_cannot_be_read_stops_the_import_even_when_bad_rows_are_skipped(
    everything, phones, said
):
    with pytest.raises(BadSpreadsheet, match=said):
        bring_in(users=USER + ANNA, phones=phones, skip_bad=True)
    assert not Account.objects.exists()


def test_file_with_nothing_but_columns_adds_nothing(acme):
    report = bring_in(users=USER, phones=PHONE)
    assert report.written and report.users == report.phones == ()


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x07b", "a\0b"])
def test_name_that_is_none_is_refused(everything, name):
    with pytest.raises(ImportFailed, match="The account’s name"):
        bring_in(name, users=USER + ANNA)


def test_import_takes_the_same_number_of_queries_for_any_number_of_rows(
    acme, django_assert_num_queries
):
    def rows(start, count):
        numbers = range(start, start + count)
        return {
            "users": USER + "".join(f"A,B,a{n}@acme.example,{n},Pro,,\n" for n in numbers),
            "phones": PHONE
            + "".join(f"805ec0{n:06x},{MODEL},Desk {n},user,{n}\n" for n in numbers),
        }

    for start, count in ((1000, 1), (2000, 300)):
        with django_assert_num_queries(19):
            assert bring_in(**rows(start, count)).written


# --- the command ----------------------------------------------------------------------------------


def command(tmp_path, name="Northwind", *options, **files):
    out, err = StringIO(), StringIO()
    for kind, text in files.items():
        (tmp_path / f"{kind}.csv").write_text(text, newline="")
        options = (*options, f"--{kind}", str(tmp_path / f"{kind}.csv"))
    try:
        call_command("import_company", name, *options, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), err.getvalue() + str(error)
    return 0, out.getvalue(), err.getvalue()


def test_command_refuses_with_exit_code_1_and_says_where_and_why(tmp_path, everything):
    code, out, err = command(tmp_path, users=USERS, phones=PHONES)
    assert code == 1 and "added\n" not in out
    assert "People: 39 added, 0 unchanged, 1 refused" in out
    assert err.splitlines() == [
        (
            "users.csv line 13: Extension “112”: refused: 911, 933 and 112 are emergency numbers "
            "and cannot be extensions."
        ),
        (
            "phones.csv line 28: Assigned extension “112”: refused: Nobody in this account has "
            "this extension."
        ),
        (
            "Nothing was written, because of the refused rows. Correct them, or leave them out "
            "with --skip-bad."
        ),
    ]


def test_command_tells_what_became_of_each_row_when_it_skips_bad_ones(tmp_path, northwind):
    code, out, err = command(tmp_path, "Northwind", "--skip-bad", phones=BAD_PHONES)
    assert code == 0 and len(err.splitlines()) == 9
    assert out.splitlines()[0] == "phones.csv line 10: 80-5E-C0-11-22-36: added"
    assert out.splitlines()[-1] == "Phones: 1 added, 0 unchanged, 9 refused"


def test_command_repeats_no_character_that_could_steer_a_terminal(tmp_path, acme):
    _, _, err = command(
        tmp_path, "Acme", phones=PHONE + f"80\x1b[2J,{MODEL},{'long ' * 50},user,\n"
    )
    assert "\x1b" not in err and "\\x1b[2J" in err
    assert "…”" in err and max(map(len, err.splitlines())) < 200


def test_command_without_a_file_says_what_it_needs(tmp_path, everything):
    assert command(tmp_path)[0] == 1
    assert command(tmp_path, "Northwind", "--users", str(tmp_path / "missing.csv"))[2].endswith(
        "No such file or directory"
    )

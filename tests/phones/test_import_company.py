"""Import a company from its spreadsheets: Northwind's people and phones as they really come."""

from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from phones import mac
from phones.importing import ImportFailed, RowOutcome
from phones.models import Kind, Phone, PhoneModel
from phones.spreadsheet import BadSpreadsheet, write_phones_csv
from users.models import Account, SipAccount, User
from users.refusals import REFUSALS

from .importing import (
    ANNA,
    BAD_PHONES,
    GOOD,
    MODEL,
    PHONE,
    PHONES,
    USER,
    USERS,
    bring_in,
    outcomes,
    reasons,
    told,
)

# --- the three ways to bring Northwind in ---------------------------------------------------------


def test_northwind_as_it_is_is_refused_for_its_emergency_number(everything):
    report = bring_in("Northwind", users=USERS, phones=PHONES)
    assert told(report) == [
        (
            "users.csv",
            13,
            "Extension",
            "112",
            str(REFUSALS["users_number_no_emergency_number"].sentence),
        ),
        (
            "phones.csv",
            28,
            "Assigned extension",
            "112",
            "No one in this account has this extension.",
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
        SipAccount.objects.filter(kind="person").count()
        == with_line.count()
        == with_line.filter(sip__isnull=False).count()
    ), "R22"
    own = dict(Counter(SipAccount.objects.exclude(kind="person").values_list("kind", flat=True)))
    nobodys = Phone.objects.filter(assigned_to=None, kind=Kind.USER).count()
    assert own == {"place": 3, "standby": nobodys}, "R50, R58"


def test_northwind_again_changes_nothing(northwind):
    before = [list(model.objects.order_by("pk").values()) for model in (User, Phone, SipAccount)]
    report = bring_in(" northWIND ", **GOOD)
    assert outcomes(report.users) == {"unchanged": 40} and outcomes(report.phones) == {
        "unchanged": 36
    }
    assert before == [
        list(model.objects.order_by("pk").values()) for model in (User, Phone, SipAccount)
    ]


# --- northwind_phones_bad.csv: ten verdicts -------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        (2, "MAC", "80:5E:C0:GG:11:22", "“g” isn’t a hexadecimal digit"),
        (3, "MAC", "805ec0", "has 12 digits; this one has 6"),
        (4, "Model", "Unknown 3000", "Choose one of these: Cisco CP-6821-3PCC, Cisco CP-6841-3PCC"),
        (5, "Assigned extension", "5555", "No one in this account has this extension"),
        (6, "Assigned extension", "101", "Basic plan"),
        (7, "MAC", "805EC0112235", "It’s already on line 6"),
        (8, "MAC", "00:00:00:00:00:00", "zeros"),
        (9, "MAC", "01:00:5e:00:00:01", "multicast"),
        (10, None, None, None),
        (11, "Kind", "lobby", "Choose one of these: user, common"),
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
    listed = reason.removeprefix("Unknown. Choose one of these: ").removesuffix(".").split(", ")
    assert column == "Model" and set(listed) == set(
        PhoneModel.objects.values_list("name", flat=True)
    )


# --- what files hold ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+1 (415) 555-0100", "+14155550100"),
        ("4155550100", "+14155550100"),
        ("'+14155550100", "+14155550100"),
        ("", None),
    ],
)
def test_caller_id_is_kept_in_one_notation(acme, typed, kept):
    bring_in(users=USER + f"Anna,Ek,anna@acme.example,105,Pro,{typed},\n")
    assert User.objects.get().caller_id == kept


def test_file_in_windows_encoding_and_with_unknown_columns_comes_in_with_a_note(acme):
    text = (
        "MAC;Model;Label;Colour;Assigned to;E911 address\n"
        + f"805ec0aaaaaa;{MODEL};Réception;red;Zoë;\n"
    )
    report = bring_in(phones=text.encode("cp1252"))
    assert Phone.objects.get().label == "Réception"
    assert report.notes == (
        "phones.csv: not used: Colour.",
        "phones.csv: isn’t in UTF-8 and was read as Windows-1252. Check its accents.",
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
            phone.ext,
            phone.caller_id,
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
        ('"two\nlines"', "can’t be seen"),
        ("bell\x07", "can’t be seen"),
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
            "phones.csv: Line 2 can’t be read",
        ),
        (
            PHONE + f"805ec0aaaaaa,{MODEL},a\0b,user,\n",
            "phones.csv: This isn’t a text file: line 2",
        ),
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
        with django_assert_num_queries(20):
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
            "users.csv line 13: Extension “112”: refused: An extension can’t start with 911, 933,"
            " 112 or 9911: phones wouldn’t dial emergency numbers right away."
        ),
        (
            "phones.csv line 28: Assigned extension “112”: refused: No one in this account has this"
            " extension."
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

"""`manage.py check_addresses` judges the addresses of a file line by line."""

import csv
import io
import sys

import pytest
from django.core.management import CommandError, call_command

GOOD = "100 Gold St, Suite 5, New York, NY 10038"
ADDED = (
    "verdict,reasons,house_number,street_name,city,state,postal_code,country,pre_directional,"
    "street_type_before,street_type,post_directional,"
    "building,floor,unit_type,unit,room,county,standardised,readings,set_aside"
)


@pytest.fixture
def check(tmp_path):
    """Run the command on a file with this content, and return the resulting rows."""

    def run(content, column="Address", **options):
        source = tmp_path / "in.csv"
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = io.StringIO()
        call_command(
            "check_addresses", source, column=column, stdout=out, stderr=io.StringIO(), **options
        )
        return list(csv.reader(io.StringIO(out.getvalue())))

    return run


def test_columns_come_behind_the_input_s_own(check):
    header, row = check(f'Id,Address,Note\n7,"{GOOD}","a ""quote"", and\na line"\n')
    assert header == ["Id", "Address", "Note", *ADDED.split(",")]
    assert row[:3] == ["7", GOOD, 'a "quote", and\na line']
    assert row[3:] == [
        "accepted", "", "100", "Gold", "New York", "NY", "10038", "US", "", "", "St", "", "", "",
        "Suite", "5", "", "", GOOD, GOOD, ""
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "verdict", "reasons"),
    [
        (GOOD, "accepted", ""),
        ("100 Gold, New York, NY 10038", "accepted", "suffix_suspect"),
        ("Gold St, New York, NY", "refused", "no_house_number no_postal_code"),
        ("100 Gold, New York, NY", "refused", "no_postal_code suffix_suspect"),
        ("12 345 Elm St, Tulsa, OK 74103", "choose", ""),
        ("", "refused", "empty"),
    ],
)
def test_verdict_is_accepted_choose_or_refused(check, address, verdict, reasons):
    row = check(f'Id,Address\n1,"{address}"\n')[1]
    assert row[2:4] == [verdict, reasons]


def test_two_readings_are_listed_and_none_is_chosen(check):  # R29
    header, row = check('Address\n"12 345 Elm St, Tulsa, OK 74103"\n')
    cells = dict(zip(header, row, strict=True))
    assert cells["readings"].split(" | ") == [
        "345 Elm St, #12, Tulsa, OK 74103",
        "12 345 Elm St, Tulsa, OK 74103",
    ]
    assert cells["house_number"] == cells["standardised"] == ""


def test_what_is_no_part_of_the_address_has_its_column(check):
    header, row = check('Address\n"7 Seas Aquatics, 12 Elm St, Tulsa, OK 74103, (918) 555-0100"\n')
    cells = dict(zip(header, row, strict=True))
    assert cells["set_aside"] == "(918) 555-0100 | 7 Seas Aquatics"
    assert cells["standardised"] == "12 Elm St, Tulsa, OK 74103"


def test_house_number_is_written_whole(check):
    assert check('Address\n"12 1/2 Mill Rd, Woodstock, NY 12498"\n')[1][3] == "12 1/2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_file_is_read_in_the_encodings_that_people_have(check, encoding):
    text = "Adresse;Id\n1, rue Laurier, Québec QC G1R 4S9;1\n"
    header, row = check(text.encode(encoding), column="Adresse")
    assert (header[0], row[0], row[2]) == (
        "Adresse",
        "1, rue Laurier, Québec QC G1R 4S9",
        "accepted",
    )


def test_rows_of_other_lengths_keep_their_columns_apart(check):
    header, short, long = check(f'Id,Address,Note\n1,"{GOOD}"\n2,"{GOOD}",x,surplus\n')
    assert header[:5] == ["Id", "Address", "Note", "", "verdict"]
    assert short[:5] == ["1", GOOD, "", "", "accepted"]
    assert long[:5] == ["2", GOOD, "x", "surplus", "accepted"]


def test_text_that_a_program_would_calculate_is_defused(check):
    row = check(
        'Address\n"100 =HYPERLINK St, New York, NY 10038"\n"=1 Gold St, New York, NY 10038"\n'
    )
    assert [cell for line in row[1:] for cell in line[1:] if cell[:1] in ("=", "+", "@")] == []


def test_result_goes_to_the_file_that_is_named(check, tmp_path):
    out = tmp_path / "out.csv"
    assert check(f'Address\n"{GOOD}"\n', out=out) == []
    assert out.read_bytes().startswith(f'Address,{ADDED}\r\n"{GOOD}",accepted,'.encode())


def test_file_can_be_written_over_itself(check, tmp_path):
    check(f'Address\n"{GOOD}"\n', out=tmp_path / "in.csv")
    assert (tmp_path / "in.csv").read_text().startswith("Address,verdict")


@pytest.mark.parametrize(
    ("content", "column", "said"),
    [
        ("Id,Address\n1,x\n", "Adress", "has no column “Adress”. It has: Id, Address."),
        ("", "Address", "the file is empty"),
        (b"Address\n\x00\n", "Address", "NUL byte"),
        ('Address\n"100 Gold\n', "Address", "Line 2 can’t be read"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_the_reason(check, content, column, said):
    with pytest.raises(CommandError, match=said):
        check(content, column)


def test_missing_file_is_said(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("check_addresses", tmp_path / "none.csv", column="Address")


def test_place_that_cannot_be_written_is_said(check, tmp_path):
    with pytest.raises(CommandError, match="Is a directory"):
        check(f'Address\n"{GOOD}"\n', out=tmp_path)


@pytest.mark.parametrize(("terminal", "shown"), [(True, "2 / 2"), (False, "")])
def test_progress_is_shown_on_a_terminal_only(tmp_path, monkeypatch, terminal, shown):
    source, told = tmp_path / "in.csv", io.StringIO()
    source.write_text(f'Address\n"{GOOD}"\nx\n')
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    call_command("check_addresses", source, column="Address", out=tmp_path / "out.csv", stderr=told)
    assert (shown in told.getvalue(), "\r" in told.getvalue()) == (True, terminal)
    assert told.getvalue().endswith("1 accepted, 0 of them with hints; 0 to choose; 1 refused.\n")

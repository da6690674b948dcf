"""CSV as spreadsheet programs save it, and CSV that is safe to open in them (R9)."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phones.spreadsheet import (
    BadSpreadsheet,
    defuse_cell,
    read_sheet,
    restore_cell,
    write_phones_csv,
)


def sheet(text, encoding="utf-8", **columns):
    return read_sheet(text.encode(encoding), **({"required": ["MAC", "Label"]} | columns))


def labels(text, encoding="utf-8"):
    return [row.cells["Label"] for row in sheet(text, encoding).rows]


def refusal(data, **columns):
    with pytest.raises(BadSpreadsheet) as error:
        read_sheet(data, **({"required": ["MAC", "Label"]} | columns))
    return str(error.value)


@pytest.mark.parametrize(
    "formula",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1",
        "+14155550100",
        "'=1",
    ],
)
def test_cell_that_a_program_would_calculate_gets_an_apostrophe(formula):
    assert defuse_cell(formula) == "'" + formula


@pytest.mark.parametrize(
    "text", ["", "Front desk", "80:5E:C0:8D:FE:9C", "100 Gold St", "O'Neil", "'quoted'", "a=b", "é"]
)
def test_cell_that_is_no_formula_stays_as_it_is(text):
    assert defuse_cell(text) == text == restore_cell(text)


@given(st.text(st.sampled_from("'=+-@\t\r\n a＝")) | st.text())
def test_every_text_comes_back_from_being_defused(text):
    assert restore_cell(defuse_cell(text)) == text


def test_download_starts_with_a_byte_order_mark_and_the_columns_of_an_import():
    assert list(write_phones_csv([])) == [
        "\ufeffMAC,Model,Label,Kind,Assigned extension,Assigned to,E911 address\r\n"
    ]


def test_download_is_made_row_by_row():
    def endless():
        while True:
            yield ("80:5E:C0:8D:FE:9C", "Yealink SIP-T46U", "", "user", None, None, "")

    lines = write_phones_csv(endless())
    assert [next(lines) for _ in range(3)][2] == "80:5E:C0:8D:FE:9C,Yealink SIP-T46U,,user,,,\r\n"


def test_download_defuses_every_cell_and_reads_back_the_same():
    row = (
        "80:5E:C0:8D:FE:9C",
        "=model",
        "'=cmd|' /C calc'!A0",
        "user",
        "105",
        '@Zoë, "Z"',
        "-1 Gold St\nNew York",
    )
    text = "".join(write_phones_csv([row]))
    assert next(csv.reader(io.StringIO(text.splitlines()[1])))[1:3] == [
        "'=model",
        "''=cmd|' /C calc'!A0",
    ]
    columns = ["MAC", "Model", "Label", "Kind", "Assigned extension", "Assigned to", "E911 address"]
    assert tuple(sheet(text, required=columns).rows[0].cells.values()) == row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_file_is_read_in_every_usual_form(encoding, delimiter, newline):
    text = newline.join(
        [f"MAC{delimiter}Label", f"1{delimiter}Réception", f'2{delimiter}"a,b;c\td"', ""]
    )
    assert labels(text, encoding) == ["Réception", "a,b;c\td"]


def test_encoding_is_told():
    assert sheet("MAC,Label\n1,é", "utf-8-sig").encoding == "utf-8-sig"
    assert sheet("MAC,Label\n1,é", "cp1252").encoding == "cp1252"


def test_columns_in_any_order_case_and_spacing():
    assert sheet(" label ,mac\nDesk,1").rows[0].cells == {"Label": "Desk", "MAC": "1"}


def test_optional_column_is_there_only_when_the_file_has_it():
    assert "Kind" not in sheet("MAC,Label\n1,2", optional=["Kind"]).rows[0].cells
    assert sheet("MAC,Label,Kind\n1,2", optional=["Kind"]).rows[0].cells["Kind"] == ""


def test_columns_that_nobody_asked_for_are_told_except_those_passed_over():
    read_sheet = sheet("MAC,Label,Colour,assigned TO,\n1,2,red,Zoë,", passed_over=["Assigned to"])
    assert read_sheet.ignored == ("Colour",)


def test_row_is_known_by_the_line_it_starts_on():
    rows = sheet('MAC,Label\n\n1,"two\nlines"\n,\n2,x\n').rows
    assert [row.line for row in rows] == [3, 6]


def test_cells_beyond_the_columns_are_counted():
    assert [row.surplus for row in sheet("MAC,Label\n1,2,,\n1,2,3,4").rows] == [0, 2]


def test_file_with_header_only_has_no_rows():
    assert sheet("MAC,Label\n").rows == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty. Its first line names the columns: MAC, Label."),
        (b"\n ,\n", "The file is empty."),
        (b"MAC,Name\n1,2", "A column is missing: Label. The first line has: MAC, Name."),
        (b"MAC,Label,label\n1,2,3", "“Label” is there 2 times"),
        (b"MAC,Label\n1,2\n3,a\0b", "line 3 holds a NUL byte"),
        ("MAC,Label\n".encode("utf-16"), "line 1 holds a NUL byte"),
        (b"MAC,Label\n1,\x81", "no text file"),
        (b'MAC,Label\n1,2\n3,"never closed\n4,5\n', "Line 3 cannot be read: a quotation mark"),
        (b"MAC,Label\n1," + b"x" * 1_000_000, "Line 2 cannot be read"),
    ],
)
def test_file_that_cannot_be_read_says_why(data, said):
    assert said in refusal(data)

"""CSV as spreadsheet programs save it, and CSV that is safe to open in them (R9)."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phones.cell_text import clean_cell, restore_cell
from phones.spreadsheet import (
    PHONE_COLUMNS,
    SHOWN_COLUMNS,
    BadSpreadsheet,
    decode_file,
    read_sheet,
    write_phones_csv,
)
from phones.workbook import is_web_page
from users.csv_file import defuse_cell
from users.tenancy.text import unify_text


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


@given(st.text(st.sampled_from("ab ب=+'\"\u00a0\u2003\u200b\u200d\ufeff")))
def test_cleaned_text_comes_back_from_a_download_as_it_was(text):
    cleaned = unify_text(text)
    assert unify_text(cleaned) == cleaned == clean_cell(defuse_cell(cleaned))


def test_download_starts_with_a_byte_order_mark_and_the_columns_of_an_import():
    assert list(write_phones_csv([])) == [
        "\ufeffMAC,Model,Label,Kind,Assigned extension,Own extension,Caller number,"
        "Assigned to,E911 address\r\n"
    ]


def test_download_is_made_row_by_row():
    def endless():
        while True:
            yield ("80:5E:C0:8D:FE:9C", "Yealink SIP-T46U", "", "user", *[None] * 4, "")

    lines = write_phones_csv(endless())
    assert [next(lines) for _ in range(3)][2] == "80:5E:C0:8D:FE:9C,Yealink SIP-T46U,,user,,,,,\r\n"


def test_download_defuses_every_cell_and_reads_back_the_same():
    row = (
        "80:5E:C0:8D:FE:9C",
        "=model",
        "'=cmd|' /C calc'!A0",
        "user",
        "105",
        "0200",
        "+14155550100",
        '@Zoë, "Z"',
        "-1 Gold St\nNew York",
    )
    text = "".join(write_phones_csv([row]))
    assert next(csv.reader(io.StringIO(text.splitlines()[1])))[1:3] == [
        "'=model",
        "''=cmd|' /C calc'!A0",
    ]
    assert (
        tuple(sheet(text, required=[*PHONE_COLUMNS, *SHOWN_COLUMNS]).rows[0].cells.values()) == row
    )


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
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


# --- what spreadsheet programs add ----------------------------------------------------------------


@pytest.mark.parametrize("first", ["sep=;\n", "SEP=;\r\n", '"sep=;"\r', "\ufeffsep=;\n"])
def test_line_that_names_the_delimiter_is_none_of_the_rows(first):
    [row] = sheet(f"{first}MAC;Label\n1;a,b,c\n").rows
    assert (row.line, row.cells) == (3, {"MAC": "1", "Label": "a,b,c"})


def test_delimiter_that_the_first_line_names_may_be_any():
    assert labels("sep=|\nMAC|Label\n1|a,b\n") == ["a,b"]


@pytest.mark.parametrize("end", ["\x1a", "\n\x1a", "\r\n\x1a\r\n", "\x1a\x1a"])
def test_ctrl_z_at_the_end_is_no_row(end):
    assert labels(f"MAC,Label\n1,Desk{end}") == ["Desk"]


def test_delimiter_is_judged_from_the_whole_file():
    text = "MAC;Label, or where, in words\n1;Desk\n2;Front, left\n3;Kitchen\n"
    assert sheet(text, required=["MAC"]).ignored == ("Label, or where, in words",)
    assert labels("MAC,Label,a;b;c\n1,Desk;Dock,x\n2,Front,\n") == ["Desk;Dock", "Front"]


def test_file_with_one_column_is_read_whole():
    text = "Label\n12 Elm St, Dayton, OH 45402\n\n9 Oak Ave; Suite 4, Dayton, OH 45402\n"
    assert [row.cells["Label"] for row in sheet(text, required=["Label"]).rows] == [
        "12 Elm St, Dayton, OH 45402",
        "9 Oak Ave; Suite 4, Dayton, OH 45402",
    ]
    text = 'Label\n"12 Elm St, Dayton"\nPlain\n'
    assert [row.cells["Label"] for row in sheet(text, required=["Label"]).rows] == [
        "12 Elm St, Dayton",
        "Plain",
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="0101"', "0101"),
        ('= "0101"', "0101"),
        ('="say ""hi"""', 'say "hi"'),
        ("\u00a0 Desk\u2003", "Desk"),
        ("Front\u00a0desk", "Front desk"),
        ("De\u200bsk\ufeff", "Desk"),
        ("'=1+1", "=1+1"),
        ("=1+1", "=1+1"),
        ("'quoted'", "'quoted'"),
        ("’t Hart", "’t Hart"),
    ],
)
def test_cell_is_cleaned_of_what_cannot_be_seen(cell, text):
    assert clean_cell(cell) == text


@pytest.mark.parametrize("text", ["Yealink™ desk", "O’Neil", "Šimon Žák", "Œuvre – été", "5 € “a”"])
def test_windows_text_is_not_taken_for_a_mac_s(text):
    assert decode_file(text.encode("cp1252")) == (text, "cp1252")


def test_web_page_saved_as_a_table_is_read():
    page = (
        "<html><head><style>td {color: red}</style></head><body><table>\n"
        "<tr><th>MAC</th><th>Label</th></tr>\n<tr></tr>\n"
        "<tr><td>1</td><td>Dock &amp; gate<br>2</td></tr>\n</table></body></html>"
    )
    [row] = sheet(page).rows
    assert (row.line, row.cells) == (4, {"MAC": "1", "Label": "Dock & gate\n2"})


@pytest.mark.parametrize("start", [" " * 200_000, "<!--" * 50_000, "<!-- -->" * 5_000])
def test_start_that_is_almost_a_web_page_takes_no_time(start):
    assert not is_web_page(start + "x")


def test_names_that_columns_have_in_the_file_are_told():
    assert sheet("mac_address,LABEL\n1,2").renamed == (("mac_address", "MAC"),)


def test_file_with_header_only_has_no_rows():
    assert sheet("MAC,Label\n").rows == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty. Its first line names the columns: MAC, Label."),
        (b"\n ,\n", "The file is empty."),
        (b"MAC,Name\n1,2", "A column is missing: Label. The first line has: MAC, Name."),
        (b"MAC,Label,label\n1,2,3", "“Label” appears 2 times"),
        (b"MAC,Label\n1,2\n3,a\0b", "line 3 contains a NUL byte"),
        (b"MAC,Label\n1,2\n" + b"\0" * 100, "line 3 contains a NUL byte"),
        ("MAC,Label\n1,a\0b".encode("utf-16"), "line 2 contains a NUL byte"),
        ("MAC,Label\n".encode("utf-16") + b"x", "damaged UTF-16"),
        (b"MAC|Label\n1|2", "separated by “|”. Save the table with commas"),
        ("MAC,Label\r1,Café René\r".encode("mac_roman"), "Save the table as “CSV UTF-8”"),
        ("MAC,Label\r1,Zoë à côté\r".encode("mac_roman"), "Save the table as “CSV UTF-8”"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook (.xls)"),
        (b"MAC,Label\n1,\x81", "can’t be read as text"),
        (b'MAC,Label\n1,2\n3,"never closed\n4,5\n', "Line 3 can’t be read: a quotation mark"),
        (b"MAC,Label\n1," + b"x" * 1_000_000, "Line 2 can’t be read"),
    ],
)
def test_file_that_cannot_be_read_says_why(data, said):
    assert said in refusal(data)

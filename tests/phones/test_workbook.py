"""Excel workbooks are read as the tables that people see in them."""

import io
import zipfile

import openpyxl
import pytest

from phones import workbook
from phones.models import Phone
from phones.spreadsheet import BadSpreadsheet, read_sheet
from users.models import User

from .importing import MODEL, bring_in


def make_workbook(*rows, formats=None, hidden_first=False):
    book = openpyxl.Workbook()
    sheet = book.active
    if hidden_first:
        sheet.sheet_state = "hidden"
        sheet.append(["Not", "these"])
        sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    for place, number_format in (formats or {}).items():
        sheet[place].number_format = number_format
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def cells(data):
    return [list(row.cells.values()) for row in read_sheet(data, required=["MAC", "Label"]).rows]


def test_values_are_read_as_excel_shows_them():
    rows = [
        ("MAC", "Label"),
        (805124000000, 101.0),
        ("80:5E:C0:4D:21:07", 207),
        (None, None),
        (True, "Dock"),
        (1.5, 8.05124e30),
    ]
    assert cells(make_workbook(*rows, formats={"B3": "0000"})) == [
        ["805124000000", "101"],
        ["80:5E:C0:4D:21:07", "0207"],
        ["TRUE", "Dock"],
        ["1.5", "8.05124E+30"],
    ]


def test_row_is_known_by_its_number():
    data = make_workbook(("MAC", "Label"), (None,), (1, 2))
    assert [row.line for row in read_sheet(data, required=["MAC"]).rows] == [3]


def test_first_sheet_that_can_be_seen_is_read():
    assert cells(make_workbook(("MAC", "Label"), ("1", "2"), hidden_first=True)) == [["1", "2"]]


def test_company_comes_in_from_workbooks(acme):
    people = make_workbook(
        ("First Name", "Last Name", "Email Address", "Extension", "Plan", "Caller ID"),
        ("Ines", "Vale", "ines@acme.example", 207, "Pro", 14155550177),
        formats={"D2": "0000"},
    )
    phones = make_workbook(("MAC", "Model", "Extension"), ("805ec04d2107", MODEL, "0207"))
    report = bring_in(users=people, phones=phones)
    assert not report.refused
    assert Phone.objects.get().assigned_to == User.objects.get(ext="0207")
    assert User.objects.get().caller_id == "+14155550177"


def test_mac_that_excel_made_a_number_is_explained(acme):
    data = make_workbook(("MAC", "Model"), (8.05e30, MODEL))
    [verdict] = bring_in(phones=data).refused
    assert "turned this MAC address into a number" in verdict.problems[0].reason


@pytest.mark.parametrize("cut", [10, 200, -200, -30])
def test_damaged_workbook_is_refused(cut):
    with pytest.raises(BadSpreadsheet, match="workbook can’t be read"):
        read_sheet(make_workbook(("MAC", "Label"), (1, 2))[:cut], required=["MAC"])


def test_other_archive_is_refused():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("readme.txt", "MAC,Label")
    with pytest.raises(BadSpreadsheet, match="workbook can’t be read"):
        read_sheet(data.getvalue(), required=["MAC"])


def test_workbook_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(workbook, "LARGEST", 1000)
    with pytest.raises(BadSpreadsheet, match="too large"):
        read_sheet(make_workbook(("MAC", "Label"), (1, 2)), required=["MAC"])


def test_empty_workbook_is_said():
    with pytest.raises(BadSpreadsheet, match="The file is empty"):
        read_sheet(make_workbook(), required=["MAC"])

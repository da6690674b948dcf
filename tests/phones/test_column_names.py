"""Columns are known by the names that people and other systems give them."""

import pytest

from phones.column_names import TwoColumns, match_columns
from phones.models import Phone
from phones.spreadsheet import BadSpreadsheet
from tests import factories
from users.models import User

from .importing import MODEL, bring_in, reasons

PEOPLE = ["First name", "Last name", "Email", "Extension", "Plan", "Caller ID", "Role"]
PHONES = ["MAC", "Model", "Vendor", "Label", "Kind", "Assigned extension", "E911 address"]


def matched(header, wanted):
    names = header.split(",")
    found = match_columns(names, wanted)
    return {column: name for name, column in zip(names, found, strict=True) if column}


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (  # 3CX
            "Number,FirstName,LastName,EmailAddress,MobileNumber,AuthID,AuthPassword,"
            "OutboundCallerID",
            ["FirstName", "LastName", "EmailAddress", "Number", None, "OutboundCallerID", None],
        ),
        (  # Yeastar
            "First Name,Last Name,Email Address,User Password,Extension Number,Caller ID,"
            "Registration Name",
            ["First Name", "Last Name", "Email Address", "Extension Number", None, "Caller ID",
             None],
        ),
        (  # FusionPBX
            "extension,number_alias,effective_caller_id_number,outbound_caller_id_number,"
            "voicemail_mail_to",
            [None, None, "voicemail_mail_to", "extension", None, "outbound_caller_id_number",
             None],
        ),
        (  # RingCentral
            "First Name,Last Name,Email,Ext.,Phone Number,User Role",
            ["First Name", "Last Name", "Email", "Ext.", None, None, "User Role"],
        ),
        (  # Zoom
            "Email,First Name,Last Name,Extension Number,Phone Number,Outbound Caller ID,Site",
            ["First Name", "Last Name", "Email", "Extension Number", None, "Outbound Caller ID",
             None],
        ),
        (  # Excel
            "given name,SURNAME,E-mail,ext no.,Plan,caller number,Role",
            ["given name", "SURNAME", "E-mail", "ext no.", "Plan", "caller number", "Role"],
        ),
        (
            "Nombre,Apellidos,Correo electrónico,Extensión,Plan,Número saliente,Rol",
            ["Nombre", "Apellidos", "Correo electrónico", "Extensión", "Plan", "Número saliente",
             "Rol"],
        ),
    ],
)  # fmt: skip
def test_columns_of_people(header, names):
    wanted = dict(zip(PEOPLE, names, strict=True))
    assert matched(header, PEOPLE) == {column: name for column, name in wanted.items() if name}


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("MAC Address,Vendor,Model,Extension Number",
         ["MAC Address", "Model", "Vendor", None, None, "Extension Number", None]),
        ("device_mac_address,device_label,device_vendor,device_model,device_enabled",
         ["device_mac_address", "device_model", "device_vendor", "device_label", None, None, None]),
        ("device_address,device_template", ["device_address", "device_template", None, None, None,
                                            None, None]),
        ("Device Name,MAC Addr.,Brand,Model,Ext,Emergency Address,IP Address",
         ["MAC Addr.", "Model", "Brand", "Device Name", None, "Ext", "Emergency Address"]),
        ("Dirección MAC,Modelo,Etiqueta,Extensión asignada,Dirección E911",
         ["Dirección MAC", "Modelo", None, "Etiqueta", None, "Extensión asignada",
          "Dirección E911"]),
    ],
)  # fmt: skip
def test_columns_of_phones(header, names):
    wanted = dict(zip(PHONES, names, strict=True))
    assert matched(header, PHONES) == {column: name for column, name in wanted.items() if name}


@pytest.mark.parametrize("header", ["Number,FirstName", "Name", "Address", "Phone", "ID,Type"])
def test_name_that_may_mean_something_else_is_no_column(header):
    assert set(matched(header, [*PEOPLE, *PHONES])) <= {"First name"}


def test_own_name_goes_before_another():
    assert matched("MAC Address,MAC,Extension,Assigned extension", PHONES) == {
        "MAC": "MAC",
        "Assigned extension": "Assigned extension",
    }


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(TwoColumns, match="“Email” appears 2 times"):
        match_columns(["E-mail", "e mail"], PEOPLE)


def test_files_of_other_systems_come_in(acme):
    people = (
        "Number,FirstName,LastName,EmailAddress,AuthID,OutboundCallerID,Plan\n"
        "0207,Ines,Vale,ines@acme.example,x1,14155550177,Pro\n"
    )
    phones = (
        "device_mac_address,device_label,device_vendor,device_model,extension\n"
        "805ec04d2107,Dock,yealink,t46u,0207\n"
    )
    report = bring_in(users=people, phones=phones)
    assert not report.refused
    phone = Phone.objects.get()
    assert (phone.model.name, phone.label, phone.assigned_to.caller_id) == (
        MODEL,
        "Dock",
        "+14155550177",
    )
    assert report.notes == (
        "users.csv: not used: AuthID.",
        "users.csv: understood: Number = Extension, EmailAddress = Email,"
        " OutboundCallerID = Caller ID.",
        "phones.csv: understood: device_mac_address = MAC, device_label = Label,"
        " device_vendor = Vendor, device_model = Model, extension = Assigned extension.",
    )
    assert User.objects.get().email == "ines@acme.example"


def test_maker_that_the_model_names_too_is_not_repeated(acme):
    report = bring_in(phones=f"MAC,Vendor,Model\n805ec04d2107,YEALINK,{MODEL}\n")
    assert not report.refused


def test_maker_of_another_model_is_refused(acme):
    factories.person(acme)
    [(column, _reason)] = reasons(bring_in(phones="MAC,Vendor,Model\n805ec04d2107,Cisco,T46U\n"))
    assert column == "Model"


def test_missing_column_is_named(acme):
    with pytest.raises(BadSpreadsheet, match="A column is missing: Model"):
        bring_in(phones="device_mac_address,device_label\n805ec04d2107,Dock\n")

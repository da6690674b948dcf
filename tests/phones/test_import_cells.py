"""Imported cells as spreadsheet programs and web pages write them."""

import pytest

from phones.models import Kind, Phone
from tests import factories
from users.models import Account, User

from .importing import MODEL, PHONE, USER, bring_in, outcomes, reasons

MAC = "80:5E:C0:4D:21:07"


def import_phone(mac=MAC, model=MODEL, label="Dock", kind="user", ext="", **files):
    return bring_in(phones=PHONE + f"{mac},{model},{label},{kind},{ext}\n", **files)


def import_person(first="Ines", email="ines@acme.example", ext="207", plan="Pro", cid="", role=""):
    return bring_in(users=USER + f"{first},Vale,{email},{ext},{plan},{cid},{role}\n")


SPACES = ["\u00a0", "\u2003", "\u2007", "\u202f", "\u3000", "\t", " "]


@pytest.mark.parametrize("space", SPACES)
def test_spaces_of_any_kind_around_a_value_are_left_out(acme, space):
    cells = {"ext": "207", "email": "ines@acme.example", "plan": "Pro", "cid": "4155550177"}
    report = import_person(**{name: f"{space}{cell}{space}" for name, cell in cells.items()})
    assert not report.refused
    person = User.objects.get()
    assert (person.ext, person.email, person.caller_id) == (
        "207",
        "ines@acme.example",
        "+14155550177",
    )
    report = import_phone(mac=f"{space}{MAC}{space}", ext=f"{space}207{space}")
    assert not report.refused and Phone.objects.get().assigned_to == person


@pytest.mark.parametrize(
    "cell", ['="0207"', '"=""0207"""', "'0207", "’0207", "=0207", "0\u200b207"]
)
def test_extension_that_a_program_kept_as_text_is_read(acme, cell):
    assert not import_person(ext=cell).refused
    assert User.objects.get().ext == "0207"


@pytest.mark.parametrize(
    "cell",
    [
        f'="{MAC}"',
        f'"=""{MAC}"""',
        f"'{MAC}",
        "=805ec04d2107",
        "805ec0\u200b4d2107",
        "\ufeff805ec0\ufeff4d2107",
        "80\u20105E\u2011C0\u20134D\u201421\u221207",
        f"MAC: {MAC}",
        f"\u202d{MAC}\u202c",
    ],
)
def test_mac_that_a_program_or_page_dressed_up_is_read(acme, cell):
    assert not import_phone(mac=cell).refused
    assert Phone.objects.get().mac == "805ec04d2107"


@pytest.mark.parametrize("cell", ["8.05E+11", "8,05124E+11", "805124E+6", " 8.0e+11 "])
def test_mac_that_a_program_made_a_number_is_explained(acme, cell):
    [(column, reason)] = reasons(import_phone(mac=f'"{cell}"'))
    assert column == "MAC" and "turned this MAC address into a number" in reason


@pytest.mark.parametrize(
    ("cell", "said"), [("2.07E+02", "into a number"), ("207.0", "decimal"), ("207,00", "decimal")]
)
def test_number_that_a_program_spoiled_is_explained(acme, cell, said):
    factories.person(acme, ext="207")
    for report in (import_person(ext=f'"{cell}"'), import_phone(ext=f'"{cell}"')):
        [(column, reason)] = reasons(report)
        assert "xtension" in column and said in reason


def test_extension_without_its_zeros_points_to_the_one_with_them(acme):
    for ext in ("0207", "33"):
        factories.person(acme, ext=ext)
    report = bring_in(
        users=USER + "Bo,Ek,bo@acme.example,0044,Pro,,\n",
        phones=PHONE
        + "".join(
            f"805ec04d21{n:02},{MODEL},,user,{ext}\n"
            for n, ext in enumerate(["207", "44", "0033", "555"])
        ),
    )
    said = [reason for _, reason in reasons(report)]
    assert "Did you mean 0207?" in said[0] and "Did you mean 0044?" in said[1]
    assert {said[2], said[3]} == {"No one in this account has this extension."}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("14155550177", "+14155550177"),
        ("1 (415) 555-0177", "+14155550177"),
        ("1-415-555-0177", "+14155550177"),
        ("tel:+14155550177", "+14155550177"),
        ("TEL:415-555-0177", "+14155550177"),
        ("415\u2013555\u20110177", "+14155550177"),
        ("\u202a+1\u00a0415\u00a0555\u00a00177\u202c", "+14155550177"),
        ("+442079460177", "+442079460177"),
    ],
)
def test_number_is_read_as_people_and_pages_write_it(acme, typed, kept):
    assert not import_person(cid=typed).refused
    assert User.objects.get().caller_id == kept


@pytest.mark.parametrize(
    "typed", ["04155550177", "1155550177", "141555501", "011525512345678", "1"]
)
def test_number_that_could_be_another_is_refused(acme, typed):
    assert [column for column, _ in reasons(import_person(cid=typed))] == ["Caller ID"]


@pytest.mark.parametrize(
    ("word", "administrator"),
    [
        ("Administrator", True),
        ("ADMIN", True),
        ("Account administrator", True),
        ("Administradora", True),
        ("FALSE", False),
        ("No", False),
        ("User", False),
        ("Usuario", False),
        ("", False),
    ],
)
def test_role_in_people_s_words(acme, word, administrator):
    assert not import_person(role=word).refused
    assert User.objects.get().is_administrator == administrator


@pytest.mark.parametrize("word", ["TRUE", "1", "yes", "owner", "not admin"])
def test_word_that_does_not_say_administrator_makes_nobody_one(acme, word):
    [(column, reason)] = reasons(import_person(role=word))
    assert column == "Role" and "Choose one of these: user, admin." in reason


@pytest.mark.parametrize("word", ["Common area", "common-area phone", " COMMON "])
def test_kind_in_people_s_words(acme, word):
    assert not import_phone(kind=word).refused
    assert Phone.objects.get().kind == Kind.COMMON


@pytest.mark.parametrize(
    "model",
    ["SIP-T46U", "T46U", "yealink t46u", "Yealink  SIP\u2010T46U", "yealink_t46u", "Yealink/T46U"],
)
def test_model_without_its_maker_or_sip(acme, model):
    assert not import_phone(model=model).refused
    assert Phone.objects.get().model.name == MODEL


@pytest.mark.parametrize("model", ["T46", "46U", "Yealink", "Cisco T46U", "SIP", ""])
def test_part_of_a_model_s_name_is_no_model(acme, model):
    assert [column for column, _ in reasons(import_phone(model=model))] == ["Model"]


# --- what differs only in what cannot be seen -----------------------------------------------------


@pytest.mark.parametrize("other", ["Back\u200b dock", "Back\u00a0dock", "\ufeffback Dock\u2060"])
def test_labels_that_differ_only_unseen_are_the_same(acme, other):
    rows = f"805ec04d2101,{MODEL},Back dock,user,\n805ec04d2102,{MODEL},{other},user,\n"
    [(column, _)] = reasons(bring_in(phones=PHONE + rows))
    assert column == "Label"


@pytest.mark.parametrize("other", ["Back\u200b dock", "Back\u00a0dock", "BACK\u2003DOCK"])
def test_label_on_record_that_differs_only_unseen_is_the_same(acme, other):
    factories.phone(acme, label=other, mac="805ec04d2101")
    assert [column for column, _ in reasons(import_phone(label="Back dock"))] == ["Label"]
    if other[:2] == "Ba":
        assert outcomes(import_phone("805ec04d2101", "Yealink SIP-T54W", "Back dock").phones) == {
            "unchanged": 1
        }


def test_person_whose_name_differs_only_unseen_is_the_same(acme):
    assert not import_person(first="Mary\u00a0\u200bAnn").refused
    assert User.objects.get().first_name == "Mary Ann"
    assert outcomes(import_person(first="Mary Ann\u2060").users) == {"unchanged": 1}
    User.objects.update(first_name="Mary\u00a0Ann")
    assert outcomes(import_person(first="Mary Ann").users) == {"unchanged": 1}


def test_account_whose_name_differs_only_unseen_is_the_same(everything):
    rows = {"users": USER + "Bo,Ek,bo@acme.example,207,Pro,,\n"}
    assert bring_in("Vale\u00a0Dental", **rows).written
    assert bring_in("\ufeffVALE Dental\u200b", **rows).written
    assert [account.name for account in Account.objects.all()] == ["Vale Dental"]


def test_joiners_stay_where_they_mean_something(acme):
    assert not import_phone(label="می\u200cخواهم 👩\u200d💻").refused
    assert Phone.objects.get().label == "می\u200cخواهم 👩\u200d💻"


def test_marks_of_direction_in_a_name_are_refused(acme):
    [(column, reason)] = reasons(import_person(first="\u202eInes"))
    assert column == "First name" and "can’t be seen" in reason

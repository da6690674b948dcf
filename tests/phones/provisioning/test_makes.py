"""Each make's configuration (R32), read back as its phones would read it (readers)."""

import re
from dataclasses import asdict, replace

import pytest
from django.utils.functional import Promise
from hypothesis import given, settings
from hypothesis import strategies as st

from phones import provisioning
from phones.provisioning.make import Line, Make
from phones.provisioning.makes import MAKES, _found

from .readers import ADDRESSES, READERS, SETTINGS, requests
from .readers.poly import read_names_of_files

MAC = "805ec0a1b2c3"
OTHER_MAC = "805ec0a1b2c4"
ADDRESS = "https://phones.example.com:8443/p/0123456789abcdef0123456789abcdef/"
LINE = Line(
    username="u0123456789abcdef",
    password="aB3_-xYz0123456789aBcDeF",
    domain="sip.example.com",
    host="registrar.example.com",
    port=5061,
    transport="tls",
    ext="007",
    name="Ada Lovelace",
    caller_id="+14155550100",
    expires=300,
)
# What a file may set: line 1, and how and when the phone fetches. The administrator sets the rest.
OURS = {
    "cisco": (
        r"\w[\w-]*_1_|Station_(Display_)?Name|Provision_Enable"
        r"|Resync_(On_Reset|From_SIP|Periodic)|Profile_Rule"
    ),
    "grandstream": r"P(271|31|270|3|35|36|34|47|48|130|2329|32|4428|212|237|145|194|193|8458)",
    "poly": r"reg\.1\..+|prov\.polling\..+|device\.set"
    r"|device\.(prov\.server(Name|Type)|dhcp\.bootSrvUseOpt)(\.set)?"
    r"|voIpProt\.SIP\.specialEvent\.checkSync\.alwaysReboot",
    "snom": r"user_\w+1|challenge_checksync|settings_refresh_timer|setting_server",
    "yealink": r"account\.1\..+|static\.auto_provision\..+|sip\.notify_reboot_enable",
}
NAMES = [
    "Zoë O’Brien-Núñez",
    "王小明",
    "Ada 👩🏽‍🚀 Lovelace",
    "علي بن أبي طالب",
    "Robert \"Bob\" 'B' Smith",
    "<b>Tom</b> & <!-- Jerry --> ]]>",
    "&amp; &lt; &#65; &nope;",
    "100% %d %s %NULL% Null",
    "$USER $MA $(GPP_A) $$ {mac} {url}",
    "[PHONE_MAC_ADDRESS]",
    "semi;colon, comma # hash = equals \\ back\\nslash",
    "#!version:1.0.0.1",
    "account.1.password = x",
    "a  b",
    "X" * 99,
]


@pytest.fixture(params=sorted(MAKES))
def make(request) -> Make:
    return MAKES[request.param]


def read(make: Make, line: Line | None, address: str = ADDRESS) -> dict | None:
    return READERS[make.key](make.render_configuration(line, address))


def test_makes_are_those_that_have_a_reader():
    assert set(MAKES) == set(READERS) == {"cisco", "grandstream", "poly", "snom", "yealink"}


def test_line_is_read_back_by_the_phone(make):
    assert read(make, LINE) == asdict(LINE) | {"address": ADDRESS}


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_transport_is_read_back(make, transport):
    assert read(make, replace(LINE, transport=transport))["transport"] == transport


def test_line_without_outbound_caller_id_shows_the_extension_alone(make):
    seen = read(make, replace(LINE, caller_id=""))
    assert (seen["ext"], seen["caller_id"]) == ("007", "")


@pytest.mark.parametrize("name", NAMES)
def test_name_of_any_characters_arrives_as_it_is(make, name):
    assert read(make, replace(LINE, name=name)) == asdict(LINE) | {"address": ADDRESS, "name": name}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada\nLovelace", "Ada Lovelace"),
        ("Ada\r\naccount.1.password = x", "Ada  account.1.password = x"),
        ("Ada\x85\u2028\u2029\x0b\x0c\x1cLovelace", "Ada      Lovelace"),
        ("A\x00d\x08a\x1b\x7f\x9f\ufffe\uffff", "Ada"),
        ("\ud800Ada\udfff", "Ada"),
        ("  Ada\t", "Ada"),
    ],
)
def test_name_that_no_file_can_hold_loses_what_it_cannot(make, name, shown):
    assert read(make, replace(LINE, name=name)) == asdict(LINE) | {
        "address": ADDRESS,
        "name": shown,
    }


@settings(database=None, deadline=None)
@given(name=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=60))
def test_any_name_of_visible_characters_arrives_as_it_is(name):
    for make in MAKES.values():
        assert read(make, replace(LINE, name=name)) == asdict(LINE) | {
            "address": ADDRESS,
            "name": name.strip(),
        }


@settings(database=None, deadline=None)
@given(name=st.text(st.characters(codec=None, exclude_categories=[])))
def test_any_name_at_all_leaves_the_rest_of_the_file_alone(name):
    for make in MAKES.values():
        text = make.render_configuration(replace(LINE, name=name), ADDRESS)
        assert text.encode().decode() == text
        seen = READERS[make.key](text)
        assert seen | {"name": ""} == asdict(LINE) | {"address": ADDRESS, "name": ""}


def test_every_other_text_of_a_line_is_escaped_too(make):
    odd = "a&b<c>\"d'e$f%g"
    seen = read(make, replace(LINE, username=odd, password=odd, domain=odd))
    assert (seen["username"], seen["password"], seen["domain"]) == (odd, odd, odd)


@pytest.mark.parametrize("name", ["%NULL%", "%null%"])
def test_yealink_person_called_null_does_not_keep_the_name_of_who_was_there_before(name):
    assert read(MAKES["yealink"], replace(LINE, name=name))["name"] == name.strip("%")


def test_yealink_name_is_cut_to_what_the_phone_takes():
    assert read(MAKES["yealink"], replace(LINE, name="X" * 121))["name"] == "X" * 99


def test_line_off_blanks_everything(make):
    """Phones keep what a file omits; the reader insists that every field is blank."""
    text = make.render_configuration(None, ADDRESS)
    assert READERS[make.key](text) is None
    for secret in (LINE.username, LINE.password, LINE.host, LINE.domain, LINE.name, LINE.caller_id):
        assert secret not in text


def test_reader_notices_a_field_left_over_on_a_line_that_is_off(make):
    """A reader that proves files right must be able to refuse one."""
    on, off = (
        make.render_configuration(LINE, ADDRESS).split("\n"),
        make.render_configuration(None, ADDRESS).split("\n"),
    )
    secrets = (LINE.username, LINE.password, LINE.host, LINE.domain, LINE.name, LINE.caller_id)
    left_over = [
        number for number, row in enumerate(on) if any(secret in row for secret in secrets)
    ]
    assert len(left_over) >= len(secrets)
    for number in left_over:
        with pytest.raises(AssertionError):
            READERS[make.key]("\n".join([*off[:number], on[number], *off[number + 1 :]]))


def test_line_off_sets_exactly_what_line_on_sets(make):
    set_by = SETTINGS[make.key]
    assert list(set_by(make.render_configuration(None, ADDRESS))) == list(
        set_by(make.render_configuration(LINE, ADDRESS))
    )


@pytest.mark.parametrize("line", [LINE, None], ids=["on", "off"])
def test_address_is_installed_for_the_next_start(make, line):
    assert ADDRESSES[make.key](make.render_configuration(line, ADDRESS)) == ADDRESS


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000/p/0123456789/", "https://a.example/x&y/$MA/p/0123456789/"]
)
def test_address_of_any_form_is_installed(make, address):
    assert ADDRESSES[make.key](make.render_configuration(LINE, address)) == address


def test_file_sets_nothing_that_is_the_administrators(make):
    names = SETTINGS[make.key](make.render_configuration(LINE, ADDRESS))
    assert [name for name in names if not re.fullmatch(OURS[make.key], name)] == []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            "cisco",
            {
                "Resync_Periodic": "3600+600",
                "Resync_From_SIP": "Yes",
                "Auth_Resync-Reboot_1_": "No",
            },
        ),
        ("grandstream", {"P194": "1", "P193": "60", "P8458": "1", "P4428": "1"}),
        (
            "poly",
            {
                "prov.polling.enabled": "1",
                "prov.polling.mode": "random",
                "prov.polling.period": "3601",
            },
        ),
        ("snom", {"settings_refresh_timer": "3600", "challenge_checksync": "off"}),
        (
            "yealink",
            {
                "static.auto_provision.repeat.enable": "1",
                "static.auto_provision.repeat.minutes": "60",
            },
        ),
    ],
)
def test_phone_fetches_about_hourly_and_takes_check_sync_unchallenged(key, expected):
    found = SETTINGS[key](MAKES[key].render_configuration(LINE, ADDRESS))
    assert {name: found[name] for name in expected} == expected


def test_grandstream_registers_again_no_later_than_told():
    """Its unit is the minute, and the minimum is one."""
    assert read(MAKES["grandstream"], replace(LINE, expires=119))["expires"] == 60
    assert read(MAKES["grandstream"], replace(LINE, expires=30))["expires"] == 60


@pytest.mark.parametrize("mac", [MAC, MAC.upper()])
def test_one_of_the_files_that_a_phone_asks_for_carries_line_1(make, mac):
    asked = requests(make.key, mac)
    assert any(make.carries_line(name, MAC) for name in asked)
    assert any(make.carries_line(name.swapcase(), MAC) for name in asked)


def test_file_of_another_phone_is_refused(make):
    for name in requests(make.key, OTHER_MAC):
        assert not make.carries_line(name, MAC)
        assert make.find_other_file(name, MAC) is None


@pytest.mark.parametrize(
    "around", ["{}x", "x{}", "{}\n", "../{}", "./{}", "{}/", "{}?", "{}\x00", "{}%00", " {}"]
)
def test_file_of_nearly_the_right_name_is_refused(make, around):
    for name in requests(make.key, MAC):
        assert not make.carries_line(around.format(name), MAC)
        assert make.find_other_file(around.format(name), MAC) is None


def test_mac_address_in_digits_of_another_alphabet_is_refused(make):
    for name in requests(make.key, MAC):
        assert not make.carries_line(name.replace("0", "０"), MAC)


def test_poly_master_file_names_the_one_with_line_1():
    poly = MAKES["poly"]
    master = poly.find_other_file(f"{MAC.upper()}.CFG", MAC)
    assert [poly.carries_line(name, MAC) for name in read_names_of_files(master, MAC)] == [True]
    assert not poly.carries_line(f"{MAC}.cfg", MAC)


def test_makes_other_than_poly_have_one_file(make):
    assert bool(make.other_files) == (make.key == "poly")


def test_steps_say_once_what_to_enter_and_can_be_translated(make):
    assert all(isinstance(step, Promise) for step in make.steps)
    assert sum("{address}" in str(step) for step in make.steps) == 1


@pytest.mark.parametrize(
    ("key", "entered"),
    [
        ("cisco", "https://phones.example.com/p/0123456789/$MA.xml"),
        ("grandstream", "phones.example.com/p/0123456789"),
        ("poly", "https://phones.example.com/p/0123456789/"),
        ("snom", "https://phones.example.com/p/0123456789/"),
        ("yealink", "https://phones.example.com/p/0123456789/"),
    ],
)
def test_directions_hold_what_a_person_enters(key, entered):
    url = "https://phones.example.com/p/0123456789/"
    make = MAKES[key]
    assert make.build_address(url) == entered
    directions = make.list_steps(url)
    assert len(directions) == len(make.steps)
    assert sum(entered in step for step in directions) == 1
    assert not any("{address}" in step or "{scheme}" in step for step in directions)


@pytest.mark.parametrize("key", ["grandstream", "poly"])
@pytest.mark.parametrize(("scheme", "said"), [("http", "HTTP"), ("https", "HTTPS")])
def test_directions_name_the_protocol_where_the_phone_asks_for_it(key, scheme, said):
    directions = MAKES[key].list_steps(f"{scheme}://phones.example.com/p/0123456789/")
    assert any(said in step.replace(".", "").split() for step in directions)


def test_new_make_is_one_new_file(tmp_path, monkeypatch):
    (tmp_path / "acme.py").write_text(
        "from phones.provisioning.make import Make\n"
        "make = Make(key='acme', name='Acme', file='{mac}.ini', render_configuration=lambda line, "
        "address: '',\n"
        "            content_type='text/plain', restart_event='check-sync', steps=())\n"
    )
    (tmp_path / "no_make.py").write_text("make = 'something else'\n")
    monkeypatch.setattr(provisioning, "__path__", [*provisioning.__path__, str(tmp_path)])
    found = _found()
    assert list(found) == ["acme", *MAKES]
    assert found["acme"].carries_line(f"{MAC}.ini", MAC)


def test_makes_stand_in_the_order_of_their_names():
    assert [make.name for make in MAKES.values()] == [
        "Cisco",
        "Grandstream",
        "Poly",
        "Snom",
        "Yealink",
    ]

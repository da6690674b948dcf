"""Each make's line 1 (R32), read back as its phones would read it (readers)."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phones.provisioning.make import Line, Make
from phones.provisioning.makes import MAKES

from .desks import ADDRESS, DESK, LINE
from .readers import ADDRESSES, READERS, SETTINGS

SRTP = "account.1.srtp_encryption"
LINE_READ = {name: value for name, value in asdict(LINE).items() if name != "kind"}
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


def render(make: Make, line: Line | None, address: str = ADDRESS) -> str:
    return make.render_configuration(replace(DESK, line=line, address=address))


def read(make: Make, line: Line | None, address: str = ADDRESS) -> dict | None:
    return READERS[make.key](render(make, line, address))


def test_line_is_read_back_by_the_phone(make):
    assert read(make, LINE) == LINE_READ | {"address": ADDRESS}


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_transport_is_read_back(make, transport):
    assert read(make, replace(LINE, transport=transport))["transport"] == transport


def test_line_without_outbound_caller_id_shows_the_extension_alone(make):
    seen = read(make, replace(LINE, caller_id=""))
    assert (seen["ext"], seen["caller_id"]) == ("007", "")


@pytest.mark.parametrize("name", NAMES)
def test_name_of_any_characters_arrives_as_it_is(make, name):
    assert read(make, replace(LINE, name=name)) == LINE_READ | {"address": ADDRESS, "name": name}


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
    assert read(make, replace(LINE, name=name)) == LINE_READ | {
        "address": ADDRESS,
        "name": shown,
    }


@settings(database=None, deadline=None)
@given(name=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=60))
def test_any_name_of_visible_characters_arrives_as_it_is(name):
    for make in MAKES.values():
        assert read(make, replace(LINE, name=name)) == LINE_READ | {
            "address": ADDRESS,
            "name": name.strip(),
        }


@settings(database=None, deadline=None)
@given(name=st.text(st.characters(codec=None, exclude_categories=[])))
def test_any_name_at_all_leaves_the_rest_of_the_file_alone(name):
    for make in MAKES.values():
        text = render(make, replace(LINE, name=name))
        assert text.encode().decode() == text
        seen = READERS[make.key](text)
        assert seen | {"name": ""} == LINE_READ | {"address": ADDRESS, "name": ""}


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
    text = render(make, None)
    assert READERS[make.key](text) is None
    for secret in (LINE.username, LINE.password, LINE.host, LINE.domain, LINE.name, LINE.caller_id):
        assert secret not in text


def test_reader_notices_a_field_left_over_on_a_line_that_is_off(make):
    """A reader that proves files right must be able to refuse one."""
    on, off = (
        render(make, LINE).split("\n"),
        render(make, None).split("\n"),
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
    assert list(set_by(render(make, None))) == list(set_by(render(make, LINE)))


@pytest.mark.parametrize("line", [LINE, None], ids=["on", "off"])
def test_address_is_installed_for_the_next_start(make, line):
    assert ADDRESSES[make.key](render(make, line)) == ADDRESS


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000/p/0123456789/", "https://a.example/x&y/$MA/p/0123456789/"]
)
def test_address_of_any_form_is_installed(make, address):
    assert ADDRESSES[make.key](render(make, LINE, address)) == address


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
                "sip.notify_reboot_enable": "1",
            },
        ),
    ],
)
def test_phone_fetches_about_hourly_and_takes_check_sync_unchallenged(key, expected):
    found = SETTINGS[key](render(MAKES[key], LINE))
    assert {name: found[name] for name in expected} == expected


def test_fanvil_fetches_at_each_start_and_starts_when_asked():
    """It can fetch at each start or periodically, not both."""
    found = SETTINGS["fanvil"](render(MAKES["fanvil"], LINE))
    assert found["AUTOUPDATE_CONFIG_MODULE/Download_Mode"] == "1"
    assert found["SIP_CONFIG_MODULE/Notify_Reboot"] == "1"


# Settings that keep a router's port open, and the one that says how often, in seconds (R48).
ROUTERS = {
    "cisco": (
        {
            "Handle_VIA_received": "Yes",
            "Handle_VIA_rport": "Yes",
            "Insert_VIA_received": "Yes",
            "Insert_VIA_rport": "Yes",
            "Send_Resp_To_Src_Port": "Yes",
            "NAT_Keep_Alive_Enable_1_": "Yes",
        },
        "NAT_Keep_Alive_Intvl",
    ),
    "fanvil": (
        {"SIP_CONFIG_MODULE/SIP1/NAT_UDPUpdate": "2", "SIP_CONFIG_MODULE/SIP1/Enable_Rport": "1"},
        "SIP_CONFIG_MODULE/SIP1/UDPUpdate_TTL",
    ),
    "grandstream": ({"P52": "2"}, "P84"),
    "poly": ({}, "nat.keepalive.interval"),
    "snom": ({"enable_rport_rfc3581": "on"}, "keepalive_interval1"),
    "yealink": (
        {"account.1.nat.udp_update_enable": "1", "account.1.nat.rport": "1"},
        "account.1.nat.udp_update_time",
    ),
}


@pytest.mark.parametrize("key", sorted(ROUTERS))
def test_phone_keeps_its_routers_port_open(key):
    """Common routers forget a port within 30 to 60 seconds."""
    expected, interval = ROUTERS[key]
    found = SETTINGS[key](render(MAKES[key], LINE))
    assert {name: found[name] for name in expected} == expected
    assert 15 <= int(found[interval]) <= 30


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize(
    ("key", "name", "offered"),
    [
        ("grandstream", "P183", ("0", "1")),
        ("poly", "sec.srtp.offer", ("0", "1")),
        ("snom", "user_srtp1", ("off", "on")),
        ("yealink", SRTP, ("0", "1")),
    ],
)
def test_phone_offers_encrypted_sound_only_where_nobody_reads_the_keys(
    key, name, offered, transport
):
    """Cisco documents no way to offer it and to take either."""
    text = render(MAKES[key], replace(LINE, transport=transport))
    assert SETTINGS[key](text)[name] == offered[transport == "tls"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("poly", {"sec.srtp.enable": "1", "sec.srtp.require": "0"}),
        ("snom", {"user_savp1": "optional"}),
    ],
)
def test_phone_takes_sound_that_is_not_encrypted(key, expected):
    found = SETTINGS[key](render(MAKES[key], LINE))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_cisco_rings_even_if_an_outbound_proxy_is_no_proxy(transport):
    text = render(MAKES["cisco"], replace(LINE, transport=transport))
    assert SETTINGS["cisco"](text)["Block_Nonproxy_SIP"] == "No"


def test_grandstream_registers_again_no_later_than_told():
    """Its unit is the minute, and the minimum is one."""
    assert read(MAKES["grandstream"], replace(LINE, expires=119))["expires"] == 60
    assert read(MAKES["grandstream"], replace(LINE, expires=30))["expires"] == 60

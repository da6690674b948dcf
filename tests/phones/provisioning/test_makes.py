"""The makes themselves: which there are, the files they ask for, how people connect a phone."""

import re
from dataclasses import replace

import pytest
from django.utils.functional import Promise

from phones import provisioning
from phones.provisioning.make import Make
from phones.provisioning.makes import MAKES, _found, suggest_make

from .desks import MAC, OTHER_MAC
from .dialing import PLANS
from .readers import ADDRESSES, DESKS, READERS, REQUESTS, SETTINGS, requests
from .readers.poly import read_names_of_files


@pytest.fixture(params=sorted(MAKES))
def make(request) -> Make:
    return MAKES[request.param]


def test_every_make_has_a_reader_of_all_that_its_files_say():
    assert list(MAKES) == ["cisco", "fanvil", "grandstream", "poly", "snom", "yealink"]
    for readers in (READERS, ADDRESSES, SETTINGS, DESKS, REQUESTS, PLANS):
        assert set(readers) == set(MAKES)


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
        ("fanvil", "https://phones.example.com/p/0123456789/"),
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


@pytest.mark.parametrize("key", ["fanvil", "grandstream", "poly"])
@pytest.mark.parametrize(("scheme", "said"), [("http", "HTTP"), ("https", "HTTPS")])
def test_directions_name_the_protocol_where_the_phone_asks_for_it(key, scheme, said):
    directions = MAKES[key].list_steps(f"{scheme}://phones.example.com/p/0123456789/")
    assert any(said in step.replace(".", "").split() for step in directions)


def test_new_make_is_one_new_file(tmp_path, monkeypatch):
    (tmp_path / "acme.py").write_text(
        "from phones.provisioning.make import Make\n"
        "make = Make(key='acme', name='Acme', file='{mac}.ini', content_type='text/plain',\n"
        "            render_configuration=lambda desk: '', restart_event='check-sync', steps=())\n"
    )
    (tmp_path / "no_make.py").write_text("make = 'something else'\n")
    monkeypatch.setattr(provisioning, "__path__", [*provisioning.__path__, str(tmp_path)])
    found = _found()
    assert list(found) == ["acme", *MAKES]
    assert found["acme"].carries_line(f"{MAC}.ini", MAC)


def test_makes_stand_in_the_order_of_their_names():
    assert [make.name for make in MAKES.values()] == [
        "Cisco",
        "Fanvil",
        "Grandstream",
        "Poly",
        "Snom",
        "Yealink",
    ]


@pytest.mark.parametrize("mac", [MAC, "80:5e:c0:a1:b2:c3", "80:5E:C0:A1:B2:C3"])
def test_mac_address_in_a_file_name_may_have_colons(mac):
    snom = MAKES["snom"]
    assert snom.carries_line(f"snom320-{mac}.htm", MAC)
    assert not snom.carries_line(f"snom320-{mac}.htm", OTHER_MAC)
    assert not snom.carries_line(f"snom320-{mac.replace(':', '', 1)[:-1]}.htm", MAC)


@pytest.mark.parametrize("key", sorted(MAKES))
def test_make_says_how_its_phones_are_recognized(key):
    make = MAKES[key]
    assert make.models and all(model.startswith(make.name) for model in make.models)
    assert all(re.fullmatch("[0-9a-f]{6}", prefix) for prefix in make.prefixes)
    assert not any(make.find_refusal(model) for model in make.models)
    others = [other for other in MAKES.values() if other is not make]
    assert not any(make.is_agent(other.models[0]) for other in others if other.models)


@pytest.mark.parametrize(
    ("key", "model"),
    [
        ("cisco", "Cisco CP-8851-K9"),
        ("cisco", "CP-7841-K9="),
        ("cisco", "Cisco 7962"),
        ("poly", "Poly Edge B20"),
        ("poly", "Polycom VVX 450 OBi Edition"),
        ("poly", "Poly OBi1062"),
        ("poly", "Poly Rove B2"),
        ("poly", "Poly VVX D230"),
        ("snom", "Snom M700"),
        ("snom", "Snom C520"),
    ],
)
def test_model_with_other_firmware_is_refused_with_the_reason(key, model):
    assert MAKES[key].find_refusal(model)


@pytest.mark.parametrize(
    ("key", "model"),
    [("cisco", "Cisco CP-8851-3PCC-K9"), ("cisco", "Cisco 8851"), ("poly", "Poly Edge E350")],
)
def test_model_with_firmware_that_reads_our_files_is_not_refused(key, model):
    assert MAKES[key].find_refusal(model) is None


def test_no_model_is_of_two_makes():
    models = [model for make in MAKES.values() for model in make.models]
    assert len(set(models)) == len(models)


@pytest.mark.parametrize(
    ("key", "agent"),
    [
        ("cisco", "Cisco-CP-7832-3PCC/11.0.1 (00562b043615)"),
        ("cisco", "Cisco/SPA508G-7.4.8a (0002FDFF2103)(CBT141400UK)"),
        ("cisco", "Linksys/SPA-942-6.1.5(a) (88019FA42805)"),
        ("fanvil", "Fanvil V65 2.12.2.4 0c383e38e123"),
        ("grandstream", "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee"),
        ("grandstream", "Grandstream GXP1400 1.0.4.13"),
        ("poly", "FileTransport PolycomVVX-VVX_450-UA/6.4.3.5018 Type/Application"),
        ("poly", "PolycomVVX-VVX_250-UA/6.4.3.5156"),
        ("poly", "PolyEdge-Edge_E350-UA/8.2.1.0001"),
        ("snom", "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 000413922D24 SXM:0 UXM:0)"),
        ("snom", "snomD785/10.1.169.16"),
        ("yealink", "Yealink SIP-T54W 96.86.0.100"),
        ("yealink", "Yealink SIP-T46G 28.72.0.25 00:15:65:5b:53:84"),
        ("yealink", "yealink SIP-T18 18.0.0.80 00:15:65:27:3e:05"),
    ],
)
def test_agent_is_recognized_as_one_make(key, agent):
    assert [make.key for make in MAKES.values() if make.is_agent(agent)] == [key]


@pytest.mark.parametrize("agent", ["", "baresip v1.0.0", "Mozilla/5.0", "Not a Yealink"])
def test_agent_of_no_make_is_none(agent):
    assert not any(make.is_agent(agent) for make in MAKES.values())


def test_mac_address_suggests_its_make():
    assert suggest_make(MAC) is MAKES["yealink"]
    assert suggest_make("805EC0A1B2C3") is MAKES["yealink"]
    assert suggest_make("001122334455") is None


def test_mac_address_of_two_makes_suggests_none(monkeypatch):
    shared = (*MAKES["yealink"].prefixes, "001122")
    for key in ("yealink", "snom"):
        monkeypatch.setitem(MAKES, key, replace(MAKES[key], prefixes=shared))
    assert suggest_make("001122334455") is None

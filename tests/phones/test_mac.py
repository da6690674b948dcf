"""MAC addresses in the notations that people and exports use (R6)."""

import pytest

from phones import mac


@pytest.mark.parametrize(
    "text",
    [
        "80-5B-B0-E8-63-FC",
        "80:5b:b0:e8:63:fc",
        "805b.b0e8.63fc",
        "805BB0E863FC",
        " 80 5B B0 E8 63 FC\t",
        "805bb0-e863fc",
        "80\u20115B\u2013B0\u2014E8\u221263\uff0dFC",
        "80\u200b5bb0\ufeffe863fc\u200e",
        "MAC: 80:5B:B0:E8:63:FC",
        "mac address 805bb0e863fc",
        "'805bb0e863fc",
        "\u00a0805b b0e8\u202f63fc",
    ],
)
def test_mac_in_any_usual_notation(text):
    assert mac.parse(text) == "805bb0e863fc"


def test_mac_shown_in_one_notation():
    assert mac.format("805bb0e863fc") == "80:5B:B0:E8:63:FC"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("80:5E:C0:GG:11:22", "“g” isn’t a hexadecimal digit"),
        ("805ec0", "has 12 digits; this one has 6"),
        ("805ec011223344", "has 12 digits; this one has 14"),
        ("", "this one has 0"),
        ("00:00:00:00:00:00", "zeros"),
        ("01:00:5e:00:00:01", "multicast"),
        ("ff-ff-ff-ff-ff-ff", "broadcast"),
        ("8.05E+11", "turned this MAC address into a number"),
        ("805124e+6", "turned this MAC address into a number"),
        ("8.05E11", "this one has 6"),
        ("8" * 1_000_000, "this one has 1000000"),
        ("80:5E:C0:\x00:11:22", "isn’t a hexadecimal digit"),
    ],
)
def test_mac_that_is_no_phones_says_why(text, said):
    with pytest.raises(mac.BadMac) as error:
        mac.parse(text)
    assert said in str(error.value)

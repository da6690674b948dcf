"""Which provider the settings choose, and the built-in one."""

from __future__ import annotations

import pytest

from e911.providers import Misconfigured, Outcome, Validation, get_provider
from tests.e911.providers.conftest import GOLD_STREET, UMA, VIC


def test_provider_without_any_setting_is_built_in():
    assert get_provider().key == "builtin"


@pytest.mark.parametrize("key", ["builtin", "telnyx", "bandwidth"])
def test_provider_is_the_one_that_is_named_and_only_real_ones_verify(
    settings, telnyx, bandwidth, key
):  # R30
    settings.E911_PROVIDER = key
    assert (get_provider().key, get_provider().verifies) == (key, key != "builtin")


def test_provider_keeps_its_connections_as_long_as_its_configuration(settings, telnyx):
    first = get_provider()
    assert get_provider() is first
    settings.E911_TELNYX_API_KEY = "another"
    assert get_provider() is not first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"E911_PROVIDER": "twilio"}, "E911_PROVIDER"),
        ({"E911_TELNYX_API_KEY": ""}, "E911_TELNYX_API_KEY"),
        ({"E911_TELNYX_URL": "http://api.telnyx.example"}, "https://"),
        ({"E911_PROVIDER": "bandwidth"}, "E911_BANDWIDTH_ACCOUNT"),
    ],
)
def test_provider_that_is_not_fully_configured_says_what_to_set(settings, telnyx, change, said):
    for name, value in change.items():
        setattr(settings, name, value)
    with pytest.raises(Misconfigured, match=said):
        get_provider()


def test_built_in_accepts_at_once_and_judges_nothing(phone):  # R30
    assert phone.provider.validate(GOLD_STREET) == Validation("unknown", None, "")
    assert phone.register(UMA) == Outcome("accepted", {})
    assert phone.update_caller(VIC) == Outcome("accepted", {})
    assert phone.provider.state(phone.known) == Outcome("accepted", {})
    assert phone.withdraw() is None

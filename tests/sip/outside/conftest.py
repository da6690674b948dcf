"""A registrar with a carrier: a SIP server of the tests.

Over UDP it knows us by our address, over TCP it asks for a password.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.sip.conftest import Registrar, missing_registrar
from tests.sip.probe import Probe

from .carrier import AT, Carrier

CREDENTIALS = ("trunk", "a:b@c;d'\"$x%")


@pytest.fixture(
    scope="package",
    params=["udp, by address", pytest.param("tcp, by password", marks=pytest.mark.ci)],
)
def running(request, django_db_setup, tmp_path_factory) -> Iterator[Registrar]:
    """Run a registrar with a carrier for the tests of this folder."""
    missing_registrar()
    transport = request.param[:3]
    made = Registrar(tmp_path_factory.mktemp("registrar") / "log")
    credentials = CREDENTIALS if transport == "tcp" else None
    with Carrier(
        made.address, settings.SIP_DOMAIN, host=AT, transport=transport, credentials=credentials
    ) as carrier:
        made.carrier = carrier
        made.variables["PHONEADMIN_CARRIER"] = carrier.setting
        made.variables["PHONEADMIN_CARRIER_INTERNATIONAL"] = "on"
        if credentials:
            made.variables["PHONEADMIN_CARRIER_PASSWORD"] = credentials[1]
        try:
            made.start()
            yield made
            log = made.log.read_text(errors="replace")
            assert "exited by a signal" not in log and "BUG" not in log
            assert "ERROR" not in log and "WARNING" not in log
            assert CREDENTIALS[1] not in log
        finally:
            made.stop()


@pytest.fixture
def carrier(running: Registrar) -> Iterator[Carrier]:
    before = dict(running.carrier.answers)
    try:
        yield running.carrier
    finally:
        running.carrier.answers = before
        while not running.carrier.received.empty():
            running.carrier.received.get()


@pytest.fixture
def phone(registrar: Registrar, ann) -> Probe:
    """Ann's phone, registered."""
    made = registrar.probe_of(ann)
    assert made.register() == 200
    return made

"""Lines of phones that call the outside."""

from __future__ import annotations

from phones.models import Phone
from tests import factories
from tests.sip.conftest import Registrar
from tests.sip.probe import Probe
from users import sip
from users.models import SipAccount


def own_line(registrar: Registrar, phone: Phone) -> Probe:
    """Register a phone with the SIP account of its own."""
    with factories.everywhere():
        account = SipAccount.objects.get(phone_id=phone.pk)
    made = registrar.probe(account.username, sip.password_of(account))
    assert made.register() == 200
    return made

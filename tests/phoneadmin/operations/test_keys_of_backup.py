"""A backup names the keys that a restored system needs for the passwords that phones have (R47)."""

from __future__ import annotations

from phoneadmin.operations import backup
from tests import by_hand
from users import sip

NEWEST, FORMER = "the newest key of all keys", "the key before the newest one"


def test_backup_names_the_key_of_a_password_that_a_phone_has_until_it_restarts(owner, settings):
    world = by_hand.two_companies(owner)
    newest, former = sip.fingerprint_key(NEWEST), sip.fingerprint_key(FORMER)
    owner.execute(
        "UPDATE phones_provisioning SET admin_key = %s, admin_generation = 2,"
        " delivered_admin_key = %s, delivered_admin_generation = 1 WHERE phone_id = %s",
        [newest, former, world["front"]],
    )
    settings.SIP_KEYS = [NEWEST, FORMER]
    assert {newest, former} <= set(backup._about(owner).sip_keys)
    # A key that is lost already must not keep anyone from restoring.
    settings.SIP_KEYS = [NEWEST]
    assert former not in backup._about(owner).sip_keys

"""HAProxy with deploy/haproxy.cfg in the street, which ends TLS for the registrar there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests.waiting import wait_until

from .. import network
from ..network import STREET_ADDRESS, Streets

PORT, BEHIND = 5061, "127.0.0.1:5062"
CONFIGURATION = settings.BASE_DIR / "deploy" / "haproxy.cfg"


@contextmanager
def tls_front(streets: Streets, folder: Path, certificate: Path) -> Iterator[None]:
    """Run the front during a block, with an address, a certificate and a size of the test's."""
    text = CONFIGURATION.read_text()
    for ours, changed in (
        ("bind :5061 ", f"bind {STREET_ADDRESS}:{PORT} "),
        ("/etc/phoneadmin/sip.example.com.pem", str(certificate)),
        ("maxconn 16000", "maxconn 100"),  # the machine may not allow so many open files
    ):
        assert text.count(ours) == 1
        text = text.replace(ours, changed)
    (folder / "haproxy.cfg").write_text(text)
    command = ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]
    with open(folder / "haproxy.log", "wb") as log:
        process = subprocess.Popen(
            [*network.prefix(streets.street), *command], stdout=log, stderr=log
        )
    try:
        wait_until(lambda: network.is_listening(streets.street, STREET_ADDRESS, PORT))
        yield
    finally:
        process.kill()
        process.wait()

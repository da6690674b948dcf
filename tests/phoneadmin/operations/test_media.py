"""The media relay: why there is none, and as part of `manage.py serve` (R48)."""

from __future__ import annotations

import os
import pwd
import signal
import socket
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from phoneadmin.environment import read_port_range
from phoneadmin.management.commands import serve
from phoneadmin.operations import kamailio, media
from phoneadmin.operations.supervisor import Supervisor
from phones import media_relay
from tests.phoneadmin.operations.serve_command import parent, processes
from tests.waiting import wait_until


@pytest.fixture
def installed() -> None:
    """Skip the test if rtpengine is not installed; fail it in continuous integration."""
    try:
        media.find_program()
    except kamailio.Unavailable as reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(reason))


@pytest.fixture(autouse=True)
def asked_long_ago(monkeypatch) -> None:
    """Forget what other tests were told about the relay."""
    monkeypatch.setattr(media_relay, "_asked_at", float("-inf"))


def test_rtpengine_that_is_missing_is_named_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setattr(media.shutil, "which", lambda name, path: None)
    assert media.find_obstacle() == (
        "rtpengine is not installed. On Debian: apt-get install rtpengine-daemon"
    )


def test_kamailio_without_the_module_is_said(installed, monkeypatch):
    monkeypatch.setattr(kamailio, "MODULES", "no/such/folder")
    assert media.find_obstacle() == "This Kamailio lacks its module rtpengine."


@pytest.mark.parametrize("address", ["192.0.2.1", "0.0.0.0", "sip.example.com", "192.0.2.1!127.1"])
def test_address_where_no_sound_could_arrive_is_said(installed, settings, address):
    settings.MEDIA_ADDRESS = address
    assert "PHONEADMIN_MEDIA_ADDRESS must be an address of this machine" in media.find_obstacle()


def test_loopback_is_no_address_for_phones_that_come_through_a_tls_front(installed, settings):
    assert media.find_obstacle() is None
    settings.SIP_FRONT = "127.0.0.1:5062"
    assert "PHONEADMIN_MEDIA_ADDRESS" in media.find_obstacle()


@pytest.mark.parametrize("given", ["20000", "20000-", "200-300", "30000-20000", "20000-70000"])
def test_range_of_ports_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("PHONEADMIN_MEDIA_PORTS", given)
    with pytest.raises(ImproperlyConfigured, match="must look like 20000-29999"):
        read_port_range("PHONEADMIN_MEDIA_PORTS", (20000, 29999))


def test_relay_that_is_named_and_silent_is_said(settings):
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        settings.MEDIA = silent.getsockname()
        assert serve.start_media_relay(Supervisor()) == (
            f"127.0.0.1:{silent.getsockname()[1]} does not answer."
        )
        assert not media_relay.is_relaying()


def test_relay_can_be_turned_off(settings):
    settings.MEDIA_OFF = True
    assert serve.start_media_relay(Supervisor()) == "PHONEADMIN_MEDIA is off."
    assert not media_relay.is_relaying()


def test_pages_are_told_whether_sound_is_relayed(installed, settings, monkeypatch):
    settings.MEDIA = media.choose_control()
    relay = media.build_relay(settings.MEDIA)
    try:
        relay.start()
        wait_until(lambda: media_relay.is_answering(*settings.MEDIA))
        assert media_relay.is_relaying()
    finally:
        relay.stop()
    assert media_relay.is_relaying()  # for some seconds pages believe what they were told
    monkeypatch.setattr(media_relay, "_asked_at", float("-inf"))
    assert not media_relay.is_relaying()


@pytest.mark.ci
def test_serve_runs_a_relay_without_rights_and_starts_it_again(installed, product):
    def find_relay() -> int | None:
        found = (
            pid
            for pid, line in processes(product.data).items()
            if "--listen-ng" in line and parent(pid) == product.process.pid
        )
        return next(found, None)

    assert "Phones behind different routers" not in product.output.read_text()
    first = wait_until(find_relay)
    status = Path(f"/proc/{first}/status").read_text()
    ids = {line.split()[0]: line.split()[1:] for line in status.splitlines() if ":" in line}
    assert pwd.getpwuid(int(ids["Uid:"][0])).pw_name != "root" and ids["CapEff:"] == ["0" * 16]
    # The registrar and the pages know it.
    control = Path(f"/proc/{first}/cmdline").read_text().partition("--listen-ng=")[2].split("\0")[0]
    lines = processes(product.data)
    registrars = [pid for pid, line in lines.items() if "kamailio" in line and "-DD" in line]
    assert (
        all(f"REGISTRAR_MEDIA=udp:{control}" in environ(pid) for pid in registrars) and registrars
    )
    assert any(
        "granian" in line and f"PHONEADMIN_MEDIA={control}" in environ(pid)
        for pid, line in lines.items()
    )
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: find_relay() not in (None, first))
    host, _, port = control.rpartition(":")
    wait_until(lambda: media_relay.is_answering(host, int(port)))


def environ(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text(errors="replace")

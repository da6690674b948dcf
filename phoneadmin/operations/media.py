"""The media relay, rtpengine: what it needs from this machine, and how it is started (R48)."""

from __future__ import annotations

import ipaddress
import os
import pwd
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from phoneadmin.operations import kamailio
from phoneadmin.operations.kamailio import Unavailable
from phoneadmin.operations.supervisor import Child

PACKAGE = "rtpengine-daemon"
USER = "rtpengine"  # the package's
SILENCE = 3600  # seconds without any sound after which a call is over; people may fall silent
EXPEDITED = 184  # DSCP EF in the packets' second byte, which networks prefer for voice (RFC 3246)
# Each call needs four ports, and a file for each.
OPEN_FILES = 'ulimit -n "$(ulimit -H -n)"; exec "$@"'


def find_obstacle() -> str | None:
    """Return in one line why no relay of ours can run here, or None if one can."""
    try:
        find_program()
        require_address()
        find_privileges()
    except Unavailable as reason:
        return str(reason)
    return None


def find_program() -> str:
    """Return the path of rtpengine.

    Raises Unavailable if it or Kamailio's module for it isn't installed.
    """
    found = shutil.which("rtpengine", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if not found:
        raise Unavailable(
            _("rtpengine is not installed. On Debian: apt-get install %(package)s")
            % {"package": PACKAGE}
        )
    if not kamailio.has_module("rtpengine"):
        raise Unavailable(_("This Kamailio lacks its module rtpengine."))
    return found


def require_address() -> None:
    """Raise Unavailable if the relay can't send and receive at its address.

    With a TLS front, the registrar's own address is often loopback, where no phone sends sound.
    """
    own, separator, public = settings.MEDIA_ADDRESS.partition("!")
    try:
        address = ipaddress.ip_address(own)
        if separator:
            ipaddress.ip_address(public)
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((own, 0))
        usable = not address.is_unspecified and not (address.is_loopback and settings.SIP_FRONT)
    except (ValueError, OSError):
        usable = False
    if not usable:
        raise Unavailable(
            _(
                "PHONEADMIN_MEDIA_ADDRESS must be an address of this machine that phones reach."
                " It is %(address)s."
            )
            % {"address": own}
        )


def find_privileges() -> Sequence[str]:
    """Return setpriv's options with which the relay runs without root's rights.

    Raises Unavailable if the package's user is missing.
    """
    if os.geteuid() != 0:
        return ()
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        raise Unavailable(
            _("rtpengine does not run as root, and there is no user %(name)s.") % {"name": USER}
        ) from None
    return (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")


def choose_control() -> tuple[str, int]:
    """Choose a free UDP port for the relay's control, which has no password: on loopback only."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()


def build_relay(control: tuple[str, int]) -> Child:
    """Build a relay of our own, controlled at this address.

    Debian's service has other settings and stays apart: we read no configuration file and use no
    kernel module.
    """
    first, last = settings.MEDIA_PORTS
    options = {
        "config-file": "none",
        "interface": settings.MEDIA_ADDRESS,
        "listen-ng": "{}:{}".format(*control),
        "port-min": first,
        "port-max": last,
        "table": -1,
        "timeout": SILENCE,
        "silent-timeout": SILENCE,
        "offer-timeout": 700,  # longer than a call may ring
        "delete-delay": 0,
        # For three seconds, sound from the phone's own router counts more than a stranger's.
        "endpoint-learning": "heuristic",
        "tos": EXPEDITED,
        "log-level": 3,  # errors; debugging would write keys of encrypted sound
    }
    argv = ["sh", "-c", OPEN_FILES, "sh", find_program(), "--foreground", "--log-stderr"]
    argv += [f"--{name}={value}" for name, value in options.items()]
    env = {"PATH": os.defpath, "PHONEADMIN_DATA": str(settings.DATA)}
    return Child("The media relay", argv, env, Path("/"), privileges=find_privileges())

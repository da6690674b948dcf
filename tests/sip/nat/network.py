"""Two offices behind routers of their own, and the street between them: Linux network namespaces.

Both offices use the same private addresses, as most do. Only root can make them, and everything is
gone when the `with` block ends.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

STREET_ADDRESS = "198.51.100.1"  # of the registrar and the relay; documentation addresses, RFC 5737
FORGETS = 4  # seconds after which the routers forget a silent connection over UDP
CLONE_NEWNET = 0x40000000  # setns(2)
# Every connection gets a random port outside, and only answers come in.
ROUTER = """
table ip router {
    chain out {
        type nat hook postrouting priority 100;
        oifname "out" masquerade fully-random;
    }
    chain through {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        iifname "in" accept
    }
}
"""
_libc = ctypes.CDLL(None, use_errno=True)


def find_obstacle() -> str | None:
    """Return why no networks can be made here, or None if they can."""
    if os.geteuid() != 0:
        return "Only root can make network namespaces."
    for program, package in (("ip", "iproute2"), ("nft", "nftables")):
        if not shutil.which(program):
            return f"No {program} on this machine: install Debian's package {package}."
    trial = f"trial-{os.getpid()}"
    try:
        ip("netns", "add", trial)
        ip("netns", "del", trial)
    except subprocess.CalledProcessError as error:
        return f"No network namespaces can be made here: {error.stderr.strip()}"
    return None


class Streets:
    """The namespaces: the `street` outside, and for offices 0 and 1 a router and an inside."""

    def __init__(self) -> None:
        self.street = f"street-{os.getpid()}"
        self.routers = [f"router{office}-{os.getpid()}" for office in range(2)]
        self.offices = [f"office{office}-{os.getpid()}" for office in range(2)]

    def __enter__(self) -> Streets:
        try:
            self._build()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        self._remove()

    def _build(self) -> None:
        for name in (self.street, *self.routers, *self.offices):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        allow_forwarding(self.street)
        for office, (network, router, inside) in enumerate(
            zip(("198.51.100", "203.0.113"), self.routers, self.offices, strict=True)
        ):
            link = f"office{office}"
            connect(self.street, link, f"{network}.1/30", router, "out", f"{network}.2/30")
            ip("-n", router, "route", "add", "default", "via", f"{network}.1")
            connect(router, "in", "192.168.1.1/24", inside, "eth", "192.168.1.10/24")
            ip("-n", inside, "addr", "add", "192.168.1.11/24", "dev", "eth")
            ip("-n", inside, "route", "add", "default", "via", "192.168.1.1")
            allow_forwarding(router)
            timeouts = [
                f"net.netfilter.nf_conntrack_udp_{name}={FORGETS}"
                for name in ("timeout", "timeout_stream")
            ]
            run(router, "sysctl", "-qw", *timeouts)
            run(router, "nft", "-f", "-", text=ROUTER)

    def _remove(self) -> None:
        for name in (self.street, *self.routers, *self.offices):
            with suppress(subprocess.CalledProcessError):
                ip("netns", "del", name)


@contextmanager
def within(namespace: str) -> Iterator[None]:
    """Let the sockets that this thread opens in the block belong to a namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        _enter(there)
        yield
    finally:
        _enter(home)
        os.close(home)
        os.close(there)


def prefix(namespace: str) -> list[str]:
    """Return what goes before a command that runs in a namespace."""
    return ["ip", "netns", "exec", namespace]


def is_listening(namespace: str, host: str, port: int) -> bool:
    """Tell whether a program in a namespace accepts connections at this address."""
    with within(namespace):
        probe = socket.socket()
    with probe:
        return probe.connect_ex((host, port)) == 0


def connect(one: str, link: str, address: str, other: str, peer: str, peer_address: str) -> None:
    """Lay a cable between two namespaces, and give both ends a name and an address."""
    ip("-n", one, "link", "add", link, "type", "veth", "peer", "name", peer, "netns", other)
    for name, end, own in ((one, link, address), (other, peer, peer_address)):
        ip("-n", name, "addr", "add", own, "dev", end)
        ip("-n", name, "link", "set", end, "up")


def allow_forwarding(namespace: str) -> None:
    """Let a namespace pass on packets that aren't its own, as a router does."""
    run(namespace, "sysctl", "-qw", "net.ipv4.ip_forward=1")


def ip(*arguments: str) -> None:
    """Run ip(8). Raises CalledProcessError."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=20)


def run(namespace: str, *command: str, text: str = "") -> None:
    """Run a command in a namespace with this standard input. Raises CalledProcessError."""
    argv: Sequence[str] = [*prefix(namespace), *command]
    subprocess.run(argv, input=text, check=True, capture_output=True, text=True, timeout=20)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")

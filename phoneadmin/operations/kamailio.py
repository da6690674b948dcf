"""The SIP registrar, Kamailio: what it needs from this machine, and its database login."""

from __future__ import annotations

import ctypes
import errno
import ipaddress
import os
import pwd
import resource
import shutil
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import psycopg
from django.conf import settings
from django.utils.translation import gettext as _
from psycopg import sql

from phoneadmin.operations import logins, postgres_errors

CONFIGURATION = settings.BASE_DIR / "deploy" / "kamailio.cfg"
PACKAGES = "kamailio kamailio-postgres-modules"
MODULES = "kamailio/modules"
# Folders of /usr; Debian has one per architecture.
LIBRARIES = ("lib", "lib64", "lib/*", "local/lib", "local/lib64")
# Each phone on TCP needs a connection; Kamailio reserves memory for as many as it may open.
OPEN_FILES = 20_000
PR_SET_PDEATHSIG, PR_GET_PDEATHSIG = 1, 2  # prctl(2)


class Unavailable(Exception):
    """The registrar can't run here; the text says why and what to do."""


def find_obstacle() -> str | None:
    """Return in one line why the registrar can't run here now, or None if it can.

    In any case, prepare its database login: the registrar may run on another machine.
    """
    reasons = []
    for needed in (find_program, require_free_ports, prepare_login):
        try:
            needed()
        except Unavailable as reason:
            reasons.append(" ".join(str(reason).split()))
    return reasons[0] if reasons else None


def find_program() -> str:
    """Return the path of Kamailio.

    Raises Unavailable if it or its PostgreSQL module isn't installed.
    """
    found = shutil.which(
        "kamailio", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    )
    if not found or not has_module("db_postgres"):
        raise Unavailable(
            _("Kamailio is not installed. On Debian: apt-get install %(packages)s")
            % {"packages": PACKAGES}
        )
    return found


def has_module(name: str) -> bool:
    """Tell whether this module of Kamailio is installed."""
    return any(
        path for folder in LIBRARIES for path in Path("/usr").glob(f"{folder}/{MODULES}/{name}.so")
    )


def require_free_ports() -> None:
    """Raise Unavailable if an address can't be listened on, or the registrar would need TLS."""
    if settings.SIP_TRANSPORT == "tls" and not settings.SIP_FRONT:
        raise Unavailable(
            _(
                "TLS is ended in front of the registrar. Set PHONEADMIN_SIP_FRONT;"
                " deploy/haproxy.cfg shows how."
            )
        )
    listening = [
        ("PHONEADMIN_SIP_LISTEN", settings.SIP_LISTEN, (socket.SOCK_DGRAM, socket.SOCK_STREAM)),
        ("PHONEADMIN_REGISTRAR_RPC", settings.REGISTRAR_RPC, (socket.SOCK_STREAM,)),
    ]
    if settings.SIP_FRONT:
        listening.append(("PHONEADMIN_SIP_FRONT", settings.SIP_FRONT, (socket.SOCK_STREAM,)))
    for name, address, kinds in listening:
        host, port = _host_and_port(name, address)
        for kind in kinds:
            with socket.socket(
                socket.AF_INET6 if host.version == 6 else socket.AF_INET, kind
            ) as probe:
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((str(host), port))
                except OSError as error:
                    said = (
                        _("it is in use by another program")
                        if error.errno == errno.EADDRINUSE
                        else error.strerror
                    )
                    raise Unavailable(
                        _(
                            "It cannot listen on %(address)s: %(reason)s. Choose another with"
                            " %(name)s."
                        )
                        % {"address": address, "reason": said, "name": name}
                    ) from None


def prepare_login() -> None:
    """Ensure, as far as possible, that the registrar's role can sign in; safe to repeat.

    Raises Unavailable if it can't sign in or its schema is missing.
    """
    login, owner = settings.REGISTRAR_DATABASE, settings.DATABASES.get("owner")
    if login is None:
        raise Unavailable(_("It has no login to the database. Set DATABASE_REGISTRAR_URL."))
    try:
        if owner:
            if settings.PRODUCTION:
                logins.prepare_registrar_role(owner, login)
            grant_rights(owner, login)
        pin_role_settings(login)
    except postgres_errors.PostgresError as error:
        raise Unavailable(str(error)) from error
    except psycopg.OperationalError as error:
        raise Unavailable(
            _("The database does not answer: %(error)s") % {"error": error}
        ) from error
    except (
        psycopg.errors.UndefinedTable,
        psycopg.errors.InvalidSchemaName,
        psycopg.errors.InsufficientPrivilege,
    ):
        raise Unavailable(
            _(
                "The registrar’s tables are missing or closed to it. Start phoneadmin, or migrate"
                " as the owner, first."
            )
        ) from None


def grant_rights(owner: dict[str, Any], login: dict[str, Any]) -> None:
    """Grant the registrar's role only its views and the tables of registrations and calls."""
    rights = (
        "USAGE ON SCHEMA registrar",
        "SELECT ON registrar.version, registrar.subscriber, registrar.extension",
        "SELECT, INSERT, UPDATE, DELETE ON registrar.location, registrar.call",
        "USAGE ON SEQUENCE registrar.location_id_seq",
    )
    with logins.connect_exclusively(owner) as connection:
        for right in rights:
            connection.execute(
                sql.SQL(f"GRANT {right} TO {{}}").format(sql.Identifier(login["USER"]))
            )


def pin_role_settings(login: dict[str, Any]) -> None:
    """Make all of the registrar role's sessions in this database begin with our settings.

    Raises psycopg.Error if it cannot sign in, or sees no schema of its own.
    """
    logins.reset_role_settings(login, "registrar")
    with logins.connect(login) as connection:
        tables = "registrar.version, registrar.subscriber, registrar.location, registrar.call"
        connection.execute(f"SELECT FROM {tables} LIMIT 0")


def is_answering() -> bool:
    """Tell whether a registrar answers on its JSON-RPC port."""
    host, port = _host_and_port("PHONEADMIN_REGISTRAR_RPC", settings.REGISTRAR_RPC)
    try:
        socket.create_connection((str(host), port), timeout=1).close()
        return True
    except OSError:
        return False


def run_kamailio(*, min_expires: int, ping_interval: int) -> NoReturn:
    """Replace this process with Kamailio, without root's rights.

    `min_expires` is the shortest registration, `ping_interval` how often phones behind routers get
    a packet, both in seconds. Raises Unavailable.
    """
    login = settings.REGISTRAR_DATABASE
    assert login is not None  # `prepare_login` refuses to go on without one
    env = build_environment(login, min_expires=min_expires, ping_interval=ping_interval)
    folder = settings.DATA / "registrar"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    argv = [
        find_program(),
        "-DD",
        "-E",
        "-m",
        "256",
        "-M",
        "16",
        "-f",
        # By its folder, because the file includes others beside it.
        f"{_held(CONFIGURATION.parent)}/{CONFIGURATION.name}",
        "-Y",
        _held(folder),
    ]
    user = None
    if not settings.PRODUCTION:
        os.chdir(login["HOST"])
        argv += ["-w", "."]
        env["PGHOST"] = "/proc/self/cwd"
        user = pwd.getpwuid(os.stat(login["HOST"]).st_uid)
    if os.geteuid() == 0:
        _drop_rights(user or _user("kamailio"), folder)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (OPEN_FILES if most < 0 else min(most, OPEN_FILES), most)
    )
    os.execve(argv[0], argv, env)


def build_environment(
    login: dict[str, Any], *, min_expires: int, ping_interval: int
) -> dict[str, str]:
    """Build the environment for deploy/kamailio.cfg, with nothing else.

    Raises Unavailable.
    """
    server = f"{settings.SIP_HOST}:{settings.SIP_PORT}"
    own, own_port = _host_and_port("PHONEADMIN_SIP_LISTEN", settings.SIP_LISTEN)
    _, rpc_port = _host_and_port("PHONEADMIN_REGISTRAR_RPC", settings.REGISTRAR_RPC)
    env = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PG") or name in ("HOME", "PATH")
    }
    env |= _libpq(login) | {
        "PHONEADMIN_DATA": str(settings.DATA),  # tells which installation the process belongs to
        "TZ": "UTC",
        "LC_ALL": "C",
        "REGISTRAR_SIP": settings.SIP_LISTEN,
        "REGISTRAR_RPC": settings.REGISTRAR_RPC,
        "REGISTRAR_RPC_PORT": str(rpc_port),
        "REGISTRAR_KEY": settings.REGISTRAR_KEY,
        "REGISTRAR_DOMAIN": settings.SIP_DOMAIN,
        "REGISTRAR_EXPIRES": str(settings.SIP_EXPIRES),
        "REGISTRAR_MIN_EXPIRES": str(min_expires),
        "REGISTRAR_PING_INTERVAL": str(ping_interval),
    }
    if settings.SIP_FRONT:
        env |= {
            "REGISTRAR_FRONT": settings.SIP_FRONT,
            "REGISTRAR_FRONT_ALIAS": server,
            "REGISTRAR_FRONT_URI": f"{server};transport={settings.SIP_TRANSPORT}",
        }
        if own.is_private and not own.is_loopback:
            # For the carrier. The router that forwards the front's port must forward this one, too.
            env["REGISTRAR_ADVERTISED"] = f"{settings.SIP_HOST}:{own_port}"
    elif server != settings.SIP_LISTEN:
        env["REGISTRAR_ADVERTISED"] = server
    if settings.MEDIA:
        env["REGISTRAR_MEDIA"] = "udp:{}:{}".format(*settings.MEDIA)
    if carrier := settings.CARRIER:
        env |= {
            "REGISTRAR_CARRIER": f"{carrier.host}:{carrier.port};transport={carrier.transport}",
            "REGISTRAR_CARRIER_HOST": carrier.host.strip("[]"),
            "REGISTRAR_CARRIER_PORT": str(carrier.port),
        }
        if carrier.username:
            env["REGISTRAR_CARRIER_USER"] = carrier.username
            env["REGISTRAR_CARRIER_PASSWORD"] = carrier.password
        if carrier.sources:
            env["REGISTRAR_CARRIER_SOURCES"] = ",".join(carrier.sources)
        if carrier.is_international:
            env["REGISTRAR_CARRIER_INTERNATIONAL"] = "on"
    return env


def _held(path: Path) -> str:
    """Open a file or folder, and return a path that works even for a user without access to it.

    Kamailio closes it once it has read its configuration.
    """
    descriptor = os.open(path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    return f"/proc/self/fd/{descriptor}"


def _libpq(login: dict[str, Any]) -> dict[str, str]:
    """Return a DATABASES entry as libpq's variables, so no command line shows a password."""
    given = {"host": login["HOST"], "port": login["PORT"], "dbname": login["NAME"]}
    given |= {"user": login["USER"], "password": login["PASSWORD"]} | login.get("OPTIONS", {})
    options: Iterable[psycopg.pq.ConninfoOption] = psycopg.pq.Conninfo.get_defaults()
    variables = {
        option.keyword.decode(): option.envvar.decode() for option in options if option.envvar
    }
    return {
        variables[name]: str(value) for name, value in given.items() if name in variables and value
    }


def _host_and_port(
    name: str, address: str
) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    host, _colon, port = address.rpartition(":")
    try:
        parsed = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        if parsed.is_unspecified or not 0 < int(port) < 65536:
            raise ValueError
    except ValueError:
        raise Unavailable(
            _(
                "%(name)s must be one address of this machine and a port, such as 192.0.2.10:5060."
                " It is %(address)s."
            )
            % {"name": name, "address": address}
        ) from None
    return parsed, int(port)


def _user(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise Unavailable(
            _("The registrar does not run as root, and there is no user %(name)s.") % {"name": name}
        ) from None


def _drop_rights(user: pwd.struct_passwd, folder: Path) -> None:
    """Become `user`, give them `folder`, and still end with the parent process if that was set."""
    prctl = ctypes.CDLL(None).prctl
    agreed, parent = ctypes.c_int(), os.getppid()
    prctl(PR_GET_PDEATHSIG, ctypes.byref(agreed))
    os.chown(folder, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)  # this clears the setting, see prctl(2)
    prctl(PR_SET_PDEATHSIG, agreed)
    if agreed.value and os.getppid() != parent:
        sys.exit(128 + signal.SIGTERM)

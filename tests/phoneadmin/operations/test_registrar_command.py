"""`manage.py registrar`, and the registrar as part of `manage.py serve`."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import CommandError, call_command

from phoneadmin.operations import kamailio, keys, logins
from phoneadmin.operations.embedded import DATABASE, EmbeddedPostgres, embedded_login
from tests import template
from tests.phoneadmin.operations.serve_command import ROOT, parent, processes, serving, status
from tests.sip.conftest import Registrar, free_port, missing_registrar
from tests.waiting import wait_until

COMMAND = [sys.executable, "manage.py", "registrar"]


@pytest.fixture(autouse=True, scope="module")
def installed():
    missing_registrar()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def variables() -> dict[str, str]:
    """Return free addresses for the registrar."""
    return {
        "PHONEADMIN_SIP_LISTEN": f"127.0.0.1:{free_port()}",
        "PHONEADMIN_REGISTRAR_RPC": f"127.0.0.1:{free_port()}",
    }


def refusal(settings, variables: dict[str, str]) -> str:
    """Return the message of the command, which must end instead of running."""
    for name, value in variables.items():
        setattr(settings, name.removeprefix("PHONEADMIN_"), value)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(CommandError) as refused:
        # Otherwise it would replace this process.
        patch.setattr(
            kamailio, "run_kamailio", lambda **options: pytest.fail("nothing was refused")
        )
        call_command("registrar")
    return str(refused.value)


def first_of_the_registrar(data: Path, supervisor: int) -> int | None:
    """Return the pid of the registrar's first process, whose parent is the supervisor."""
    found = (
        pid
        for pid, line in processes(data).items()
        if "kamailio" in line and parent(pid) == supervisor
    )
    return next(found, None)


def answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


# --- by itself ------------------------------------------------------------------------------------


def of_the_registrar(settings, monkeypatch, **changes: str) -> None:
    """Give the owner and the registrar logins other than those to the tests' database."""
    monkeypatch.setitem(settings.DATABASES, "owner", settings.DATABASES["owner"] | changes)
    settings.REGISTRAR_DATABASE = settings.REGISTRAR_DATABASE | changes


def test_database_that_is_not_there_is_said(settings, monkeypatch, tmp_path, variables):
    of_the_registrar(settings, monkeypatch, HOST=str(tmp_path))
    assert "The database does not answer" in refusal(settings, variables)


def test_database_without_the_registrars_tables_is_said(
    settings, monkeypatch, django_db_setup, postgres, variables
):
    with postgres.connect_as_superuser() as superuser:
        postgres.create_database(superuser, "empty")
        try:
            of_the_registrar(settings, monkeypatch, NAME="empty")
            assert "migrate" in refusal(settings, variables)
        finally:
            superuser.execute("DROP DATABASE empty")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PHONEADMIN_SIP_LISTEN", socket.SOCK_DGRAM),
        ("PHONEADMIN_SIP_LISTEN", socket.SOCK_STREAM),
        ("PHONEADMIN_REGISTRAR_RPC", socket.SOCK_STREAM),
    ],
)
def test_port_that_is_taken_is_named(settings, variables, name, kind):
    host, _, port = variables[name].rpartition(":")
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((host, int(port)))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        said = refusal(settings, variables)
    assert (
        f"It cannot listen on {host}:{port}: it is in use by another program. Choose another"
        f" with {name}." in said
    )


@pytest.mark.parametrize(
    "address", ["0.0.0.0:5060", "[::]:5060", "sip.example.com:5060", "127.0.0.1:0", "127.0.0.1:x"]
)
def test_address_that_telephones_could_not_answer_is_refused(settings, variables, address):
    variables["PHONEADMIN_SIP_LISTEN"] = address
    said = refusal(settings, variables)
    assert "PHONEADMIN_SIP_LISTEN must be one address of this machine and a port" in said


def test_tls_without_a_front_is_refused(settings, variables):
    settings.SIP_TRANSPORT = "tls"
    assert "Set PHONEADMIN_SIP_FRONT" in refusal(settings, variables)


@pytest.mark.parametrize("server", ["", "sip.example.com:5060;transport=tcp"])
def test_front_without_a_tls_name_is_refused(tmp_path, variables, server):
    given = {"PHONEADMIN_SIP_FRONT": "127.0.0.1:5062", "PHONEADMIN_SIP_SERVER": server}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE", "PHONEADMIN"))
    }
    env = (
        kept
        | variables
        | given
        | {"PHONEADMIN_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "phoneadmin.settings"}
    )
    done = subprocess.run(COMMAND, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert (
        "PHONEADMIN_SIP_FRONT needs the name and port that phones reach the TLS front at"
        in done.stderr
    )


def test_kamailio_that_is_missing_is_named_with_its_packages(monkeypatch):
    monkeypatch.setattr(kamailio, "MODULES", "no/such/folder")
    with pytest.raises(
        kamailio.Unavailable, match="apt-get install kamailio kamailio-postgres-modules"
    ):
        kamailio.find_program()
    assert "apt-get install" in kamailio.find_obstacle()


# --- beside the web server ------------------------------------------------------------------------


@pytest.mark.ci
def test_serve_starts_it_again_when_it_dies(product):
    assert f"SIP registrar: {product.sip} (udp)" in product.output.read_text()
    first = wait_until(lambda: first_of_the_registrar(product.data, product.process.pid))
    wait_until(lambda: answers(product.rpc))
    os.kill(first, signal.SIGKILL)
    wait_until(
        lambda: first_of_the_registrar(product.data, product.process.pid) not in (None, first)
    )
    wait_until(lambda: answers(product.rpc))
    assert "The SIP registrar has ended" in product.output.read_text()


@pytest.mark.ci
def test_registrar_ends_when_what_started_it_is_killed(django_db_setup, tmp_path):
    registrar = Registrar(tmp_path / "log")
    script = (
        "import signal, django; django.setup(); from phoneadmin.management.commands import serve\n"
        "child = serve.build_registrar(); child.start(); print(child.process.pid, flush=True);"
        " signal.pause()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=registrar.environment(),
        stdout=subprocess.PIPE,
    )
    try:
        first = int(parent.stdout.readline())
        wait_until(registrar.answers)
        assert len(processes_of_group(first)) > 5
    finally:
        parent.kill()
        parent.communicate()
    wait_until(lambda: not processes_of_group(first))


def processes_of_group(number: int) -> list[int]:
    """Return the living processes of a process group."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended in the meantime
            state, _, group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(group) == number and state != "Z":
                found.append(int(process.name))
    return found


@pytest.mark.ci
def test_registrar_runs_as_somebody_without_rights(product):
    wait_until(lambda: answers(product.rpc))
    status = Path(
        f"/proc/{first_of_the_registrar(product.data, product.process.pid)}/status"
    ).read_text()
    ids = {line.split()[0]: line.split()[1:] for line in status.splitlines() if ":" in line}
    assert pwd.getpwuid(int(ids["Uid:"][0])).pw_name != "root" and ids["CapEff:"] == ["0" * 16]
    assert len(set(ids["Uid:"])) == len(set(ids["Gid:"])) == 1


@pytest.mark.ci
def test_serve_says_in_one_line_that_the_port_is_taken_and_serves(external):
    product = external.product
    (line,) = [line for line in product.output.read_text().splitlines() if "registrar" in line]
    assert line.startswith(f"The SIP registrar is off. It cannot listen on {product.sip}")
    assert first_of_the_registrar(product.data, product.process.pid) is None
    assert status(product.port) < 500


# --- on an external PostgreSQL --------------------------------------------------------------------


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """Run an external server whose owner may not create roles; the owner's database is migrated."""
    data = template.copy_to(tmp_path_factory.mktemp("server") / "outside")
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True) as server:
        with server.connect_as_superuser() as superuser:
            superuser.execute("CREATE ROLE boss LOGIN PASSWORD 'secret'")
            superuser.execute(f"ALTER DATABASE {DATABASE} RENAME TO company")
            superuser.execute("ALTER DATABASE company OWNER TO boss")
        with server.connect_as_superuser("company") as superuser:
            superuser.execute(
                f"REASSIGN OWNED BY {embedded_login(data, server.keys, 'owner')['USER']} TO boss"
            )
        yield server


def test_owner_who_may_not_make_the_role_is_told_the_statement(
    outside, settings, monkeypatch, variables
):
    boss = embedded_login(outside.data, outside.keys, "owner", "company") | {
        "USER": "boss",
        "PASSWORD": "secret",
    }
    monkeypatch.setitem(settings.DATABASES, "owner", boss)
    settings.PRODUCTION, settings.REGISTRAR_DATABASE = (
        True,
        logins.registrar_login(boss, None, "key"),
    )
    said = refusal(settings, variables)
    assert "DATABASE_REGISTRAR_URL" in said
    assert "CREATE ROLE \"boss_registrar\" LOGIN PASSWORD '<its password>'" in said


@pytest.mark.ci
def test_role_that_the_owner_may_not_make_can_be_another_that_is_named(
    outside, tmp_path, port, variables
):
    app = embedded_login(outside.data, outside.keys, "app")
    web, folder = app["USER"], quote(app["HOST"], safe="")
    with outside.connect_as_superuser() as superuser:
        superuser.execute("CREATE ROLE telephones LOGIN PASSWORD 'p@ss/word'")
    # Debian's user kamailio must reach the socket, as it can reach that of a system's server.
    if os.geteuid() == 0:
        for path in (app["HOST"], outside.data, *outside.data.parents):
            if str(path).startswith("/tmp/"):
                os.chmod(path, 0o755)
    variables |= {
        "DATABASE_URL": f"postgres://boss:secret@{folder}:5432/company",
        "DATABASE_APP_URL": f"postgres://{web}:{quote(app['PASSWORD'], safe='')}"
        f"@{folder}:5432/company",
        "DATABASE_REGISTRAR_URL": f"postgres://telephones:p%40ss%2Fword@{folder}:5432/company",
        "PHONEADMIN_SECRET_KEY": "x" * 50,
        "PHONEADMIN_SIP_KEYS": "k" * 30,
        "PHONEADMIN_SIP_DOMAIN": "sip.example.com",
        "PHONEADMIN_URL": f"http://localhost:{port}",
    }
    with serving(tmp_path / "data", port, **variables) as (_, output):
        assert "SIP registrar: " in output.read_text()
        with outside.connect_as_superuser("company") as superuser:
            users = (
                "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'company' AND"
                " pid <> pg_backend_pid()"
            )
            # Both connect with a delay.
            wait_until(lambda: sorted(superuser.execute(users)) == [(web,), ("telephones",)])
            assert not superuser.execute(
                "SELECT has_schema_privilege(%s, 'registrar', 'USAGE')", [web]
            ).fetchone()[0]
        for secret in (b"p@ss/word", b"p%40ss%2Fword"):
            holders = {
                line for pid, line in processes(tmp_path / "data").items() if secret in environ(pid)
            }
            assert all("kamailio" in line or "serve" in line for line in holders)


def environ(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def test_login_of_the_registrar_is_derived_from_the_owner_and_the_secret_key():
    owner = {"USER": "boss", "PASSWORD": "secret", "HOST": "db", "PORT": 5432, "NAME": "company"}
    made = logins.registrar_login(owner, None, "key")
    assert made | {"PASSWORD": ""} == owner | {"USER": "boss_registrar", "PASSWORD": ""}
    passwords = {made["PASSWORD"], logins.application_login(owner, None, "key")["PASSWORD"]}
    passwords |= {logins.registrar_login(owner, None, "other")["PASSWORD"], "secret"}
    assert len(passwords) == 4
    assert logins.registrar_login(None, None, "key") is None
    assert logins.registrar_login(owner, "postgres://sip:p@db2/x", "key")["USER"] == "sip"


@pytest.mark.ci
def test_right_to_sign_in_is_all_that_an_unprepared_role_has(product):
    """On the embedded server, the role may use only its schema."""
    entry = embedded_login(product.data, keys.load_keys(product.data), "registrar")
    with logins.connect(entry) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT FROM public.users_user")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TEMPORARY TABLE mine (id integer)")

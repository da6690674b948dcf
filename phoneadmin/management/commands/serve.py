"""`manage.py serve`: run all of phoneadmin in one command that Ctrl-C ends."""

from __future__ import annotations

import errno
import os
import socket
import sys
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection, connections

from phoneadmin.operations import embedded as postgres
from phoneadmin.operations import (
    kamailio,
    logins,
    media,
    postgres_errors,
    releases,
    static_files,
)
from phoneadmin.operations.database import hold_data_folder
from phoneadmin.operations.supervisor import Child, Supervisor
from phones import media_relay
from users import outages

THREADS = 4
PATIENCE = 60.0  # seconds until it answers


class Command(BaseCommand):
    help = (
        "Runs phoneadmin: the embedded PostgreSQL where it is used, migrations, the demo"
        " company, the web server."
    )
    requires_system_checks = ()  # the tests run them

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with hold_data_folder(), Supervisor() as supervisor:
                require_free_port("PORT", settings.HOST, settings.PORT)
                if settings.HEALTH:
                    require_free_port("PHONEADMIN_HEALTH", *settings.HEALTH)
                self.stdout.write("phoneadmin is starting …")
                if settings.PRODUCTION:
                    if "owner" in settings.DATABASES:
                        logins.prepare_application_role(
                            settings.DATABASES["owner"], settings.DATABASES["default"]
                        )
                    logins.reset_role_settings(settings.DATABASES["default"], "app")
                    sign_ins = prepare_data()
                else:
                    sign_ins = prepare_embedded(supervisor)
                missing = kamailio.find_obstacle()
                silent = None if missing else start_media_relay(supervisor)
                supervisor.add(build_worker())
                web = build_web_server()
                supervisor.add(web)
                if not missing:
                    telephones = build_registrar()
                    supervisor.add(telephones)
                if not supervisor.wait_for(web, is_answering, PATIENCE):
                    raise CommandError("The web server did not start: the reason stands above.")
                if not missing and not supervisor.wait_for(telephones, kamailio.is_answering, 10.0):
                    missing = "It did not start: the reason stands above."
                self.announce(sign_ins, missing, silent)
                supervisor.watch()
        except KeyboardInterrupt:
            self.stdout.write("phoneadmin has stopped.")
        except (postgres_errors.PostgresError, psycopg.OperationalError) as error:
            raise CommandError(str(error)) from error

    def announce(
        self, sign_ins: list[tuple[str, str, str]], missing: str | None, silent: str | None
    ) -> None:
        """Print the addresses and the demo's sign-ins.

        `missing` is why the registrar is off, `silent` why no media relay is on.
        """
        address = (
            settings.PUBLIC_URL
            if settings.PRODUCTION
            else f"http://{choose_printed_host()}:{settings.PORT}"
        )
        self.stdout.write(f"\nphoneadmin is ready: {address}\n")
        if missing:
            self.stdout.write(f"The SIP registrar is off. {missing}")
        else:
            self.stdout.write(
                f"SIP registrar: {settings.SIP_HOST}:{settings.SIP_PORT} ({settings.SIP_TRANSPORT})"
            )
            if silent:
                self.stdout.write(
                    f"Phones behind different routers won’t hear each other. {silent}"
                )
        role_width, email_width = (
            max((len(row[column]) for row in sign_ins), default=0) for column in (0, 1)
        )
        for role, email, password in sign_ins:
            self.stdout.write(f"  {role:{role_width}}  {email:{email_width}}  {password}")
        self.stdout.write("Ctrl-C stops everything.")
        self.stdout.flush()


def require_free_port(variable: str, host: str, port: int) -> None:
    """Raise CommandError if the port can't be listened on; `variable` is where to change it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = f"stop it, or choose another with {variable}=."
            raise CommandError(f"Port {port} is in use by another program: {advice}") from None
        raise CommandError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None


def prepare_data() -> list[tuple[str, str, str]]:
    """Migrate, collect static files, and load the demo if it belongs here; return its sign-ins."""
    from phoneadmin.operations import backup
    from users.models import Account, User

    if not settings.PRODUCTION:
        backup.clear_leftovers(postgres.EmbeddedPostgres(settings.DATA, settings.KEYS))
    if "owner" in settings.DATABASES:
        call_command("migrate", database="owner", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        releases.require_fit(cursor)
    require_sip_keys()
    static_files.collect_if_changed()
    sign_ins = []
    if not settings.PRODUCTION:
        if not Account.objects.using("owner").exists():
            call_command("demo", "--company", verbosity=0)
        present = set(
            User.objects.using("owner")
            .values_list("email", flat=True)
            .filter(email__in=[email for _, email, _ in settings.DEMO_SIGN_INS])
        )
        sign_ins = [row for row in settings.DEMO_SIGN_INS if row[1] in present]
    connections.close_all()
    return sign_ins


def prepare_embedded(supervisor: Supervisor) -> list[tuple[str, str, str]]:
    """Start and prepare the embedded database; start over if it dies meanwhile.

    Raises whatever `prepare_data` raises, and PostgresError if the database keeps dying.
    """
    database = postgres.EmbeddedPostgres(settings.DATA, settings.KEYS)
    supervisor.add(database)
    while supervisor.wait_for(database, database.is_answering, PATIENCE):
        try:
            return prepare_data()
        except Exception as error:
            if not outages.find_outage(error) or database.is_answering():
                raise
            connections.close_all()
    raise postgres_errors.PostgresError(
        f"PostgreSQL keeps ending. The end of {database.log} may say why."
    )


def start_media_relay(supervisor: Supervisor) -> str | None:
    """Start a media relay of our own unless another is named; return why none is on, or None.

    The programs started after it learn of it as of one that the operator named.
    """
    if settings.MEDIA_OFF:
        return "PHONEADMIN_MEDIA is off."
    if settings.MEDIA:
        named = "{}:{}".format(*settings.MEDIA)
        return None if media_relay.is_answering(*settings.MEDIA) else f"{named} does not answer."
    if missing := media.find_obstacle():
        return missing
    control = media.choose_control()
    relay = media.build_relay(control)
    supervisor.add(relay)
    if not supervisor.wait_for(relay, lambda: media_relay.is_answering(*control), 5.0):
        return "The media relay did not start: the reason stands above."
    os.environ["PHONEADMIN_MEDIA"] = "{}:{}".format(*control)
    return None


def require_sip_keys() -> None:
    """Raise CommandError if passwords of lines or phones depend on a key that is missing."""
    from phoneadmin.operations import sip_keys

    if missing := sip_keys.find_missing_keys():
        raise CommandError(
            f"SIP credentials were made with keys that are not in PHONEADMIN_SIP_KEYS"
            f" (fingerprints:"
            f" {', '.join(sorted(missing))}). Put the keys back. If they are lost, give these"
            f" people and phones new ones,"
            " with the list that phoneadmin gets: .venv/bin/python manage.py reissue_credentials"
            " --missing"
        )


def build_environment() -> dict[str, str]:
    """Build our programs' environment, with the application's database login only."""
    env = dict(os.environ)
    env.pop("DATABASE_REGISTRAR_URL", None)
    env.pop("PHONEADMIN_COMMAND", None)
    owner_url = env.pop("DATABASE_URL", "")
    if owner_url:
        env["DATABASE_APP_URL"] = logins.application_url(owner_url, settings.DATABASES["default"])
    return env


def build_worker() -> Child:
    """Build the worker, which does the jobs queued in the database."""
    argv = [
        sys.executable,
        "manage.py",
        "procrastinate",
        "--verbosity=0",
        "worker",
        "--concurrency=4",
    ]
    argv += ["--delete-jobs=successful"]  # their results are recorded elsewhere
    # Without the supervisor, the database ends too, and the worker would only wait for its return.
    return Child("The worker", argv, build_environment(), settings.BASE_DIR, death_signal="KILL")


def build_registrar() -> Child:
    """Build the SIP registrar, which has its own database login."""
    env = build_environment()
    url = os.environ.get("DATABASE_REGISTRAR_URL", "")
    owner_url = os.environ.get("DATABASE_URL")
    if not url and owner_url and settings.REGISTRAR_DATABASE:
        url = logins.application_url(owner_url, settings.REGISTRAR_DATABASE)
    if url:
        env["DATABASE_REGISTRAR_URL"] = url
    return Child(
        "The SIP registrar", [sys.executable, "manage.py", "registrar"], env, settings.BASE_DIR
    )


def build_web_server() -> Child:
    """Build the web server."""
    options = {
        "interface": "wsgi",
        "host": settings.HOST,
        "port": settings.PORT,
        "http": 1,
        "workers": settings.PROCESSES,
        "blocking-threads": THREADS,
        "blocking-threads-idle-timeout": 600,  # each thread keeps its connection to the database
        "backlog": 1024,
        "http1-buffer-size": 64 * 1024,  # the limit for a request line and headers together
        "http1-header-read-timeout": 10_000,
        "workers-kill-timeout": 5,
        "log-level": "warning",
    }
    argv = [
        sys.executable,
        "-m",
        "granian",
        *(f"--{name}={value}" for name, value in options.items()),
    ]
    argv += [
        "--no-ws",
        "--respawn-failed-workers",
        "--factory",
        "phoneadmin.operations.web_process:load_application",
    ]
    return Child("The web server", argv, build_environment(), settings.BASE_DIR)


def is_answering() -> bool:
    """Tell whether the web server answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)
    connection = HTTPConnection(host, settings.PORT, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": urlsplit(settings.PUBLIC_URL).netloc})
        connection.getresponse()
        return True
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def choose_printed_host() -> str:
    """Choose the host to print: passkeys refuse bare IP addresses, so use localhost here."""
    return "localhost" if settings.HOST in {"127.0.0.1", "0.0.0.0", "::", "::1"} else settings.HOST

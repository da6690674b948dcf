"""Back up the embedded database to one file, and restore it.

The file is a zip archive with two members: `database`, as pg_dump writes it, and `about.json`, what
the restoring installation must have. It holds only fingerprints of the keys in keys.json, and no
sessions or known browsers: an ended session or a forgotten browser must not come back.
"""

from __future__ import annotations

import hmac
import json
import os
import shutil
import struct
import tempfile
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils.translation import gettext as _
from psycopg import sql

from phoneadmin.operations import kamailio, logins, releases
from phoneadmin.operations.embedded import DATABASE, EmbeddedPostgres
from phones import lock
from users import sip

FORMAT = 1
# The new database while it is being restored, and the old one until it is dropped.
ASIDE, BEFORE = f"{DATABASE}_restoring", f"{DATABASE}_before"
# Tables whose rows a backup leaves out.
LEFT_OUT = ("django_session", "phoneadmin_cache", "registrar.call", "users_knownbrowser")
ATTEMPTS = 20
# A restore holds this lock until its connection ends.
LOCK = "SELECT pg_try_advisory_lock(hashtext('phoneadmin restore'))"
SESSIONS_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)"
UNREADABLE = (
    BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    EOFError,
    zlib.error,
    struct.error,
    NotImplementedError,
)


class Refused(Exception):
    """A backup can't be made or restored, and nothing changed; the text says why and what to do."""


@dataclass(frozen=True)
class About:
    """What a backup requires of the installation that restores it; keys appear as fingerprints."""

    format: int
    made_at: str  # ISO 8601, UTC
    secret_key: str
    sip_keys: list[str]  # those that credentials of the backup were made with
    sip_domain: str
    migrations: list[list[str]]  # app and name of all that have run


def fingerprint_key(secret_key: str) -> str:
    """Identify a secret key without revealing it: 16 hexadecimal digits."""
    return hmac.digest(secret_key.encode(), b"phoneadmin secret key fingerprint", "sha256").hex()[
        :16
    ]


# --- making one -----------------------------------------------------------------------------------


def make_backup(file: Path) -> About:
    """Back up the database as it is now to a new file that only its owner can read.

    The file appears whole or not at all. Raises Refused, and releases.Unfit if the data is newer
    than this release.
    """
    clear_leftovers(EmbeddedPostgres(settings.DATA, settings.KEYS))
    if file.exists():
        raise Refused(_("%(file)s exists already. Choose another name.") % {"file": file})
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as out:
            about = _write(out)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)  # unlike a rename it never replaces a file
        _sync(file.parent)
        return about
    except OSError as error:
        reason = {"file": file, "reason": error.strerror}
        raise Refused(_("%(file)s cannot be written: %(reason)s.") % reason) from error
    finally:
        with suppress(OSError):
            draft.unlink()


def _write(out: IO[bytes]) -> About:
    server = EmbeddedPostgres(settings.DATA, settings.KEYS)
    owner = logins.connect(settings.DATABASES["owner"])
    try:
        owner.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        with owner.cursor() as cursor:
            releases.require_known(cursor)
        snapshot = _value(owner.execute("SELECT pg_export_snapshot()"))
        about = _about(owner)
        arguments = ["--format=custom", f"--snapshot={snapshot}"]
        arguments += [f"--exclude-table-data={name}" for name in LEFT_OUT]
        with ZipFile(out, "w") as archive, tempfile.TemporaryFile() as complaints:
            archive.writestr("about.json", json.dumps(asdict(about), indent=1))
            with (
                server.start_client(
                    "pg_dump", DATABASE, *arguments, stdout=-1, stderr=complaints
                ) as dump,
                archive.open("database", "w", force_zip64=True) as member,
            ):
                assert dump.stdout is not None  # a pipe, as asked for
                shutil.copyfileobj(dump.stdout, member)
            if dump.returncode != 0:
                raise Refused(
                    _("The database cannot be read: %(reason)s") % {"reason": _said(complaints)}
                )
        return about
    finally:
        owner.close()


def _about(owner: psycopg.Connection) -> About:
    used = owner.execute(
        "SELECT key_fingerprint FROM users_sipaccount"
        " UNION SELECT admin_key FROM phones_provisioning WHERE admin_key IS NOT NULL ORDER BY 1"
    ).fetchall()
    # Phones still have passwords made with these. A key that is lost already must not keep anyone
    # from restoring.
    former = {key for (key,) in owner.execute(lock.FORMER_KEYS)} & {
        sip.fingerprint_key(key) for key in settings.SIP_KEYS
    }
    migrations = owner.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    return About(
        format=FORMAT,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        secret_key=fingerprint_key(settings.SECRET_KEY),
        sip_keys=sorted(former | {key for (key,) in used}),
        sip_domain=settings.SIP_DOMAIN,
        migrations=[list(row) for row in migrations],
    )


# --- restoring one --------------------------------------------------------------------------------


def inspect_backup(file: Path) -> About:
    """Verify a whole backup file and return its description. Raises Refused if a byte is wrong."""
    try:
        with ZipFile(file) as archive:
            damaged = archive.testzip()  # compares checksums
            archive.getinfo("database")
            about = json.loads(archive.read("about.json"))
            if damaged or about["format"] != FORMAT:
                raise BadZipFile
            return About(**about)
    except OSError as error:
        raise Refused(
            _("%(file)s cannot be read: %(reason)s.")
            % {"file": file, "reason": error.strerror or error}
        ) from error
    except UNREADABLE:
        raise Refused(
            _(
                "%(file)s is no whole backup of phoneadmin: it is damaged, cut off or"
                " something else."
            )
            % {"file": file}
        ) from None


def require_fit(about: About, *, other_keys: bool) -> None:
    """Raise Refused if this installation is too old for a backup or lacks its keys.

    With `other_keys`, different keys are accepted.
    """
    if releases.find_unknown((app, name) for app, name in about.migrations):
        raise Refused(
            _(
                "The backup was made by a newer phoneadmin. Restore it with that version, or a"
                " later one."
            )
        )
    if about.sip_keys and about.sip_domain != settings.SIP_DOMAIN:
        raise Refused(
            _(
                "The backup’s SIP credentials are of the domain %(domain)s. Set"
                " PHONEADMIN_SIP_DOMAIN to it."
            )
            % {"domain": about.sip_domain}
        )
    if not other_keys and (
        about.secret_key != fingerprint_key(settings.SECRET_KEY) or missing_keys(about)
    ):
        raise Refused(
            _(
                "The backup was made with other keys (fingerprints: %(keys)s). Take secret_key and"
                " sip_key in %(file)s"
                " from the keys.json of that installation, and its PHONEADMIN_SIP_KEYS where it had"
                " any. If they are"
                " lost, go on with --other-keys: links in mails are dead then, and everybody needs"
                " new SIP credentials."
            )
            % {
                "keys": ", ".join([about.secret_key, *about.sip_keys]),
                "file": settings.DATA / "keys.json",
            }
        )


def missing_keys(about: About) -> set[str]:
    """Return the fingerprints of keys that a backup's credentials need and the settings lack."""
    return set(about.sip_keys) - {sip.fingerprint_key(key) for key in settings.SIP_KEYS}


def restore_backup(file: Path, *, replace: bool) -> None:
    """Replace the database with a backup's, which `inspect_backup` has verified.

    Load it beside the current one, migrate it to this version, and swap the two in one transaction.
    If interrupted at any point, either the old or the new one is in place, and `clear_leftovers`
    drops the rest. A running phoneadmin continues on the new one. The server must run. Raises
    Refused, also if the database has accounts or people already, unless `replace` is set.
    """
    server = EmbeddedPostgres(settings.DATA, settings.KEYS)
    with server.connect_as_superuser() as superuser:
        if not _value(superuser.execute(LOCK)):
            raise Refused(_("Another restore is running."))
        _drop_copies(superuser)
        if not replace and _in_use(server):
            raise Refused(
                _(
                    "There is data in this database already. Give --replace to have the backup’s in"
                    " its place."
                )
            )
        try:
            server.create_database(superuser, ASIDE)
            _load(server, file)
            _bring_up_to_date()
            _swap(superuser)
        finally:
            _drop_copies(superuser)


def clear_leftovers(server: EmbeddedPostgres) -> None:
    """Drop the database copies that a killed restore left, but none in use."""
    with server.connect_as_superuser() as superuser:
        if _copies(superuser) and _value(superuser.execute(LOCK)):
            _drop_copies(superuser)


def _in_use(server: EmbeddedPostgres) -> bool:
    with server.connect_as_superuser(DATABASE) as connection:
        if connection.execute("SELECT to_regclass('public.users_user')").fetchone() == (None,):
            return False
        found = connection.execute(
            "SELECT EXISTS (SELECT FROM users_account) OR EXISTS (SELECT FROM users_user)"
        )
        return _value(found)


def _load(server: EmbeddedPostgres, file: Path) -> None:
    arguments = ["--format=custom", "--exit-on-error"]
    with (
        ZipFile(file) as archive,
        archive.open("database") as member,
        tempfile.TemporaryFile() as complaints,
    ):
        # If pg_restore ends early, its error output says why.
        with (
            server.start_client(
                "pg_restore", ASIDE, *arguments, stdin=-1, stderr=complaints
            ) as load,
            suppress(BrokenPipeError),
        ):
            assert load.stdin is not None  # a pipe, as asked for
            shutil.copyfileobj(member, load.stdin)
            load.stdin.close()
        if load.returncode != 0:
            raise Refused(
                _("The backup cannot be restored: %(reason)s") % {"reason": _said(complaints)}
            )


def _bring_up_to_date() -> None:
    """Migrate the loaded database, and give the registrar's role what a dump lacks."""
    login = {**(settings.REGISTRAR_DATABASE or {}), "NAME": ASIDE}
    owner = connections["owner"]
    owner.close()
    name = owner.settings_dict["NAME"]
    owner.settings_dict["NAME"] = ASIDE
    try:
        call_command("migrate", database="owner", interactive=False, verbosity=0)
        with owner.cursor() as cursor:
            cursor.execute("ANALYZE")
        kamailio.grant_rights(owner.settings_dict, login)
        kamailio.pin_role_settings(login)
    finally:
        owner.close()
        owner.settings_dict["NAME"] = name


def _swap(superuser: psycopg.Connection) -> None:
    """Swap both databases in one transaction; open sessions are cut and reconnect to the new."""
    connections.close_all()
    for attempt in range(ATTEMPTS):
        try:
            with superuser.transaction():
                superuser.execute(SESSIONS_END, [[DATABASE, ASIDE]])
                for old, new in ((DATABASE, BEFORE), (ASIDE, DATABASE)):
                    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                    superuser.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))
            return
        except psycopg.errors.ObjectInUse:  # a session reconnected in between
            if attempt == ATTEMPTS - 1:
                raise


def _copies(superuser: psycopg.Connection) -> list[str]:
    found = "SELECT datname FROM pg_database WHERE datname = ANY(%s)"
    return [name for (name,) in superuser.execute(found, [[ASIDE, BEFORE]])]


def _drop_copies(superuser: psycopg.Connection) -> None:
    for name in _copies(superuser):
        statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        superuser.execute(statement.format(sql.Identifier(name)))


def _value(cursor: psycopg.Cursor) -> Any:
    """Return the single value of a query that always finds a row."""
    row = cursor.fetchone()
    assert row is not None
    return row[0]


def _said(complaints: Any) -> str:
    complaints.seek(0)
    return complaints.read().decode(errors="replace").strip()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

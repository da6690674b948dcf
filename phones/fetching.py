"""Hand a phone its configuration with line 1, once it has proved which phone it is (R32).

A phone fetches from a folder of its own, /p/<secret>/. Only the secret lets it in, because MAC
addresses can be guessed. The secret is a token of 128 random bits that no person ever sees; the
phone gets it in its first file. It fetches that first file with a code: ten digits that fit a
keypad, good for an hour and for this phone.

Whatever is wrong, the answer is the same: None. The database function `phones_fetching` looks the
secret up and counts wrong ones by sender; beyond a limit it refuses all codes, but never a token.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from phones import line, lock
from phones.models import Phone, Provisioning
from phones.provisioning.make import fit_on_one_line
from phones.provisioning.makes import MAKES

CODE_LASTS = timedelta(hours=1)
LONGEST_AGENT = 120  # characters of a User-Agent that are kept
TOKEN = re.compile(r"[0-9a-f]{32}", re.ASCII)
CODE = re.compile(r"[0-9]{10}", re.ASCII)


@dataclass(frozen=True)
class ServedFile:
    """A file as a phone gets it."""

    text: str
    content_type: str


def create_code(phone: Phone) -> str:
    """Return a new code for connecting this phone; it replaces any earlier one."""
    until = timezone.now() + CODE_LASTS
    while True:
        code = f"{secrets.randbelow(10**10):010}"
        values = {"code_hash": _code_hash(code), "code_until": until}
        try:
            with transaction.atomic():
                Provisioning.objects.filter(phone_id=phone.pk).update(**values)
        except IntegrityError:  # the same ten digits as another phone's
            continue
        return code


def build_url(secret: str) -> str:
    """Return the URL of the folder that a phone with this secret fetches from."""
    return f"{settings.PROVISIONING_URL}/p/{secret}/"


def serve_file(
    *, secret: str, file: str, sender: str, agent: str = "", record: bool
) -> ServedFile | None:
    """Return the file that a phone asks for, or None if it gets nothing.

    `sender` is the network address of the request, `agent` its User-Agent. `record` what the phone
    fetched, when and from where, unless it is a HEAD. Raises users.sip.UnknownKey if a password can
    no longer be derived.
    """
    by_code = CODE.fullmatch(secret) is not None
    if not by_code and not TOKEN.fullmatch(secret.lower()):
        return None
    presented = _code_hash(secret) if by_code else _token_hash(secret.lower())
    caller = _called_by(presented, by_code=by_code, sender=sender)
    if caller is None:
        return None
    make = MAKES[caller.make]
    if (text := make.find_other_file(file, caller.mac)) is not None:
        return ServedFile(text, make.content_type)
    if not make.carries_line(file, caller.mac):
        return None
    # From now on the phone fetches with its token: the answer to a code brings a new one, which
    # replaces an earlier one.
    token = secrets.token_hex(16) if by_code else secret.lower()
    text = make.render_configuration(line.build_desk(caller, build_url(token)))
    if record:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT phones_delivered(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    caller.phone_id,
                    presented,
                    _token_hash(token),
                    caller.wanted,
                    caller.username or "",
                    sender,
                    fit_on_one_line(agent)[:LONGEST_AGENT],
                    caller.admin_generation,
                    caller.admin_key or lock.newest_key(),
                ],
            )
            if cursor.fetchone() == (False,):
                return None
    return ServedFile(text, make.content_type)


def _called_by(presented: str, *, by_code: bool, sender: str) -> line.Facts | None:
    hashes = (None, presented) if by_code else (presented, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM phones_fetching(%s, %s, %s)", [*hashes, sender])
        row = cursor.fetchone()
    return line.Facts(*row) if row else None


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _code_hash(code: str) -> str:
    return salted_hmac("phoneadmin.phones.fetching.code", code, algorithm="sha256").hexdigest()

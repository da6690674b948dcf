"""`manage.py reissue_credentials`: replace the credentials made with a retired key.

These are the SIP credentials of people and phones, and the passwords of phones' own pages (R47).

Retire a key in three steps: put a new one before it in PHONEADMIN_SIP_KEYS and restart phoneadmin;
run this command, with the same list, until no credentials use the old key; remove the old key.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from phoneadmin.operations import database, releases, sip_keys
from phoneadmin.operations.postgres_errors import PostgresError
from phones import lock, restarts
from phones import registrar_client as registrar
from phones.models import Phone
from users import sip
from users.models import Account, SipAccount
from users.tenancy import scope

BATCH = 500


class Command(BaseCommand):
    help = (
        "Gives new SIP credentials to everybody whose were not made with the newest of"
        " PHONEADMIN_SIP_KEYS, and new passwords of their own to such phones. The desk phones must"
        " be restarted; those with new SIP credentials cannot call until then. Run again, it goes"
        " on where it was interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--missing", action="store_true", help="only those whose key is gone from the list"
        )
        parser.add_argument(
            "--per-minute",
            type=parse_positive,
            default=60,
            metavar="N",
            help="at most so many people a minute (60)",
        )
        parser.add_argument(
            "--restart", action="store_true", help="ask each person’s desk phone to restart at once"
        )
        parser.add_argument("--account", metavar="NAME", help="only the people of this company")

    def handle(
        self, *, missing: bool, per_minute: int, restart: bool, account: str | None, **options: Any
    ) -> None:
        """Reissue; print whose phone must restart and which keys can go. Raises CommandError."""
        try:
            with database.provide_database():
                with connection.cursor() as cursor:
                    releases.require_fit(cursor)
                account_id = find_account_key(account) if account else None
                done = self.reissue(
                    find_keys_to_replace(missing),
                    account_id,
                    60 / per_minute,
                    restart=restart,
                    verbose=options["verbosity"] > 0,
                )
                self.stdout.write(
                    _("New SIP credentials: %(people)d. Phones to restart: %(phones)d.") % done
                )
                if done["passwords"]:
                    self.stdout.write(
                        _("Other phones with a new password of their own: %(passwords)d.") % done
                    )
                self.print_unused_keys()
        except (OperationalError, PostgresError) as error:
            raise CommandError(
                _("%(reason)s\nWhat was done stays done: run this again to go on.")
                % {"reason": str(error).strip()}
            ) from error
        except KeyboardInterrupt:
            raise CommandError(
                _("Interrupted. What was done stays done: run this again to go on.")
            ) from None

    def reissue(
        self, keys: set[str], account_id: int | None, pause: float, *, restart: bool, verbose: bool
    ) -> dict[str, int]:
        """Reissue person by person, `pause` seconds apart; return how many people and phones.

        The phones are those that someone must restart by hand; with `restart`, only those that
        couldn't be asked to.
        """
        with transaction.atomic(), scope.entered(scope="support"):
            total = find_outdated(keys, account_id).count()
        done = {"people": 0, "phones": 0, "passwords": 0}
        due = time.monotonic()
        for of_account, key in iterate_accounts(keys, account_id):
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic()) + pause
            line = renew_account(of_account, key, keys)
            if line is None:
                continue
            done["people"] += 1
            phone = line.phone or getattr(line.user, "phone", None)
            asked = bool(phone and restart and ask_to_restart(phone))
            done["phones"] += phone is not None and not asked
            if verbose:
                what = {
                    "n": done["people"],
                    "total": total,
                    "company": line.account,
                    "person": line.user or _("a phone of its own"),
                }
                if phone:
                    what |= {"phone": phone.label or phone.model_name, "mac": phone.mac_shown}
                    told = (
                        _(
                            "%(n)d/%(total)d %(company)s: %(person)s: %(phone)s (%(mac)s) was asked"
                            " to restart"
                        )
                        if asked
                        else _(
                            "%(n)d/%(total)d %(company)s: %(person)s: restart %(phone)s (%(mac)s)"
                        )
                    )
                else:
                    told = _("%(n)d/%(total)d %(company)s: %(person)s: no desk phone")
                self.stdout.write(told % what)
                self.stdout.flush()
        for locked in iterate_locked(keys, account_id):
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic()) + pause
            if relock_phone(locked, keys):
                done["passwords"] += 1
                done["phones"] += not (restart and ask_to_restart(locked))
        return done

    def print_unused_keys(self) -> None:
        """Print which of the older keys can be removed from the variable."""
        used, former = sip_keys.find_keys_in_use(), lock.former_keys()
        # The generated key isn't in the variable.
        generated = None if settings.PRODUCTION else settings.KEYS.sip_key
        for place, key in enumerate(settings.SIP_KEYS[1:], 2):
            if key != generated:
                name = sip.fingerprint_key(key)
                if name in used:
                    told = _("is still in use")
                elif name in former:
                    told = _("has made passwords that phones have until they restart: keep it")
                else:
                    told = _("is used by nobody: take it out")
                self.stdout.write(f"PHONEADMIN_SIP_KEYS, {place} ({name}): {told}.")


def find_keys_to_replace(missing: bool) -> set[str]:
    """Return the fingerprints of the keys to replace.

    Raises CommandError if a key in use isn't in the list and --missing doesn't confirm that it is
    lost: this command's list may be incomplete.
    """
    gone = sip_keys.find_missing_keys()
    if gone and not missing:
        raise CommandError(
            _(
                "Credentials were made with keys that are not in PHONEADMIN_SIP_KEYS (fingerprints:"
                " %(keys)s). Give"
                " this command the same list as phoneadmin, or, if the keys are lost, run it with"
                " --missing first."
            )
            % {"keys": ", ".join(sorted(gone))}
        )
    newest = sip.fingerprint_key(settings.SIP_KEYS[0])
    return gone if missing else sip_keys.find_keys_in_use() - {newest}


def find_account_key(name: str) -> int:
    """Return the primary key of the account with this name. Raises CommandError."""
    with transaction.atomic(), scope.entered(scope="support"):
        found = Account.objects.filter(name__iexact=name).values_list("pk", flat=True).first()
    if found is None:
        raise CommandError(_("There is no account “%(name)s”.") % {"name": name})
    return found


def find_outdated(keys: set[str], account_id: int | None) -> QuerySet[SipAccount]:
    """Return the credentials made with one of these keys."""
    found = SipAccount.objects.filter(key_fingerprint__in=keys)
    return found if account_id is None else found.filter(account_id=account_id)


def iterate_accounts(keys: set[str], account_id: int | None) -> Iterator[tuple[int, int]]:
    """Yield each account's and such SIP account's key, with no transaction open."""
    for key in sorted(keys):
        last = 0
        while True:
            with transaction.atomic(), scope.entered(scope="support"):
                of_key = find_outdated({key}, account_id).filter(pk__gt=last).order_by("pk")
                batch = list(of_key.values_list("account_id", "pk")[:BATCH])
            if not batch:
                break
            yield from batch
            last = batch[-1][1]


def renew_account(account_id: int, pk: int, keys: set[str]) -> SipAccount | None:
    """Give a line new credentials; return None if it no longer uses one of these keys.

    Its phone gets a new password at once, if that needs one, so it has to restart only once.
    """
    with transaction.atomic(), scope.entered(account_id=account_id):
        Account.lock(account_id)
        lines = SipAccount.objects.select_related("account", "user__phone", "phone")
        line = lines.filter(pk=pk, key_fingerprint__in=keys).first()
        if line and line.user:
            sip.record_access(line.user, sip.What.CHANGED, by=None)
            sip.issue_credentials([line.user])
        elif line and line.phone:
            sip.issue_phone_accounts([(line.phone.pk, account_id)], SipAccount.Kind(line.kind))
        phone = line and (line.phone or getattr(line.user, "phone", None))
        if phone:
            lock.change_passwords(find_locked(keys).filter(pk=phone.pk), by=None)
        return line


def find_locked(keys: set[str]) -> QuerySet[Phone]:
    """Return the phones whose own password was made with one of these keys."""
    return Phone.objects.filter(provisioning__admin_key__in=keys)


def iterate_locked(keys: set[str], account_id: int | None) -> Iterator[Phone]:
    """Yield such phones, of one account or of all, with no transaction open."""
    last = 0
    while True:
        with transaction.atomic(), scope.entered(scope="support"):
            found = find_locked(keys).filter(pk__gt=last).order_by("pk")
            if account_id is not None:
                found = found.filter(account_id=account_id)
            batch = list(found[:BATCH])
        if not batch:
            break
        yield from batch
        last = batch[-1].pk


def relock_phone(phone: Phone, keys: set[str]) -> bool:
    """Give a phone a new password of its own, unless its key is no longer one of these."""
    with transaction.atomic(), scope.entered(account_id=phone.account_id):
        Account.lock(phone.account_id)
        found = find_locked(keys).filter(pk=phone.pk)
        lock.change_passwords(found, by=None)
        return bool(found)


def ask_to_restart(phone: Phone) -> bool:
    """Ask a phone to restart, and return whether it agreed."""
    with transaction.atomic(), scope.entered(account_id=phone.account_id):
        found = Phone.objects.select_related(
            "assigned_to__sip", "sip", "model", "provisioning"
        ).get(pk=phone.pk)
        return [outcome.answer for outcome in restarts.request_restarts([found], by=None)] == [
            registrar.Answer.ASKED
        ]


def parse_positive(text: str) -> int:
    """Parse a number of 1 or more. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(_("“%(text)s” is not a number of 1 or more.") % {"text": text})
    return int(text)

"""Say why a phone isn't registered, from what the registrar and the provisioning saw (R68)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from phones import line
from phones import registrar_client as registrar
from phones.fetching import CODE_LASTS
from phones.models import Fetch, Phone, Provisioning, Restart
from phones.provisioning.makes import MAKES

RESTARTING = timedelta(minutes=5)  # a phone that isn't back by then isn't restarting anymore


@dataclass(frozen=True)
class Trouble:
    """Why a phone isn't registered, and what to do, in the reader's language."""

    code: str
    reason: str
    advice: str


# What can be the matter: why, and what to do. Times are the reader's.
SENTENCES: dict[str, tuple[str | Promise, str | Promise]] = {
    "unknown": (
        _("The SIP registrar can’t be reached, so no one knows whether this phone is registered."),
        _("Try again later."),
    ),
    "held": (
        _("Another device has had this line since %(since)s: %(device)s, from %(address)s."),
        _(
            "Unplug the phone and plug it back in to give it the line back. So that it keeps the"
            " line, sign the other device out or change the SIP credentials."
        ),
    ),
    "not_restarted": (
        _("It still uses its old line: it hasn’t restarted since that changed."),
        _("Restart it."),
    ),
    "not_connected": (
        _("It has never fetched its configuration: it hasn’t been given an address yet."),
        _("Connect it: get its address, and enter it on the phone."),
    ),
    "code_waits": (
        _("It hasn’t fetched its configuration yet. Its address is good until %(at)s."),
        _("Enter the address on the phone, and let the phone restart."),
    ),
    "code_expired": (
        _("It has never fetched its configuration, and its address expired on %(at)s."),
        _("Connect it: get another address, and enter it on the phone within an hour."),
    ),
    "fetched_once": (
        _("It fetched its first file on %(at)s, from %(address)s, and hasn’t been seen since."),
        _(
            "Unplug it and plug it back in. If that doesn’t help, reset it to its factory settings"
            " and connect it again."
        ),
    ),
    "fetched": (
        _(
            "It fetched its configuration on %(at)s, from %(address)s, but hasn’t signed in to the"
            " registrar since."
        ),
        _("Its network may not let it reach %(server)s. Try it on another network."),
    ),
    "username": (
        _(
            "Since %(since)s, it has been refused, because it signs in with its old credentials."
            " The last try was on %(at)s, from %(address)s."
        ),
        _("Unplug it and plug it back in, so that it fetches the new ones."),
    ),
    "password": (
        _(
            "Since %(since)s, it has been refused, because it signs in with a wrong password. The"
            " last try was on %(at)s, from %(address)s."
        ),
        _(
            "Someone may have typed it in by hand. Reset the phone to its factory settings and"
            " connect it again."
        ),
    ),
    "identity": (
        _(
            "Since %(since)s, it has been refused, because it signs in with one username and"
            " registers another. The last try was on %(at)s, from %(address)s."
        ),
        _(
            "Something on it was set by hand. Reset the phone to its factory settings and connect"
            " it again."
        ),
    ),
    "restarting": (
        _("It was asked to restart on %(at)s and isn’t back yet."),
        _("That takes a minute or two."),
    ),
    "not_back": (
        _("It was asked to restart on %(at)s and hasn’t come back since."),
        _("Unplug it and plug it back in."),
    ),
    "expiry": (
        _(
            "Its registration expired on %(at)s, because it stopped renewing it. It’s unplugged or"
            " has no network."
        ),
        _("Check its power and its network cable."),
    ),
    "removal": (
        _("It signed out on %(at)s. It’s switched off or restarting."),
        _("If it isn’t back in a few minutes, unplug it and plug it back in."),
    ),
}


def find_trouble(phone: Phone) -> Trouble | None:
    """Say why a phone isn't registered, or return None if it is; with at most four queries.

    Its `model` and `provisioning` must be loaded.
    """
    if not registrar.is_reachable():
        return _say("unknown")
    registration = line.load_registration(phone)
    if registration.is_own:
        return None
    seen = _load_seen(phone)
    if registration.until:
        came = next((each.registered_at for each in seen if each.present), None)
        return _say(
            "held",
            since=came or str(_("before our records began")),
            device=registration.agent or "",
            address=registration.address or "?",
        )
    if registration.has_former:
        return _say("not_restarted")
    return _find_latest(phone, seen) or _say_unconnected(phone.provisioning)


@dataclass(frozen=True)
class _Seen:
    """What the registrar saw of one username, as `phones_line_seen` returns it."""

    present: bool
    registered_at: datetime | None
    registered_agent: str
    ended_at: datetime | None
    ended_by: str
    refused_since: datetime | None
    refused_at: datetime | None
    refused_for: str
    refused_agent: str
    refused_address: str


def _load_seen(phone: Phone) -> list[_Seen]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM phones_line_seen(%s)", [phone.pk])
        return [_Seen(*row) for row in cursor]


def _find_latest(phone: Phone, seen: list[_Seen]) -> Trouble | None:
    """Return what was seen of the phone last, or None if nothing was.

    What other devices did with the line's credentials says nothing about the phone.
    """
    make = MAKES[phone.model.family]
    found: list[tuple[datetime, Trouble]] = []
    for each in seen:
        since, at = each.refused_since, each.refused_at
        if since and at and line.is_agent_of_phone(make, each.refused_agent):
            said = _say(each.refused_for, since=since, at=at, address=each.refused_address)
            found.append((at, said))
        if each.ended_at and line.is_agent_of_phone(make, each.registered_agent):
            found.append((each.ended_at, _say(each.ended_by, at=each.ended_at)))
    if fetch := Fetch.objects.filter(phone=phone).order_by("-id").first():
        code = "fetched_once" if _came_by_code_only(phone.provisioning) else "fetched"
        found.append((fetch.last_at, _say(code, at=fetch.last_at, address=fetch.sender)))
    asked = Restart.objects.filter(phone=phone, answer=registrar.Answer.ASKED)
    if restart := asked.order_by("-id").first():
        code = "restarting" if timezone.now() - restart.at < RESTARTING else "not_back"
        found.append((restart.at, _say(code, at=restart.at)))
    return max(found, key=lambda event: event[0])[1] if found else None


def _came_by_code_only(provisioning: Provisioning) -> bool:
    """Tell whether a phone used its latest code, but never came with the token it got then."""
    made = provisioning.code_until and provisioning.code_until - CODE_LASTS
    return bool(made and provisioning.delivered_at and provisioning.delivered_at >= made)


def _say_unconnected(provisioning: Provisioning) -> Trouble:
    """Say why a phone has never fetched anything."""
    until = provisioning.code_until
    if until is None:
        return _say("not_connected")
    return _say("code_waits" if until > timezone.now() else "code_expired", at=until)


def _say(code: str, **words: str | datetime) -> Trouble:
    shown = {name: _show(word) for name, word in words.items()}
    shown["server"] = f"{settings.SIP_HOST}:{settings.SIP_PORT} ({settings.SIP_TRANSPORT.upper()})"
    reason, advice = SENTENCES[code]
    return Trouble(code, str(reason) % shown, str(advice) % shown)


def _show(word: str | datetime) -> str:
    """Return a word, or a moment in the reader's time zone and notation."""
    if not isinstance(word, datetime):
        return word
    there = timezone.localtime(word)
    return f"{date_format(there, 'DATETIME_FORMAT')} {date_format(there, 'T')}"

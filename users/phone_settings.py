"""What all phones of an account are set to: clock, country, language, and how they dial (R47)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.db.models.functions import Length
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from users.jobs import defer
from users.models import Account
from users.models.lines import Number

# Outside numbers that begin like an emergency number with this prefix, so phones send that at once.
HIDDEN_BY_EMERGENCY = {
    "9": gettext_lazy(
        "With 9 before it, an area code from 330 to 339 starts like 933, the 911 test number, and"
        " phones call that right away. People have to dial 9 and 1 before those area codes."
    ),
    "1": gettext_lazy(
        "With 1 before it, 1 and an area code that starts with 2 is like 112, an emergency number,"
        " and phones call that right away. People have to leave out the second 1."
    ),
}
SETTINGS = ("time_zone", "country", "phone_language", "ext_length", "outside_prefix")


def get_phone_settings(account: Account) -> dict[str, Any]:
    """Return SETTINGS of an account."""
    return {name: getattr(account, name) for name in SETTINGS}


def set_phone_settings(account: Account, **values: Any) -> int:
    """Change some of SETTINGS; return how many phones get them later, 0 if nothing changed.

    The worker marks these phones "needs restart".
    """
    changed = {name: value for name, value in values.items() if getattr(account, name) != value}
    if not changed:
        return 0
    for name, value in changed.items():
        setattr(account, name, value)
    account.save(update_fields=list(changed))
    defer("phones.renew_wanted", account_id=account.pk)
    return account.phones.filter(retired_at=None, provisioning__delivered__gt="").count()


def find_doubts(account: Account, *, ext_length: int, outside_prefix: str) -> list[str]:
    """Return what people should know before an account dials like this; nothing if it does already.

    Without a prefix, phones wait for a pause after any number, so all extensions are alike.
    """
    if (account.ext_length, account.outside_prefix) == (ext_length, outside_prefix):
        return []
    if not outside_prefix:
        return []
    extensions = Number.objects.filter(account=account).annotate(length=Length("ext"))
    begins = Q(ext__startswith=outside_prefix)
    hidden = extensions.filter(begins).count()
    shorter = extensions.filter(~begins, length__lt=ext_length).count()
    longer = extensions.filter(~begins, length__gt=ext_length).count()
    doubts = []
    if account.outside_prefix != outside_prefix and outside_prefix in HIDDEN_BY_EMERGENCY:
        doubts.append(str(HIDDEN_BY_EMERGENCY[outside_prefix]))
    if hidden:
        said = ngettext(
            "%(count)d extension starts with %(prefix)s. Phones take it for an outside number, so"
            " people have to press the send key or wait.",
            "%(count)d extensions start with %(prefix)s. Phones take them for outside numbers, so"
            " people have to press the send key or wait.",
            hidden,
        )
        doubts.append(said % {"count": hidden, "prefix": outside_prefix})
    if shorter:
        said = ngettext(
            "%(count)d extension has fewer than %(length)d digits: people have to press the send"
            " key or wait.",
            "%(count)d extensions have fewer than %(length)d digits: people have to press the send"
            " key or wait.",
            shorter,
        )
        doubts.append(said % {"count": shorter, "length": ext_length})
    if longer:
        said = ngettext(
            "%(count)d extension has more than %(length)d digits: people have to type it before"
            " they lift the handset, or the phone dials only the first %(length)d digits.",
            "%(count)d extensions have more than %(length)d digits: people have to type them before"
            " they lift the handset, or the phone dials only the first %(length)d digits.",
            longer,
        )
        doubts.append(said % {"count": longer, "length": ext_length})
    return doubts


def tell_phones(count: int) -> str:
    """Say when phones get new settings."""
    if not count:
        return _("No phone has to change.")
    said = ngettext(
        "%(count)d phone gets this when it restarts; most makes get it within an hour anyway.",
        "%(count)d phones get this when they restart; most makes get it within an hour anyway.",
        count,
    )
    return said % {"count": count}

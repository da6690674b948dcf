"""Find the phones of a list by status, as their rows say it (R34), in an account of any size."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from phones import registrar_client as registrar
from phones.models import Rank
from users.tenancy.search import FEW

COUNTED = 100  # phones are counted for a choice's label; beyond, it says so

STATUS_CHOICES = {
    "not-registered": _("Set up, not registered"),
    "needs-restart": _("Needs restart"),
    "never-fetched": _("Not set up"),
}
OF_REGISTRAR = ("not-registered", "never-fetched")  # known only if the registrar can be asked
CONDITIONS = {
    "not-registered": Q(standing__rank=Rank.NOT_REGISTERED),
    "needs-restart": Q(standing__needs_restart=True),
    "never-fetched": Q(standing__rank=Rank.NOT_SET_UP),
}
# At most so many keys of phones in each status, each from an index of its own; and those whose
# registration has ended although their standing doesn't say so yet.
FOUND = f"""
WITH lapsed AS (
    SELECT phone_id, never_fetched FROM phones_standing
    WHERE phone_id IN (SELECT phones_lapsed()) AND is_registered AND kind = ANY (%(kinds)s)
)
SELECT
    ARRAY (SELECT phone_id FROM phones_standing WHERE account_id = %(account)s
        AND kind = ANY (%(kinds)s) AND rank = {Rank.NOT_REGISTERED} LIMIT %(not-registered)s)
    || ARRAY (SELECT phone_id FROM lapsed WHERE NOT never_fetched),
    ARRAY (SELECT phone_id FROM phones_standing WHERE account_id = %(account)s
        AND kind = ANY (%(kinds)s) AND needs_restart LIMIT %(needs-restart)s),
    ARRAY (SELECT phone_id FROM phones_standing WHERE account_id = %(account)s
        AND kind = ANY (%(kinds)s) AND rank = {Rank.NOT_SET_UP} LIMIT %(never-fetched)s)
    || ARRAY (SELECT phone_id FROM lapsed WHERE never_fetched),
    ARRAY (SELECT phone_id FROM lapsed WHERE NOT never_fetched),
    ARRAY (SELECT phone_id FROM lapsed WHERE never_fetched)
"""


class ByStatus:
    """The phones of these kinds in one status, looked up once; without a status, all of them.

    While the registrar can't be asked, no phone is known to be not registered, or not set up.
    """

    def __init__(self, account_id: int, kinds: Collection[str], status: str) -> None:
        """Look up phones of an account. Must run in the account's scope."""
        self.status = status
        most = {each: 1 + (FEW if each == status else COUNTED) for each in STATUS_CHOICES}
        with connection.cursor() as cursor:
            cursor.execute(FOUND, {"account": account_id, "kinds": list(kinds), **most})
            *found, not_registered, not_set_up = cursor.fetchone()
        self.found: dict[str, list[int]] = dict(zip(STATUS_CHOICES, found, strict=True))
        self.lapsed = {"not-registered": not_registered, "never-fetched": not_set_up}
        self.is_known = registrar.is_reachable()
        if not self.is_known:
            self.found |= {status: [] for status in OF_REGISTRAR}

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows which phones are in this status."""
        return self.status in OF_REGISTRAR and not self.is_known

    @property
    def few(self) -> list[int] | None:
        """The keys of the phones in this status; None if they are more than FEW, or no status."""
        found = self.found.get(self.status)
        return found if found is not None and len(found) <= FEW else None

    @property
    def many(self) -> bool:
        """Whether more than FEW phones are in this status."""
        return bool(self.status) and self.few is None

    @property
    def labels(self) -> dict[str, str]:
        """Each status as a choice, with the number of its phones on the whole list."""
        labels = {}
        for status, name in STATUS_CHOICES.items():
            found = len(self.found[status])
            if status in OF_REGISTRAR and not self.is_known:
                labels[status] = str(name)
            else:
                labels[status] = f"{name} ({found if found <= COUNTED else f'{COUNTED}+'})"
        return labels

    def narrow(self, phones: QuerySet[Any], *, walking: bool) -> QuerySet[Any]:
        """Return only the phones in this status, to walk along them or to collect them."""
        if not self.status:
            return phones
        if self.few is not None and not (walking and self.few):
            return phones.filter(pk__any=self.few)
        condition = CONDITIONS[self.status]
        if lapsed := self.lapsed.get(self.status):
            condition |= Q(pk__any=lapsed)
        return phones.filter(condition)

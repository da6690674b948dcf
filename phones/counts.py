"""Count an account's phones, and those without an E911 address, in one small query (R8)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from phones.models import Kind, PhoneCount


@dataclass(frozen=True)
class Counts:
    """Rows of PhoneCount as (kind, model name, phones, assigned, missing address)."""

    rows: tuple[tuple[str, str, int, int, int], ...]

    @cached_property
    def any(self) -> bool:
        """Whether the account has a phone of either kind (R3)."""
        return bool(self.rows)

    def list_models(self, *kinds: str) -> list[str]:
        """Return the names of all models among the account's phones of these kinds, sorted."""
        return sorted({model for kind, model, *_ in self.rows if kind in kinds})

    def count(self, *kinds: str, show: str = "all", model: str = "") -> int:
        """Return the number of phones of these kinds and of one model, or of all if it's empty.

        `show` is "all", "assigned", "free" or "missing" (no E911 address).
        """
        return sum(
            {"all": phones, "assigned": assigned, "free": phones - assigned, "missing": missing}[
                show
            ]
            for kind, name, phones, assigned, missing in self.rows
            if kind in kinds and model in ("", name)
        )

    @cached_property
    def missing(self) -> dict[str, int]:
        """How many phones have no current E911 address, by what the badges count.

        These are people's phones (a free one needs none), common-area phones, and all of them.
        """
        user = self.count(Kind.USER, show="missing")
        common = self.count(Kind.COMMON, show="missing")
        return {"user": user, "common": common, "all": user + common}


def count_phones(account_id: int) -> Counts:
    """Return the counts of an account."""
    return Counts(
        tuple(
            PhoneCount.objects.filter(account_id=account_id, phones__gt=0).values_list(
                "kind", "model__name", "phones", "assigned", "missing_address"
            )
        )
    )

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

    @cached_property
    def models(self) -> list[str]:
        """The names of all models among the account's user phones, sorted."""
        return sorted({model for kind, model, *_ in self.rows if kind == Kind.USER})

    def count_user_phones(self, *, show: str = "all", model: str = "") -> int:
        """Return the number of user phones of one model, or of all models if `model` is empty.

        `show` is "all", "assigned", "free" or "missing" (no E911 address).
        """
        return sum(
            {"all": phones, "assigned": assigned, "free": phones - assigned, "missing": missing}[
                show
            ]
            for kind, name, phones, assigned, missing in self.rows
            if kind == Kind.USER and model in ("", name)
        )

    @cached_property
    def missing(self) -> int:
        """How many assigned phones have no current E911 address: the figure on all badges."""
        return self.count_user_phones(show="missing")


def count_phones(account_id: int) -> Counts:
    """Return the counts of an account."""
    return Counts(
        tuple(
            PhoneCount.objects.filter(account_id=account_id, phones__gt=0).values_list(
                "kind", "model__name", "phones", "assigned", "missing_address"
            )
        )
    )

"""Who did something, in the one shape in which the history records it (R37).

The context of a transaction, and of every version that it writes, is a JSON object with `kind`,
`name`, and as far as they apply `id` and `reason`. The database function `users_recognised` sets it
for a signed-in person, the connection's settings for a command or the worker (settings.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ActorKind(StrEnum):
    """What kind of actor it was."""

    PERSON = "person"  # of the account
    SUPPORT = "support"  # staff of the phone company, with a reason
    COMMAND = "command"  # of the operator; `name` says which
    JOB = "job"  # what the product does on its own
    MAILBOX = "mailbox"  # whoever reads the mail to the address in `name`
    DATABASE = "database"  # SQL typed by hand, which says nothing about who it was


@dataclass(frozen=True)
class Actor:
    """Who acted, and why if they said so."""

    kind: ActorKind
    name: str = ""
    id: int | None = None  # of a person or support agent
    reason: str = ""

    @classmethod
    def read(cls, context: Mapping[str, Any] | None) -> Actor:
        """Return the actor of a version's context; None stands for hand-written SQL."""
        if not context:
            return cls(ActorKind.DATABASE)
        if "kind" not in context:
            return cls._read_first_shape(context)
        return cls(
            kind=ActorKind(context["kind"]),
            name=context.get("name", ""),
            id=context.get("id"),
            reason=context.get("reason", ""),
        )

    @classmethod
    def _read_first_shape(cls, context: Mapping[str, Any]) -> Actor:
        """Read what version 0.1 wrote. History is never rewritten, so this stays."""
        reason = context.get("reason", "")
        if command := context.get("command"):
            is_worker = command == "procrastinate"
            return cls(ActorKind.JOB if is_worker else ActorKind.COMMAND, command, reason=reason)
        if mailbox := context.get("mailbox"):
            return cls(ActorKind.MAILBOX, mailbox)
        if "user" not in context:
            return cls(ActorKind.DATABASE, reason=reason)
        kind = ActorKind.SUPPORT if context.get("support") else ActorKind.PERSON
        return cls(kind, context.get("name", ""), context["user"], reason)

    def as_context(self) -> dict[str, Any]:
        """Return the context that records this actor."""
        facts = {"kind": self.kind.value, "name": self.name, "id": self.id, "reason": self.reason}
        return {key: value for key, value in facts.items() if value not in ("", None)}

"""Judge an address before it is stored: our checks, and the provider's if it has any (R28, R29)."""

from __future__ import annotations

from dataclasses import dataclass

from e911.addresses import checks
from e911.addresses.checks import Finding
from e911.addresses.civic import CivicAddress
from e911.providers import Misconfigured, Unavailable, get_provider
from e911.refusals import REFUSALS


@dataclass(frozen=True)
class Judgment:
    """What is to be said about an address."""

    address: CivicAddress
    findings: tuple[Finding, ...]
    is_refused: bool
    words: str  # the provider's
    suggestion: CivicAddress | None  # a correction that would be accepted


def judge_address(address: CivicAddress, *, ask_provider: bool = True) -> Judgment:
    """Check an address, and ask the provider if nothing is wrong with it so far.

    Without an answer it isn't refused: it waits as pending then, and the worker asks again.
    """
    findings = checks.check_address(address)
    suggestion, words = checks.suggest_correction(address), ""
    refused = not checks.is_accepted(findings)
    if ask_provider and not refused and get_provider().verifies:
        try:
            answer = get_provider().validate(address)
        except (Unavailable, Misconfigured):
            pass
        else:
            words, suggestion = answer.words, answer.suggestion or suggestion
            if answer.verdict == "invalid":
                refused = True
                findings = (*findings, _find_refusal())
    if suggestion and not checks.is_accepted(checks.check_address(suggestion)):
        suggestion = None
    return Judgment(address, findings, refused, words, suggestion)


def _find_refusal() -> Finding:
    """Return the finding that the provider doesn't know an address."""
    refusal = REFUSALS[checks.NOT_FOUND]
    sentence = str(refusal.sentence) % {"provider": get_provider().name}
    return Finding(checks.NOT_FOUND, refusal.field, sentence)

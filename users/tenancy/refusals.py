"""What the database refuses, told to a person: each constraint has one sentence, and the field it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

# constraint name → (form field or "", sentence)
Sentences = Mapping[str, tuple[str, str]]


@contextmanager
def explain_refusals(sentences: Sentences) -> Iterator[None]:
    """Run a block in a savepoint; a constraint of `sentences` that it breaks becomes a ValidationError.

    Uniqueness is judged by the database alone: a check beforehand could neither see other accounts nor be in time.
    A constraint without a sentence is a mistake of ours and stays an IntegrityError.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        field, sentence = sentences.get(constraint_of(error), ("", ""))
        if not sentence:
            raise
        raise ValidationError(
            {field or "__all__": ValidationError(str(sentence), code=constraint_of(error))}
        ) from error


def constraint_of(error: IntegrityError) -> str:
    """Return the name of the constraint that an error is about, or "" where it names none."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""

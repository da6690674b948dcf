"""Explain refusals: the field, the sentence that people read, and the Help topic.

Each app lists its refusals in one catalog, `<app>/refusals.py`, by the name of the database's
constraint, or by the code of a rule that Python checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Refusal:
    """A refusal, as people read it."""

    field: str  # of the form; "" if it isn't about a single field
    sentence: StrOrPromise
    topic: str  # the anchor of the Help topic that says what to do


# Name of a constraint or code of a rule → what a person reads.
Catalog = Mapping[str, Refusal]


def make_error(catalog: Catalog, code: str) -> ValidationError:
    """Return the error that carries a refusal's sentence and code to its field."""
    refusal = catalog[code]
    error = ValidationError(str(refusal.sentence), code=code)
    return ValidationError({refusal.field or NON_FIELD_ERRORS: error})


@contextmanager
def explain_refusals(catalog: Catalog) -> Iterator[None]:
    """Run a block in a savepoint; turn a broken constraint of `catalog` into a ValidationError.

    The database alone judges uniqueness: a check beforehand can't see other accounts, and could be
    overtaken. A constraint that isn't in the catalog is our mistake and stays an IntegrityError.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = constraint_of(error)
        if name not in catalog:
            raise
        raise make_error(catalog, name) from error


def constraint_of(error: IntegrityError) -> str:
    """Return the name of the broken constraint, or "" if the error doesn't name one."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""

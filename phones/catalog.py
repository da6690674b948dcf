"""Keep the models that each make lists in the database, so that a new make is one file."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from phones.provisioning.makes import MAKES


def add_models(*, apps: Any, using: str, **_given: Any) -> None:
    """Add what is missing after every migration; what support staff added or renamed stays."""
    model = apps.get_model("phones", "PhoneModel")
    listed = [model(family=make.key, name=name) for make in MAKES.values() for name in make.models]
    with transaction.atomic(using=using):
        known = set(model.objects.using(using).values_list("name", flat=True))
        model.objects.using(using).bulk_create(one for one in listed if one.name not in known)

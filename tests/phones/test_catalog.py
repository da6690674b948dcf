"""Every model that a make lists can be chosen, without a migration."""

from __future__ import annotations

from django.apps import apps

from phones import catalog
from phones.models import PhoneModel
from phones.provisioning.makes import MAKES


def test_models_of_every_make_can_be_chosen(db):
    known = dict(PhoneModel.objects.values_list("name", "family"))
    for make in MAKES.values():
        assert make.models
        assert {known.get(name) for name in make.models} == {make.key}


def test_models_are_added_once_and_those_of_support_stay(db):
    PhoneModel.objects.create(family="snom", name="Snom D999")
    PhoneModel.objects.filter(name="Fanvil V65").delete()
    for _ in range(2):
        catalog.add_models(apps=apps, using="default")
    for name in ("Snom D999", "Fanvil V65"):
        assert PhoneModel.objects.filter(name=name).count() == 1

"""Plurals, separators and dates follow the language of the reader."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from django.utils import formats, timezone, translation

from phones.models import Phone, PhoneModel
from tests import companies, factories
from tests.confirming import read_question
from tests.markup import compact
from users.models import User
from users.tenancy import scope


@pytest.fixture
def spanish(client, alice):
    """A browser in which an administrator reads Spanish."""
    User.objects.filter(pk=alice.pk).update(language="es")
    client.force_login(alice)
    return client


def page(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return compact(answer.content.decode())


def test_spanish_tells_one_from_many(spanish, acme):
    ben = factories.person(acme, "Ben")
    factories.phone(acme, ben)
    assert "<p>1 teléfono</p>" in page(spanish, "/phones/")
    assert '>1<span class="visually-hidden">teléfono sin dirección E911<' in page(
        spanish, "/phones/"
    )
    assert "<p>0 teléfonos</p>" in page(spanish, "/phones/?show=free")
    factories.phone(acme)
    factories.phone(acme, factories.person(acme, "Carla"))
    assert "<p>2 teléfonos</p>" in page(spanish, "/phones/?show=assigned")
    assert '>2<span class="visually-hidden">teléfonos sin dirección E911<' in page(
        spanish, "/phones/"
    )


@pytest.mark.parametrize(("language", "words"), [("es", "1,001 teléfonos"), ("en", "1,001 phones")])
def test_counts_have_separators_of_thousands(spanish, acme, alice, language, words):
    User.objects.filter(pk=alice.pk).update(language=language)
    model = PhoneModel.objects.get(name="Snom D785")
    with scope.entered(scope="support"):
        Phone.objects.bulk_create(
            Phone(account=acme, model=model, mac=f"805ec1{n:06x}") for n in range(1001)
        )
    assert f"<p>{words}</p>" in page(spanish, "/phones/")


def test_spanish_says_dates_and_times_as_people_in_the_united_states_do(spanish, alice):
    at = datetime(2026, 3, 5, 16, 7, tzinfo=UTC)
    with translation.override("es"):
        assert formats.date_format(at, "DATE_FORMAT") == "5 de marzo de 2026"
        assert formats.date_format(at, "TIME_FORMAT") == "4:07 p.m."
        assert formats.date_format(at, "DATETIME_FORMAT") == "5 de marzo de 2026, 4:07 p.m."
        assert formats.number_format(1234567.5, force_grouping=True) == "1,234,567.5"
        today = formats.date_format(timezone.now(), "DATE_FORMAT")
    Authenticator.objects.create(
        user=alice, type="webauthn", data={"name": "Laptop", "credential": companies.PASSKEY}
    )
    assert f"agregada el {today}" in page(spanish, "/sign-in/second-factor/")


def test_history_is_told_in_the_language_of_who_reads_it(spanish, acme, alice):
    ada = {"first_name": "Ada", "last_name": "Ash", "plan": "basic"}
    spanish.post("/users/add/", read_question(spanish, "/users/add/") | ada)
    assert "Agregó a Ada Ash." in page(spanish, "/activity/")
    User.objects.filter(pk=alice.pk).update(language="en")
    assert "Added Ada Ash." in page(spanish, "/activity/")


def test_page_after_one_in_another_language_is_all_in_its_own(spanish, acme, alice):
    """Each process caches the rows of the table, once per language."""
    factories.phone(acme, factories.person(acme, "Ben"))
    assert "Etiquetar" in page(spanish, "/phones/")
    User.objects.filter(pk=alice.pk).update(language="en")
    english = page(spanish, "/phones/")
    assert "Add label" in english and "Agregar" not in english
    assert translation.get_language() == "en"

"""The pages that `make bench` compares ours with show the same rows."""

from __future__ import annotations

from django.test import Client

from tests import factories
from tests.web import session_of


def test_list_of_django_admin_beside_ours_has_an_accounts_phones(settings, acme, alice, other):
    settings.ROOT_URLCONF = "tests.benchmarks.urls"
    factories.phone(acme, alice, label="Ours")
    factories.phone(other, label="Theirs")
    agent = Client()
    agent.cookies["sessionid"] = session_of(factories.support_agent())
    page = agent.get(f"/admin/benchmark/phones/phone/?account={acme.pk}").content.decode()
    assert "Ours" in page and "Alice Archer" in page and "Theirs" not in page
    assert page.count('name="_selected_action"') == 1

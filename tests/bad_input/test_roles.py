"""Users who may not open a page are refused or redirected, whatever they send."""

from __future__ import annotations

from django.urls import reverse

from tests import factories
from tests.bad_input.pages import BAD, HTMX, OF_ACCOUNT, PAGES, address, post, sign_in_urls
from tests.digests import digests_of_all_tables
from users.tenancy import scope


def test_every_url_of_ours_is_a_page_of_the_account_or_part_of_sign_in():
    parts = {reverse(name, args=[1] if key else []).split("/")[1] for name, key in PAGES.items()}
    assert parts == {
        "", "phones", "users", "company", "preferences", "activity", "help",
    }  # fmt: skip
    assert all(url.startswith("/sign-in/") for url in sign_in_urls())


def test_anybody_else_is_led_to_sign_in(client, world):  # R1
    before = digests_of_all_tables()
    current = HTMX | {"HX-Current-URL": "http://testserver/phones/?q=x"}
    for url in (address(name, world) for name in OF_ACCOUNT):
        for ask in (client.get, client.post):
            response = ask(url)
            assert (response.status_code, response.url) == (302, f"/sign-in/?next={url}")
            response = ask(url, headers=current)
            assert (response.status_code, response["HX-Redirect"]) == (
                200,
                "/sign-in/?next=/phones/%3Fq%3Dx&ended=1",
            )
            assert response.content == b""
    assert digests_of_all_tables() == before


def test_person_who_is_no_administrator_is_refused(client, world, acme):  # R1
    client.force_login(factories.person(acme))
    before = digests_of_all_tables()
    for url in (address(name, world) for name in OF_ACCOUNT):
        for headers in (HTMX, {}):
            assert client.get(url, headers=headers).status_code == 403
            assert client.post(url, headers=headers).status_code == 403
    assert digests_of_all_tables() == before


def test_support_staff_are_led_to_django_admin(client, world):  # R1
    with scope.entered(scope="support"):
        client.force_login(factories.support_agent())
    before = digests_of_all_tables()
    for url in (address(name, world) for name in OF_ACCOUNT):
        assert (client.get(url).url, client.post(url).url) == ("/admin/", "/admin/")
    assert digests_of_all_tables() == before


def test_sign_in_pages_are_not_broken_by_anything(client, alice):
    client.raise_request_exception = False
    before = digests_of_all_tables()
    names = (
        "login",
        "password",
        "email",
        "next",
        "oldpassword",
        "password1",
        "password2",
        "code",
        "credential",
        "name",
        "language",
    )
    for value in BAD.values():
        fields = {name: value for name in names}
        for url in sign_in_urls():
            assert post(client, url, fields, {}).status_code in (200, 302, 400, 404, 405, 429), url
            short = "&".join(f"{name}={value[:1000]}" for name in names)
            assert client.get(f"{url}?{short}").status_code in (200, 302, 400, 404, 405), url
    assert digests_of_all_tables() == before

"""Who may do what (R1, R35): ask for every URL of the project as everyone, and check the status.

The keys in the URLs and forms are of the company of `user` and `administrator`. `other` administers
another company, `reader` is support staff that may only look.
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from phoneadmin.middleware import Requests
from tests import companies, site
from tests.answers import body_of
from tests.digests import digests_of_all_tables

# A row: the URL; then, for GET and for POST, nobody, user, other, administrator, reader, support.
TABLE = """
/                                                  302 403 302 302 302 302  302 403 405 405 302 302
/phones/                                           302 403 200 200 302 302  302 403 405 405 302 302
/phones/user-phones.csv                            302 403 200 200 302 302  302 403 405 405 302 302
/phones/common/                                    302 403 200 200 302 302  302 403 405 405 302 302
/phones/common-area-phones.csv                     302 403 200 200 302 302  302 403 405 405 302 302
/phones/without-address/                           302 403 200 200 302 302  302 403 405 405 302 302
/phones/phones-without-address.csv                 302 403 200 200 302 302  302 403 405 405 302 302
/phones/status/                                    302 403 204 200 302 302  302 403 405 405 302 302
/phones/add/                                       302 403 200 200 302 302  302 403 302 302 302 302
/phones/moves/                                     302 403 404 200 302 302  302 403 404 302 302 302
/phones/restart/                                   302 403 404 200 302 302  302 403 404 302 302 302
/phones/for/<key>/                                 302 403 404 200 302 302  302 403 405 405 302 302
/phones/<key>/                                     302 403 404 200 302 302  302 403 405 405 302 302
/phones/<key>/label/                               302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/people/                              302 403 404 200 302 302  302 403 405 405 302 302
/phones/<key>/assigned/                            302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/setup/                               302 403 404 200 302 302  302 403 404 200 302 302
/phones/<key>/progress/                            302 403 404 200 302 302  302 403 405 405 302 302
/phones/<key>/line/                                302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/correct/                             302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/make-common-area/                    302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/make-user-phone/                     302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/time-zone/                           302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/replace/                             302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/new-password/                        302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/password/                            302 403 404 200 302 302  302 403 404 200 302 302
/phones/<key>/credentials/                         302 403 404 200 302 302  302 403 404 200 302 302
/phones/<key>/credentials/change/                  302 403 404 200 302 302  302 403 404 200 302 302
/phones/<key>/remove/                              302 403 404 200 302 302  302 403 404 302 302 302
/phones/<key>/address/                             302 403 404 200 302 302  302 403 404 200 302 302
/phones/<key>/addresses/                           302 403 404 200 302 302  302 403 405 405 302 302
/users/                                            302 403 200 200 302 302  302 403 405 405 302 302
/users/users.csv                                   302 403 200 200 302 302  302 403 405 405 302 302
/users/add/                                        302 403 200 200 302 302  302 403 302 302 302 302
/users/<key>/edit/                                 302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/credentials/                          302 403 404 200 302 302  302 403 404 200 302 302
/users/<key>/credentials/change/                   302 403 404 200 302 302  302 403 404 200 302 302
/users/<key>/plan/                                 302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/make-administrator/                   302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/remove-administrator/                 302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/deactivate/                           302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/activate/                             302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/invitation/                           302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/second-factor/                        302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/sign-in-block/                        302 403 404 200 302 302  302 403 404 302 302 302
/users/<key>/delete/                               302 403 404 200 302 302  302 403 404 302 302 302
/company/                                          302 403 200 200 302 302  302 403 302 302 302 302
/company/phones/                                   302 403 302 302 302 302  302 403 302 302 302 302
/preferences/                                      302 403 200 200 302 302  302 403 302 302 302 302
/activity/activity.csv                             302 403 200 200 302 302  302 403 405 405 302 302
/activity/                                         302 403 200 200 302 302  302 403 405 405 302 302
/help/                                             200 200 200 200 200 200  405 405 405 405 405 405
/sign-in/                                          200 302 302 302 302 302  200 302 302 302 302 302
/sign-in/out/                                      302 200 200 200 200 200  302 302 302 302 302 302
/sign-in/language/                                 405 405 405 405 405 405  302 302 302 302 302 302
/sign-in/inactive/                                 200 200 200 200 200 200  405 405 405 405 405 405
/sign-in/block/<key>/                              200 200 200 200 200 200  302 302 302 302 302 302
/sign-in/again/                                    302 200 302 302 302 302  302 302 302 302 302 302
/sign-in/sessions/                                 302 200 200 200 200 200  302 302 302 302 302 302
/sign-in/sessions/browsers/<key>/forget/           405 405 405 405 405 405  302 404 404 302 404 404
/sign-in/second-factor/                            302 200 200 200 200 200  302 405 405 405 405 405
/sign-in/second-factor/ask/                        302 302 302 302 302 302  302 302 302 302 302 302
/sign-in/second-factor/again/                      302 302 200 200 200 200  302 302 200 200 200 200
/sign-in/second-factor/app/                        302 200 302 302 302 302  302 200 302 302 302 302
/sign-in/second-factor/app/remove/                 302 404 200 200 200 200  302 404 302 302 200 200
/sign-in/second-factor/codes/                      302 404 200 200 404 404  302 405 405 405 405 405
/sign-in/second-factor/codes/new/                  302 200 200 200 200 200  302 200 302 302 302 302
/sign-in/second-factor/passkeys/add/               302 200 200 200 200 200  302 200 200 200 200 200
/sign-in/second-factor/passkeys/<pk>/remove/       302 404 404 200 404 404  302 404 404 302 404 404
/sign-in/second-factor/passkeys/again/             302 302 200 200 302 302  302 302 302 302 302 302
/sign-in/second-factor/passkeys/sign-in/           302 302 302 302 302 302  302 302 302 302 302 302
/sign-in/password/change/                          302 200 200 200 200 200  302 302 302 302 302 302
/sign-in/password/reset/                           200 200 200 200 200 200  302 302 302 302 302 302
/sign-in/password/set/                             302 302 302 302 302 302  302 302 302 302 302 302
/sign-in/password/reset/sent/                      200 200 200 200 200 200  405 405 405 405 405 405
/sign-in/password/done/                            200 200 200 200 200 200  405 405 405 405 405 405
/sign-in/password/<uidb36>-<key>/                  302 302 200 302 302 302  302 302 200 302 302 302
/admin/activity/<key>/                             302 403 403 403 200 200  302 403 403 403 403 405
/admin/leave/                                      302 403 403 403 405 405  302 403 403 403 302 302
/admin/                                            302 403 403 403 200 200  302 403 403 403 403 200
/admin/login/                                      302 403 403 403 403 403  302 403 403 403 403 403
/admin/password_change/                            302 403 403 403 302 302  302 403 403 403 403 302
/admin/jsi18n/                                     302 403 403 403 200 200  302 403 403 403 403 405
/admin/users/account/<key>/visit/                  302 403 403 403 200 200  302 403 403 403 302 302
/admin/users/account/<key>/number/                 302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/account/<key>/phones/                 302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/account/                              302 403 403 403 200 200  302 403 403 403 403 405
/admin/users/account/add/                          302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/account/<object_id>/change/           302 403 403 403 200 200  302 403 403 403 403 403
/admin/users/user/<key>/plan/                      302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/make-administrator/        302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/remove-administrator/      302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/deactivate/                302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/activate/                  302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/second-factor/             302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/edit/                      302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/sign-in-block/             302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/invitation/                302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/<key>/delete/                    302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/user/                                 302 403 403 403 200 200  302 403 403 403 403 405
/admin/users/user/add/                             302 403 403 403 403 403  302 403 403 403 403 403
/admin/users/user/<object_id>/change/              302 403 403 403 200 200  302 403 403 403 403 403
/admin/users/callernumber/<key>/confirm/           302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/callernumber/<key>/remove-number/     302 403 403 403 403 200  302 403 403 403 403 302
/admin/users/callernumber/                         302 403 403 403 200 200  302 403 403 403 403 405
/admin/users/callernumber/add/                     302 403 403 403 403 403  302 403 403 403 403 403
/admin/users/callernumber/<object_id>/change/      302 403 403 403 200 200  302 403 403 403 403 403
/admin/users/credentialsrecord/                    302 403 403 403 200 200  302 403 403 403 403 405
/admin/users/credentialsrecord/add/                302 403 403 403 403 403  302 403 403 403 403 403
/admin/users/credentialsrecord/<object_id>/change/ 302 403 403 403 200 200  302 403 403 403 403 403
/admin/phones/phone/<key>/assign/                  302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/restart/                 302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/line/                    302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/correct/                 302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/time-zone/               302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/replace/                 302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/move/                    302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/new-password/            302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/make-common-area/        302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/make-user-phone/         302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/remove/                  302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phone/<key>/address/               302 403 403 403 403 200  302 403 403 403 403 200
/admin/phones/phone/                               302 403 403 403 200 200  302 403 403 403 403 405
/admin/phones/phone/add/                           302 403 403 403 403 403  302 403 403 403 403 403
/admin/phones/phone/<object_id>/change/            302 403 403 403 200 200  302 403 403 403 403 403
/admin/phones/phonemodel/                          302 403 403 403 200 200  302 403 403 403 403 405
/admin/phones/phonemodel/add/                      302 403 403 403 403 200  302 403 403 403 403 302
/admin/phones/phonemodel/<object_id>/change/       302 403 403 403 200 200  302 403 403 403 403 302
/admin/phones/restart/                             302 403 403 403 200 200  302 403 403 403 403 405
/admin/phones/restart/add/                         302 403 403 403 403 403  302 403 403 403 403 403
/admin/phones/restart/<object_id>/change/          302 403 403 403 200 200  302 403 403 403 403 403
/admin/phones/fetch/                               302 403 403 403 200 200  302 403 403 403 403 405
/admin/phones/fetch/add/                           302 403 403 403 403 403  302 403 403 403 403 403
/admin/phones/fetch/<object_id>/change/            302 403 403 403 200 200  302 403 403 403 403 403
/admin/e911/emergencyaddress/                      302 403 403 403 200 200  302 403 403 403 403 405
/admin/e911/emergencyaddress/add/                  302 403 403 403 403 403  302 403 403 403 403 403
/admin/e911/emergencyaddress/<object_id>/change/   302 403 403 403 200 200  302 403 403 403 403 403
/admin/<app_label>/                                302 403 403 403 200 200  302 403 403 403 403 200
/admin/<url>                                       302 403 403 403 404 404  302 403 403 403 403 404
"""
# For htmx, these forms return what has changed instead of redirecting to the page that shows it.
WITH_HTMX = "302 403 404 200 302 302 302 403 404 200 302 302"
ANSWERED_IN_PLACE = (
    "/phones/moves/",
    "/phones/restart/",
    *(
        f"/phones/<key>/{what}/"
        for what in ("label", "line", "assigned", "correct", "time-zone", "new-password")
    ),
)
AS_FRAGMENTS = dict.fromkeys(ANSWERED_IN_PLACE, WITH_HTMX)
VISIT = "/admin/users/account/<key>/visit/"
ROWS = {
    url: " ".join(statuses)
    for url, *statuses in (line.split() for line in TABLE.strip().splitlines())
}
PARTS = ("/phones/", "/users/", "/sign-in/", "/admin/", "/")


@pytest.fixture
def world(two_companies, registrar_answers) -> site.World:
    return two_companies


def test_every_url_has_a_row_and_every_row_a_url():
    assert sorted(ROWS) == sorted(site.urls())


def test_what_middleware_answers_by_itself_is_open_and_the_same_for_everybody(world):
    """Telephones, health checks and static files don't depend on who is signed in."""
    assert sorted(Requests.FOLDERS) == ["/health/", "/p/", "/static/"]
    for path, status in (
        ("/health/alive", 200),
        ("/health/nothing", 404),
        ("/p/x/y.cfg", 404),
        (f"/p/{world.ours.secret}/y.cfg", 404),
    ):
        answers = [world.client(role).get(path) for role in site.ROLES]
        assert {(answer.status_code, answer.content) for answer in answers} == {
            (status, answers[0].content)
        }
        assert [answer.cookies for answer in answers] == [{}] * 6
        assert {world.client(role).post(path).status_code for role in site.ROLES} <= {404, 405}


def test_methods_that_no_page_uses_are_405_on_every_url(world):  # R44
    clients = [world.client(role) for role in ("nobody", "administrator", "support")]
    outside = [*Requests.FOLDERS, "/health/alive", "/p/x/y.cfg", "/static/app.css", "/nowhere/"]
    for path in (*(site.address(url, world) for url in ROWS), *outside):
        for method in ("TRACE", "CONNECT", "NONSENSE"):
            answers = {client.generic(method, path) for client in clients}
            assert {answer.status_code for answer in answers} == {405}, (method, path)
            assert {answer.headers["Allow"] for answer in answers} == {", ".join(Requests.METHODS)}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="page"),
        pytest.param({"HX-Request": "true"}, id="htmx", marks=pytest.mark.ci),
    ],
)
@pytest.mark.parametrize("part", PARTS)
def test_urls_answer_everybody_as_the_table_says(world, part, headers):
    forms = site.forms(world)
    before = digests_of_all_tables()
    ours, theirs = companies.digests(world.ours), companies.digests(world.theirs)

    def row(url: str) -> str:
        """Ask for a URL in each role, from the same state; check that no role changed too much."""
        given = {"GET": [], "POST": []}
        for role in site.ROLES:
            with transaction.atomic():
                client, asked = world.client(role), site.action(url, world)
                answers = {
                    "GET": client.get(asked, headers=headers),
                    "POST": client.post(asked, forms.get(url), headers=headers),
                }
                for method, answer in answers.items():
                    body_of(answer)
                    given[method].append(status_of(answer))
                    if part not in ("/sign-in/", "/admin/") and url != "/help/":
                        led_where_he_belongs(role, answer)
                # A visit to an account's pages goes on record for all support staff (R35).
                if (
                    role in ("nobody", "user", "reader")
                    and part != "/sign-in/"
                    and (role, url) != ("reader", VISIT)
                ):
                    # This includes both companies.
                    assert digests_of_all_tables() == before, (url, role)
                else:
                    if role in ("nobody", "other", "reader") and (role, url) != ("reader", VISIT):
                        assert companies.digests(world.ours) == ours, (url, role)
                    if role in ("nobody", "user", "administrator", "reader"):
                        assert companies.digests(world.theirs) == theirs, (url, role)
                transaction.set_rollback(True)
        return " ".join(given["GET"] + given["POST"])

    urls = [url for url in ROWS if next(known for known in PARTS if url.startswith(known)) == part]
    found = {url: row(url) for url in urls}
    expected = ROWS | (AS_FRAGMENTS if headers else {})
    assert [f"{url} {found[url]}" for url in urls if found[url] != expected[url]] == []


def status_of(answer) -> str:
    """Return the status; also 302 if htmx must go elsewhere or reload the page."""
    led = {"HX-Redirect", "HX-Refresh"} & set(answer.headers)
    return "302" if led else str(answer.status_code)


def led_where_he_belongs(role: str, answer) -> None:
    """Check where a page redirects: to sign-in or, for support staff, to Django admin (R1)."""
    if role == "nobody" and "HX-Redirect" in answer.headers:
        assert answer.url == "/sign-in/?next=/&ended=1"
    elif role == "nobody":
        assert answer.url == f"/sign-in/?next={quote(answer.wsgi_request.get_full_path())}"
    if role in ("reader", "support"):
        assert answer.url == "/admin/"


def test_read_only_database_is_503_wherever_a_form_would_write_and_reading_goes_on(world):
    """As during a switchover. Each form is valid and is sent by a user who may send it."""
    forms, statuses = site.forms(world), Counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('transaction_read_only', 'on', true)")
    for url, form in forms.items():
        role = "support" if url.startswith("/admin/") else "administrator"
        answer = world.client(role).post(site.action(url, world), form)
        statuses[answer.status_code] += 1
        if answer.status_code == 503:
            assert answer.headers["Retry-After"] and "Nothing can be changed" in answer.text, url
    assert not {429, 500} & set(statuses) and statuses[503] > len(forms) / 2, statuses
    for page in ("/phones/", "/users/", "/activity/"):
        assert world.client("administrator").get(page).status_code == 200

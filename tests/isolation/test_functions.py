"""Functions that run with their owner's rights reveal nothing of another account."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from tests.isolation.probing import leaks, run
from tests.row_security import ask, touched
from users.models import User
from users.tenancy import scope

# Trigger functions can't be called; all others are called with hostile arguments.
TRIGGERS = {
    "phones_keep_username", "phones_phone_copies", "phones_phone_copies_follow",
    "phones_phone_counted", "phones_phone_recounted",
    "phones_standing_follows", "phones_standing_line", "e911_address_searched",
    "phones_phone_first_wanted", "phones_phone_wanted", "phones_person_wanted",
    "phones_account_wanted", "phones_own_account_ends", "phones_own_account_follows",
    "phones_model_wanted", "phones_lock_wanted",
}  # fmt: skip

WORDS = [
    "NULL", "'{}'", "ARRAY[NULL]::text[]", "ARRAY['%']", "ARRAY['_']", r"ARRAY['\']",
    "ARRAY['''']", "ARRAY[repeat('x', 100000)]",
    "ARRAY['xylophone'' OR true OR search LIKE ''x']", "ARRAY['$1']", "ARRAY['xyl']",
    "array_fill('xylophone'::text, ARRAY[200])",
]  # fmt: skip

MOST = ("1000", "NULL", "2147483647", "0", "-1")

HOSTILE = {
    **{
        function: [f"{words}, {most}" for words in WORDS for most in MOST]
        for function in ("users_user_found", "phones_phone_found")
    },
    **{
        f"{table}_found_anywhere": [
            f"{words}, {account}, {most}"
            for words in WORDS
            for account in ("NULL", "{account}")
            for most in ("9", "NULL")
        ]
        for table in ("users_account", "users_user", "phones_phone")
    },
    "phones_lapsed": [""],
    "phones_line_seen": ["NULL", "{phone}", "0", "-1"],
    "phones_registered": [
        "NULL", "'{}'", "ARRAY[{phone}, NULL]",
        "ARRAY(SELECT generate_series({phone} - 9, {phone} + 9))",
    ],
    "phones_fetching": [
        "NULL, NULL, NULL", "'', '', '::1'", "'{person}', NULL, '127.0.0.1'",
        "NULL, '%', '127.0.0.1'", "repeat('a', 100000), '', '::/0'",
        "''' OR true --', ''' OR true --', '0.0.0.0/0'",
    ],
    "phones_delivered": [
        "NULL, NULL, NULL, NULL, NULL, '::1', NULL, NULL",
        "{person}, '', '', '', '', '::1', '', ''",
        "{account}, NULL, 'token', 'digest', '', '127.0.0.1', '', ''",
        "1, ''' OR true --', repeat('x', 64), repeat('x', 32), 'name', '0.0.0.0/0', '', ''",
    ],
    "users_recognised": ["NULL", "0", "-1", "9223372036854775807"],
}  # fmt: skip


def test_functions_with_their_owners_rights_are_all_tried(db):
    functions = ask(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert {name for (name,) in functions} == {*HOSTILE, *TRIGGERS}


@pytest.mark.parametrize("shadows", [False, True], ids=["", "behind tables of the same names"])
@pytest.mark.parametrize("function", HOSTILE)
def test_function_with_its_owners_rights_tells_nothing_whatever_it_is_asked(
    temporary, us, secrets, function, shadows
):
    if shadows:
        for table in (
            "users_user",
            "users_sipaccount",
            "phones_phone",
            "phones_phonemodel",
            "phones_provisioning",
        ):
            run(f"CREATE TEMP TABLE {table} AS SELECT * FROM public.{table}")
        run("CREATE FUNCTION pg_temp.search_pattern(text) RETURNS text LANGUAGE sql RETURN '%'")
        run("SET LOCAL search_path = pg_temp, public")
    for arguments in HOSTILE[function]:
        for name in ("person", "phone", "account"):
            row = getattr(us.theirs, "uma" if name == "person" else name)
            arguments = arguments.replace(f"{{{name}}}", str(row.pk))
        statement = f"SELECT * FROM public.{function}({arguments})"
        assert leaks(statement, secrets) == set(), statement
        assert ask(
            "SELECT current_setting('phoneadmin.account'), current_setting('phoneadmin.scope')"
        ) == [(str(us.ours.account.pk), "")], statement


@pytest.mark.parametrize("function", sorted(TRIGGERS))
def test_trigger_function_cannot_be_called(us, function):
    with pytest.raises(DatabaseError, match="trigger"), transaction.atomic():
        ask(f"SELECT {function}()")


def test_registrations_of_other_accounts_are_not_told(world, owner):
    people = [of.uma.pk for of in (world.ours, world.theirs)]
    phones = [of.phone.pk for of in (world.ours, world.theirs)]
    with scope.entered(scope="support"):
        usernames = list(User.objects.filter(pk__in=people).values_list("sip__username", flat=True))
    for username in usernames:
        owner.execute(
            "INSERT INTO registrar.location (ruid, username) VALUES (%s, %s)", [username, username]
        )
    owner.commit()
    try:
        for of, may_see in (
            (world.ours, slice(0, 1)),
            (world.theirs, slice(1, 2)),
            (None, slice(0)),
        ):
            scope.enter(account_id=of and of.account.pk)
            registered = ask("SELECT * FROM phones_registered(%s)", phones)
            assert [key for key, *_known in registered] == phones[may_see]
            seen = [ask("SELECT * FROM phones_line_seen(%s)", phone) for phone in phones]
            assert [len(rows) for rows in seen] == [
                int(phone in phones[may_see]) for phone in phones
            ]
    finally:
        owner.execute("DELETE FROM registrar.location; DELETE FROM registrar.line")
        owner.commit()


def test_phone_given_to_somebody_of_another_account_does_not_tell_his_name(us, secrets):
    """The trigger that copies a person's name to their phone runs before the rule that refuses."""
    statement = (
        "UPDATE phones_phone SET assigned_to_id = %s WHERE id = %s RETURNING search::integer"
    )
    assert leaks(statement, secrets, us.theirs.wyn.pk, us.ours.spare.pk) == set()
    with pytest.raises(DatabaseError), transaction.atomic():
        touched(statement, us.theirs.wyn.pk, us.ours.spare.pk)

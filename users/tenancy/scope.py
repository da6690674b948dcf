"""Limit which rows a transaction sees and changes, by row-level security, and enter its scopes.

The application's role owns no table. Every table that belongs to an account has policies that
compare its account with a setting of the transaction; if nothing is set, no row is visible. The
scopes:

* an account: the rows of that account (every request of an administrator);
* `sign_in`: people and accounts, before anyone is signed in (users.sign_in);
* `support`: all accounts (support staff in Django admin, and commands of the operator).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import RunSQL
from psycopg.pq import TransactionStatus

ACCOUNT = "(SELECT NULLIF(current_setting('phoneadmin.account', true), '')::bigint)"
SCOPE = "(SELECT current_setting('phoneadmin.scope', true))"


def enter(*, account_id: int | None = None, scope: str = "") -> None:
    """Let the rest of this transaction see one account, a named scope, or (by default) nothing.

    Must run in a transaction: outside one, the setting would end with its own statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('phoneadmin.account', %s, true),"
            " set_config('phoneadmin.scope', %s, true)",
            ["" if account_id is None else str(account_id), scope],
        )


def current_scope() -> dict[str, Any]:
    """Return the scope of this transaction, as `enter` and `entered` take it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('phoneadmin.account', true),"
            " current_setting('phoneadmin.scope', true)"
        )
        account, scope = cursor.fetchone()
    return {"account_id": int(account) if account else None, "scope": scope or ""}


@contextmanager
def entered(*, account_id: int | None = None, scope: str = "") -> Iterator[None]:
    """Enter a scope for a block within a transaction, then return to the previous one."""
    outer = current_scope()
    enter(account_id=account_id, scope=scope)
    try:
        yield
    finally:
        # After a database error the transaction takes no more statements; its end drops the scope.
        aborted = connection.connection.info.transaction_status == TransactionStatus.INERROR
        if not connection.needs_rollback and not aborted:
            enter(**outer)


def protect(table: str, *, owner: str = "account_id", sign_in: str = "") -> Operation:
    """Return the migration step that puts a table under row-level security.

    `owner` is the column (or expression) that names the row's account. `sign_in` lists what the
    sign-in scope may do, such as "SELECT, UPDATE"; by default nothing.
    """
    policies = [
        f"CREATE POLICY account ON {table} USING ({owner} = {ACCOUNT})",
        f"CREATE POLICY support ON {table} USING ({SCOPE} = 'support')",
        *(
            f"CREATE POLICY sign_in_{verb.lower()} ON {table} FOR {verb}"
            f" USING ({SCOPE} = 'sign_in')"
            for verb in sign_in.split(", ")
            if verb
        ),
    ]
    return RunSQL(
        [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", *policies],
        [f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"],
    )


def grant_to_application() -> Operation:
    """Return the migration step that lets the application's role use all tables but own none."""
    return RunSQL(
        [
            f"GRANT USAGE ON SCHEMA public TO {application_role()}",
            # For Django's own tables, made before ours. Only the owner writes which migrations ran.
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
            f" TO {application_role()}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {application_role()}",
            f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {application_role()}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application_role()}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
            f" GRANT USAGE ON SEQUENCES TO {application_role()}",
        ],
        RunSQL.noop,
    )


def make_read_only(table: str) -> Operation:
    """Return the migration step that lets the application's role only read a table."""
    return RunSQL(
        f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {application_role()}", RunSQL.noop
    )


def application_role() -> str:
    """Return the name of the application's role, quoted for SQL."""
    return connection.ops.quote_name(settings.DATABASES["default"]["USER"])


# LIKE isn't leakproof, so under row-level security it can't use an index. This function runs with
# its owner's rights and takes the account from the transaction's setting, so it finds only what its
# caller may see. The column holds words between single spaces (`search_words`). A word of three
# letters or more matches anywhere; a shorter one, which a trigram index can't find, only at the
# beginning of a word.
SEARCH = """
CREATE INDEX {table}_search ON {table} USING gin (account_id, search gin_trgm_ops);
CREATE FUNCTION {table}_found(words text[], most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Materialized, because the limit alone makes the planner walk some index until it has enough.
    RETURN QUERY EXECUTE 'WITH found AS MATERIALIZED'
        ' (SELECT id FROM {table} WHERE account_id = $1 {only} AND '
        || coalesce((SELECT string_agg(format('search LIKE %L', pattern), ' AND ')
            FROM unnest(words) AS word, search_pattern(word) AS pattern
            WHERE pattern IS NOT NULL), 'false')
        || ') SELECT id FROM found LIMIT $2'
    USING NULLIF(current_setting('phoneadmin.account', true), '')::bigint, most;
END
$$;
"""

# The same over all accounts, for the support scope only; `account` narrows it to one. An index that
# begins with the account serves both: GIN uses any column of an index as well as the first.
SEARCH_ANYWHERE = """
CREATE FUNCTION {table}_found_anywhere(words text[], account bigint, most integer)
RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('phoneadmin.scope', true) IS DISTINCT FROM 'support' THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE 'WITH found AS MATERIALIZED (SELECT id FROM {table} WHERE '
        || CASE WHEN account IS NULL THEN '' ELSE '{owner} = $1 AND ' END
        || coalesce((SELECT string_agg(format('{column} LIKE %L', pattern), ' AND ')
            FROM unnest(words) AS word, search_pattern(word) AS pattern
            WHERE pattern IS NOT NULL), 'false')
        || ') SELECT id FROM found LIMIT $2'
    USING account, most;
END
$$
"""

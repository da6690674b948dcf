"""What the SIP registrar knows about calls: a row for each, so that no request reaches anyone but
its two ends (R49).

The registrar reads and writes these rows as its own role; the application's role does not see the
schema. Calls are as short-lived as registrations: they have no history, are left out of backups,
and the registrar removes a row once `until` has passed.
"""

from django.db import migrations

from users.tenancy import sql

# `handle` is a keyed digest of Call-ID and the caller's tag, which only the registrar can make.
# Followed by "a" for the caller or "b" for the callee it stands in for that end's Contact, so it is
# all that the other end ever sees of it. Whatever a phone wrote (contact, tag) and every name is
# kept as hexadecimal digits, so nothing of it needs quoting: Kamailio escapes with backslashes,
# which PostgreSQL does not heed (standard_conforming_strings).
CALL = """
CREATE TYPE registrar.call_end AS (
    username text,
    ext text,
    name text,      -- hexadecimal
    number text,    -- outbound caller ID, E.164 or empty
    contact text,   -- hexadecimal: the URI that this end wants to be addressed by
    address text,   -- sip:host:port;transport=… that it sends from
    socket text,    -- ours, that it sends to: udp:host:port
    tag text        -- hexadecimal; the callee's is empty until it has answered
);
CREATE TABLE registrar.call (
    handle varchar(32) PRIMARY KEY,
    tenant bigint NOT NULL,
    caller registrar.call_end NOT NULL,
    callee registrar.call_end NOT NULL,
    ended boolean NOT NULL DEFAULT false,
    until timestamptz NOT NULL
);
CREATE INDEX call_until ON registrar.call (until);
"""


class Migration(migrations.Migration):
    dependencies = [("phones", "0009_words")]

    operations = [
        migrations.RunSQL([CALL]),
        sql.load(
            "phones",
            "registrar.display_name",
            "registrar.begin_call",
            "registrar.call_answered",
            "registrar.call_failed",
            "registrar.within_call",
            "registrar.call_replaced",
        ),
    ]

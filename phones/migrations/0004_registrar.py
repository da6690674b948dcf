"""What the SIP registrar has of this database: a schema with two views to read and a table for its registrations.

The views run with their owner's rights, whom row-level security does not bind. The registrar's role belongs to the
whole server and not to this database, so it gets its rights elsewhere (phoneadmin/operations/kamailio.py).
"""

from django.db import migrations

# Kamailio's own table in the version that its module usrloc 5.6 asks `version` for; its manual has the columns under
# "location" (kamailio.org, Database Tables). `expires` is UTC.
REGISTRATIONS = """
CREATE SCHEMA registrar;
CREATE TABLE registrar.version (table_name varchar(32) PRIMARY KEY, table_version integer NOT NULL);
INSERT INTO registrar.version VALUES ('location', 9);
CREATE TABLE registrar.location (
    id serial PRIMARY KEY,
    ruid varchar(64) NOT NULL DEFAULT '' CONSTRAINT location_ruid UNIQUE,
    username varchar(64) NOT NULL DEFAULT '',
    domain varchar(64),
    contact varchar(512) NOT NULL DEFAULT '',
    received varchar(128),
    path varchar(512),
    expires timestamp NOT NULL DEFAULT '2030-05-28 21:32:15',
    q real NOT NULL DEFAULT 1.0,
    callid varchar(255) NOT NULL DEFAULT 'Default-Call-ID',
    cseq integer NOT NULL DEFAULT 1,
    last_modified timestamp NOT NULL DEFAULT '2000-01-01 00:00:01',
    flags integer NOT NULL DEFAULT 0,
    cflags integer NOT NULL DEFAULT 0,
    user_agent varchar(255) NOT NULL DEFAULT '',
    socket varchar(64),
    methods integer,
    instance varchar(255),
    reg_id integer NOT NULL DEFAULT 0,
    server_id integer NOT NULL DEFAULT 0,
    connection_id integer NOT NULL DEFAULT 0,
    keepalive integer NOT NULL DEFAULT 0,
    partition integer NOT NULL DEFAULT 0
);
CREATE INDEX location_username ON registrar.location (username, contact);
CREATE INDEX location_expires ON registrar.location (expires);
"""

# Who may sign in, and as whom he calls. A username is unique among all accounts, so no domain is needed here. The name
# goes into a quoted string of SIP (RFC 3261 §25.1): no control characters, and a backslash before quotation marks.
SUBSCRIBER = r"""
CREATE VIEW registrar.subscriber AS
SELECT credentials.username, credentials.ha1, coalesce(person.ext, '')::varchar AS ext, person.caller_id,
    regexp_replace(
        left(regexp_replace(
            btrim(person.first_name || ' ' || person.last_name), U&'[\0001-\001f\007f-\009f]', '', 'g'
        ), 60),
        '(["\\])', '\\\1', 'g'
    )::varchar AS display_name,
    person.account_id::varchar AS tenant
FROM users_sipcredentials AS credentials JOIN users_user AS person ON person.id = credentials.user_id
WHERE person.is_active AND person.plan IN ('plus', 'pro')
"""

# Whom an extension of an account rings. The account's key is a number here: the index users_user_ext is by number.
EXTENSION = """
CREATE VIEW registrar.extension AS
SELECT person.account_id AS tenant, person.ext, credentials.username
FROM users_user AS person JOIN users_sipcredentials AS credentials ON credentials.user_id = person.id
WHERE person.is_active AND person.plan IN ('plus', 'pro')
"""


class Migration(migrations.Migration):
    dependencies = [("phones", "0003_guarantees"), ("users", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [REGISTRATIONS, SUBSCRIBER, EXTENSION],
            ["DROP SCHEMA registrar CASCADE"],
        )
    ]

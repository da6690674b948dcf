"""What the SIP registrar knows of calls: a row for each, so that no request reaches anyone but its two ends (R49).

The registrar reads and writes these rows as its own role; the application's role does not see the schema. Calls are
as short-lived as registrations: they have no history, are left out of backups, and the registrar removes a row when
`until` has passed.
"""

from django.db import migrations

# A name goes into a quoted string of SIP (RFC 3261 §25.1): no control characters, and a backslash before quotes.
DISPLAY_NAME = r"""
CREATE FUNCTION registrar.display_name(first_name text, last_name text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(
        left(regexp_replace(
            btrim(first_name || ' ' || last_name), U&'[\0001-\001f\007f-\009f]', '', 'g'
        ), 60),
        '(["\\])', '\\\1', 'g'
    )::varchar
$$;
CREATE OR REPLACE VIEW registrar.subscriber AS
SELECT credentials.username, credentials.ha1, coalesce(person.ext, '')::varchar AS ext, person.caller_id,
    registrar.display_name(person.first_name, person.last_name) AS display_name,
    person.account_id::varchar AS tenant
FROM users_sipcredentials AS credentials JOIN users_user AS person ON person.id = credentials.user_id
WHERE person.is_active AND person.plan IN ('plus', 'pro');
CREATE OR REPLACE VIEW registrar.extension AS
SELECT person.account_id AS tenant, person.ext, credentials.username,
    registrar.display_name(person.first_name, person.last_name) AS display_name, person.caller_id
FROM users_user AS person JOIN users_sipcredentials AS credentials ON credentials.user_id = person.id
WHERE person.is_active AND person.plan IN ('plus', 'pro');
"""

# `handle` is a keyed digest of Call-ID and the caller's tag, which only the registrar can make. Followed by "a" for the
# caller or "b" for the callee it stands in for that end's Contact, so it is all that the other end ever sees of it.
# Whatever a phone wrote (contact, tag) and every name is kept as hexadecimal digits, so nothing of it needs quoting:
# Kamailio escapes with backslashes, which PostgreSQL does not heed (standard_conforming_strings).
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

# 200 s: the registrar gives up ringing after 120 (tm's fr_inv_timer). The same caller may try an unanswered call again
# with the same Call-ID (RFC 4028 §7.4 does after a 422); nobody else can take over a row.
BEGIN_CALL = """
CREATE FUNCTION registrar.begin_call(
    new_handle text, new_tenant bigint, new_caller registrar.call_end, new_callee registrar.call_end
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registrar.call (handle, tenant, caller, callee, until)
    VALUES (new_handle, new_tenant, new_caller, new_callee, now() + interval '200 s')
    ON CONFLICT (handle) DO UPDATE SET caller = excluded.caller, callee = excluded.callee, until = excluded.until
        WHERE (call.caller).username = (excluded.caller).username AND (call.callee).tag = '';
    RETURN FOUND;
END
$$;
"""

# Twelve hours from each INVITE or UPDATE that succeeds: longer than anybody talks, and phones with session timers
# (RFC 4028) refresh a call within half an hour.
CALL_ANSWERED = """
CREATE FUNCTION registrar.call_answered(which text, answered_by text, new_contact text, new_tag text) RETURNS void
LANGUAGE sql AS $$
    UPDATE registrar.call SET
        until = now() + interval '12 h',
        caller.contact = CASE answered_by WHEN 'a' THEN new_contact ELSE (caller).contact END,
        callee.contact = CASE answered_by WHEN 'b' THEN new_contact ELSE (callee).contact END,
        callee.tag = CASE WHEN answered_by = 'b' AND (callee).tag = '' THEN new_tag ELSE (callee).tag END
    WHERE handle = which AND NOT ended
$$;
"""

CALL_FAILED = """
CREATE FUNCTION registrar.call_failed(which text) RETURNS void LANGUAGE sql AS $$
    DELETE FROM registrar.call WHERE handle = which AND (callee).tag = ''
$$;
"""

# A phone may speak from where it was when the call began, or from where its line is registered now: routers forget
# addresses, and TCP connections break. After a BYE only a repeated or crossing BYE, and an ACK, still make sense: 32 s
# are RFC 3261's timer for repeats (64 × T1).
WITHIN_CALL = """
CREATE FUNCTION registrar.within_call(
    which text, target text, method text, from_address text, to_socket text, callee_tag text, new_contact text,
    OUT contact text, OUT address text, OUT socket text, OUT username text,
    OUT sender_ext text, OUT sender_name text, OUT sender_number text
) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    live registrar.call;
    sender registrar.call_end;
    receiver registrar.call_end;
    spoken registrar.call_end;
BEGIN
    SELECT * INTO live FROM registrar.call
    WHERE handle = which AND until > now() AND (NOT ended OR method IN ('BYE', 'ACK'))
        AND (callee).tag IN ('', callee_tag);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF target = 'b' THEN
        sender := live.caller;
        receiver := live.callee;
    ELSE
        sender := live.callee;
        receiver := live.caller;
    END IF;
    IF sender.address <> from_address AND NOT EXISTS (
        SELECT FROM registrar.location
        WHERE location.username = sender.username AND expires > now() AT TIME ZONE 'UTC'
            AND lower(received) IN (from_address, replace(from_address, ';transport=udp', ''))
    ) THEN
        RETURN;
    END IF;
    spoken := sender;
    spoken.address := from_address;
    spoken.socket := to_socket;
    IF new_contact <> '' THEN
        spoken.contact := new_contact;
    END IF;
    IF method = 'BYE' OR spoken IS DISTINCT FROM sender THEN
        UPDATE registrar.call SET
            caller = CASE target WHEN 'b' THEN spoken ELSE live.caller END,
            callee = CASE target WHEN 'b' THEN live.callee ELSE spoken END,
            ended = live.ended OR method = 'BYE',
            until = CASE WHEN method = 'BYE' THEN least(until, now() + interval '32 s') ELSE until END
        WHERE handle = which;
    END IF;
    contact := receiver.contact;
    address := receiver.address;
    socket := receiver.socket;
    username := receiver.username;
    sender_ext := sender.ext;
    sender_name := sender.name;
    sender_number := sender.number;
    RETURN NEXT;
END
$$;
"""

# Replaces (RFC 3891 §3): to-tag is the tag of the end that gets the new call, from-tag the other's. It does not say
# which of them was the caller, so the registrar makes both handles.
CALL_REPLACED = """
CREATE FUNCTION registrar.call_replaced(
    of_tenant bigint, if_caller text, if_callee text, from_tag text, to_tag text
) RETURNS SETOF registrar.call_end LANGUAGE sql STABLE AS $$
    SELECT (caller).* FROM registrar.call
    WHERE handle = if_caller AND (callee).tag = from_tag AND tenant = of_tenant AND NOT ended AND until > now()
    UNION ALL
    SELECT (callee).* FROM registrar.call
    WHERE handle = if_callee AND (callee).tag = to_tag AND tenant = of_tenant AND NOT ended AND until > now()
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("phones", "0009_words")]

    operations = [
        migrations.RunSQL(
            [DISPLAY_NAME, CALL, BEGIN_CALL, CALL_ANSWERED, CALL_FAILED, WITHIN_CALL, CALL_REPLACED]
        )
    ]

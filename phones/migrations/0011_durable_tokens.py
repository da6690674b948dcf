"""A phone's token is on disk before the phone has it.

A commit may skip the wait for the disk only if it changes nothing but a time and a counter. All
else is kept: a phone whose token was lost never gets a new configuration.
"""

from django.db import migrations

# Unlike before, this leaves `synchronous_commit` alone. It writes nothing but an unlogged table,
# and for that alone PostgreSQL waits for no disk (RecordTransactionCommit in its xact.c).
FETCHING = """
CREATE OR REPLACE FUNCTION phones_fetching(token text, code text, sender inet) RETURNS TABLE (
    phone_id bigint, make varchar, mac varchar, first_name varchar, last_name varchar, ext varchar,
    caller_id varchar, username varchar, key_fingerprint varchar
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    origin inet := network(set_masklen(sender, CASE family(sender) WHEN 6 THEN 64 ELSE 32 END));
    wrong integer;
    found phones_provisioning;
BEGIN
    IF token IS NOT NULL THEN
        SELECT * INTO found FROM phones_provisioning AS p WHERE p.token_hash = token;
    END IF;
    IF found.phone_id IS NULL THEN
        SELECT times INTO wrong FROM phones_wrongsecret AS w
            WHERE w.sender = origin AND w.since > now() - interval '10 minutes';
        IF wrong >= 100 THEN
            RETURN;
        END IF;
        IF code IS NOT NULL THEN
            SELECT * INTO found FROM phones_provisioning AS p
                WHERE p.code_hash = code AND p.code_until > now();
        END IF;
        IF found.phone_id IS NULL THEN
            INSERT INTO phones_wrongsecret AS w VALUES (origin, now(), 1)
                ON CONFLICT ON CONSTRAINT phones_wrongsecret_pkey DO UPDATE SET
                    times = CASE WHEN wrong IS NULL THEN 1 ELSE w.times + 1 END,
                    since = CASE WHEN wrong IS NULL THEN now() ELSE w.since END;
            RETURN;
        END IF;
    END IF;
    PERFORM set_config('phoneadmin.account', found.account_id::text, true),
        set_config('phoneadmin.scope', '', true);
    RETURN QUERY SELECT phone.id, model.family, phone.mac, person.first_name, person.last_name,
            person.ext, person.caller_id, credentials.username, credentials.key_fingerprint
        FROM phones_phone AS phone
        JOIN phones_phonemodel AS model ON model.id = phone.model_id
        LEFT JOIN users_user AS person ON person.id = phone.assigned_to_id
        LEFT JOIN users_sipcredentials AS credentials ON credentials.user_id = person.id
        WHERE phone.id = found.phone_id AND phone.retired_at IS NULL;
END
$$;
"""

# Record what a phone was handed that came with this secret, in a transaction of its own; false if
# the secret has been replaced meanwhile. A token that the phone did not have before came with a
# code; once the phone comes by its token, that code has served. Mostly nothing is new but the time,
# and that takes one statement.
DELIVERED = """
CREATE OR REPLACE FUNCTION phones_delivered(
    phone bigint, secret text, token text, digest text, name text, origin inet
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account bigint;
BEGIN
    UPDATE phones_fetch AS last SET last_at = now(), times = times + 1
        FROM phones_provisioning AS p
        WHERE p.phone_id = phone AND p.token_hash = token AND p.token_hash = secret
            AND p.code_hash IS NULL AND p.delivered = digest AND name IN ('', p.username)
            AND last.id = (SELECT max(id) FROM phones_fetch WHERE phone_id = phone)
            AND last.sender = origin AND last.delivered = digest;
    IF FOUND THEN
        -- A crash may take back a time and a counter; no phone has to wait for the disk for these.
        PERFORM set_config('synchronous_commit', 'off', true);
        RETURN true;
    END IF;
    UPDATE phones_provisioning SET
        code_hash = CASE WHEN token_hash = token THEN NULL ELSE code_hash END,
        code_until = CASE WHEN token_hash = token THEN NULL ELSE code_until END,
        token_hash = token, delivered = digest, delivered_at = now(),
        username = CASE WHEN name = '' THEN username ELSE name END
        WHERE phone_id = phone AND secret IN (token_hash, code_hash)
        RETURNING account_id INTO account;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE phones_fetch SET last_at = now(), times = times + 1
        WHERE id = (SELECT max(id) FROM phones_fetch WHERE phone_id = phone)
            AND sender = origin AND delivered = digest;
    IF NOT FOUND THEN
        INSERT INTO phones_fetch (account_id, phone_id, sender, delivered, first_at, last_at, times)
            VALUES (account, phone, origin, digest, now(), now(), 1);
    END IF;
    RETURN true;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("phones", "0010_calls")]

    operations = [migrations.RunSQL([FETCHING, DELIVERED], migrations.RunSQL.noop)]

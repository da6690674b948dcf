-- Find the phone that a secret belongs to, and enter the phone's account for the rest of the
-- transaction. `token` and `code` are hashes, one of them null. Wrong ones are counted by sender
-- (IPv6 by network, because one customer has a whole /64) for ten minutes; from the hundredth on,
-- codes are refused and nothing more is recorded. A token is always looked up: nobody guesses one
-- of 2^128, and hundreds of phones behind one address start together after a power cut.
-- `synchronous_commit` stays as it is: only an unlogged table is written, and for that alone
-- PostgreSQL doesn't wait for the disk (RecordTransactionCommit in its xact.c).
CREATE OR REPLACE FUNCTION phones_fetching(token text, code text, sender inet) RETURNS TABLE (
    phone_id bigint, account_id bigint, make varchar, mac varchar, kind varchar, username varchar,
    key_fingerprint varchar, ext varchar, name text, caller_id varchar, time_zone varchar,
    country varchar, language varchar, ext_length smallint, outside_prefix varchar,
    admin_generation integer, admin_key varchar, wanted text
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
    RETURN QUERY SELECT desk.* FROM phones_desks(ARRAY [found.phone_id]) AS desk
        JOIN phones_phone AS phone ON phone.id = desk.phone_id AND phone.retired_at IS NULL;
END
$$;

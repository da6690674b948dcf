-- Record what a phone was handed that came with this secret, in a transaction of its own; false
-- if the secret has been replaced meanwhile. A token that the phone did not have before came with
-- a code; once the phone comes by its token, that code has served. Mostly nothing is new but the
-- time, and that takes one statement.
-- The phone's own password was derived from `lock_generation` and with `lock_key`.
CREATE OR REPLACE FUNCTION phones_delivered(
    phone bigint, secret text, token text, digest text, name text, origin inet, with_agent text,
    lock_generation integer, lock_key text
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account bigint;
BEGIN
    UPDATE phones_fetch AS last SET last_at = now(), times = times + 1
        FROM phones_provisioning AS p
        WHERE p.phone_id = phone AND p.token_hash = token AND p.token_hash = secret
            AND p.code_hash IS NULL AND p.delivered = digest AND name IN ('', p.username)
            AND p.delivered_admin_generation = lock_generation
            AND p.delivered_admin_key = lock_key
            AND last.id = (SELECT max(id) FROM phones_fetch WHERE phone_id = phone)
            AND last.sender = origin AND last.delivered = digest AND last.agent = with_agent;
    IF FOUND THEN
        -- A crash may take back a time and a counter; no phone has to wait for the disk for these.
        PERFORM set_config('synchronous_commit', 'off', true);
        RETURN true;
    END IF;
    -- An assignment locks the phone before its record, so this does too: the row that is added
    -- below would lock the phone only after the record.
    PERFORM FROM phones_phone WHERE id = phone FOR KEY SHARE;
    UPDATE phones_provisioning SET
        code_hash = CASE WHEN token_hash = token THEN NULL ELSE code_hash END,
        code_until = CASE WHEN token_hash = token THEN NULL ELSE code_until END,
        token_hash = token, delivered = digest, delivered_at = now(),
        username = CASE WHEN name = '' THEN username ELSE name END,
        admin_key = coalesce(admin_key, lock_key),
        delivered_admin_generation = lock_generation, delivered_admin_key = lock_key
        WHERE phone_id = phone AND secret IN (token_hash, code_hash)
        RETURNING account_id INTO account;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE phones_fetch SET last_at = now(), times = times + 1
        WHERE id = (SELECT max(id) FROM phones_fetch WHERE phone_id = phone)
            AND sender = origin AND delivered = digest AND agent = with_agent;
    IF NOT FOUND THEN
        INSERT INTO phones_fetch
                (account_id, phone_id, sender, agent, delivered, first_at, last_at, times)
            VALUES (account, phone, origin, with_agent, digest, now(), now(), 1);
    END IF;
    RETURN true;
END
$$;

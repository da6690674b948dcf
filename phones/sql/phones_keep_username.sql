-- Before a user's SIP username changes, keep on their phone's record the one it uses: it is the
-- only way to ask the phone to restart. A phone that still uses an earlier one keeps that, unless
-- only the latest is registered by now: while both are registered, the latest belongs to another
-- device.
CREATE OR REPLACE FUNCTION phones_keep_username() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO phones_provisioning (phone_id, account_id, username, delivered)
        SELECT id, account_id, OLD.username, '' FROM phones_phone WHERE assigned_to_id = OLD.user_id
        ON CONFLICT (phone_id) DO UPDATE SET username = excluded.username
        WHERE phones_provisioning.username = '' OR (
            SELECT bool_and(location.username = excluded.username)
            FROM registrar.location AS location
            WHERE location.username IN (excluded.username, phones_provisioning.username)
                AND location.expires > now() AT TIME ZONE 'UTC'
        );
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER keep_username BEFORE UPDATE OF username ON users_sipcredentials
    FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION phones_keep_username();

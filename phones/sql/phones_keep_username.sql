-- When a line's SIP username changes or ends, keep on its phone's record the one it uses: it is
-- the only way to ask the phone to restart. A phone that still uses an earlier one keeps that,
-- unless only the latest is registered by now: while both are registered, the latest belongs to
-- another device.
CREATE OR REPLACE FUNCTION phones_keep_username() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE phones_provisioning AS provisioning SET username = OLD.username
        FROM phones_phone AS phone
        WHERE provisioning.phone_id = phone.id
            AND (phone.id = OLD.phone_id OR phone.assigned_to_id = OLD.user_id)
            AND (provisioning.username = '' OR (
                SELECT bool_and(location.username = OLD.username)
                FROM registrar.location AS location
                WHERE location.username IN (OLD.username, provisioning.username)
                    AND location.expires > now() AT TIME ZONE 'UTC'
            ));
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER keep_username AFTER UPDATE OF username ON users_sipaccount
    FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION phones_keep_username();
CREATE OR REPLACE TRIGGER keep_last_username AFTER DELETE ON users_sipaccount
    FOR EACH ROW EXECUTE FUNCTION phones_keep_username();

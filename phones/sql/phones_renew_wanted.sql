-- Write down again what these phones should have, after something that it is made of has changed.
-- It runs with its caller's rights: the triggers' owner, or the application in its account.
CREATE OR REPLACE FUNCTION phones_renew_wanted(phones bigint[]) RETURNS void
LANGUAGE sql AS $$
    UPDATE phones_provisioning AS provisioning SET wanted = desk.wanted
    FROM phones_desks(phones) AS desk
    WHERE provisioning.phone_id = desk.phone_id AND provisioning.wanted <> desk.wanted
$$;

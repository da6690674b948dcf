-- Find which of these phones can be asked to restart right now: they are registered with the
-- username that they still use, or with their person's present one. Like `phones_registered`, it
-- shows of the registrar's table what its caller's account may see.
CREATE OR REPLACE FUNCTION phones_askable(phones bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT phone.id
    FROM phones_phone AS phone
    LEFT JOIN phones_provisioning AS provisioning ON provisioning.phone_id = phone.id
    LEFT JOIN users_sipcredentials AS credentials ON credentials.user_id = phone.assigned_to_id
    WHERE phone.id = ANY (phones)
        AND (
            phone.account_id = NULLIF(current_setting('phoneadmin.account', true), '')::bigint
            OR current_setting('phoneadmin.scope', true) = 'support'
        )
        AND EXISTS (
            SELECT FROM registrar.location AS location
            WHERE location.username IN (provisioning.username, credentials.username)
                AND location.expires > now() AT TIME ZONE 'UTC'
        )
$$;

-- Find this account's phones whose registration has expired, but which the registrar hasn't deleted
-- yet: they count as not registered (phones_registered), and `phones_standing` doesn't know it.
-- The registrar deletes them every few seconds, so they are few. Only the registrar sees its table
-- of contacts; this function shows of it what its caller's account may see.
CREATE OR REPLACE FUNCTION phones_lapsed() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT standing.phone_id
    FROM registrar.location AS lapsed
    JOIN phones_standing AS standing ON standing.username = lapsed.username
    WHERE lapsed.expires <= now() AT TIME ZONE 'UTC'
        AND standing.account_id = NULLIF(current_setting('phoneadmin.account', true), '')::bigint
        AND NOT EXISTS (
            SELECT FROM registrar.location AS present
            WHERE present.username = lapsed.username
                AND present.expires > now() AT TIME ZONE 'UTC'
        )
$$;

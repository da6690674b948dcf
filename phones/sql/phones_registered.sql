-- Find which of these users are registered right now, and until when. Only the registrar sees its
-- table of contacts; this function shows of it what its caller's account may see.
CREATE OR REPLACE FUNCTION phones_registered(people bigint[])
RETURNS TABLE (user_id bigint, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT credentials.user_id, max(location.expires AT TIME ZONE 'UTC')
    FROM users_sipcredentials AS credentials
    JOIN registrar.location AS location ON location.username = credentials.username
    WHERE credentials.user_id = ANY (people) AND location.expires > now() AT TIME ZONE 'UTC'
        AND (
            credentials.account_id = NULLIF(current_setting('phoneadmin.account', true), '')::bigint
            OR current_setting('phoneadmin.scope', true) = 'support'
        )
    GROUP BY credentials.user_id
$$;

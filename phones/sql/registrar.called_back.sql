-- Find whom a call from outside to this number rings: the only line that has it, or of several the
-- one that last called 911, for a day. No row if there is none. It runs with its owner's rights, as
-- the view `extension` does. A line without extension is called by its number.
CREATE OR REPLACE FUNCTION registrar.called_back(
    dialed text,
    OUT username text, OUT display_name text, OUT number text, OUT ext text, OUT tenant bigint
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registrar, pg_temp AS $$
    SELECT found.username, found.display_name, found.caller_id,
        coalesce(found.ext, found.caller_id), found.tenant
    FROM (
        SELECT extension.*, line.emergency_at, count(*) OVER () AS sharing
        FROM extension
        LEFT JOIN line ON line.username = extension.username
            AND line.emergency_at > now() - interval '1 day'
        WHERE extension.caller_id = dialed
    ) AS found
    WHERE found.sharing = 1 OR found.emergency_at IS NOT NULL
    ORDER BY found.emergency_at DESC NULLS LAST
    LIMIT 1
$$;

-- Record when and how registrations ended: they expired, or were removed (the phone signed out, or
-- the registration had served its last purpose). A line that another device took goes on. Rows
-- whose time is over are forgotten on the way: the registrar deletes expired registrations every
-- few seconds. The list of phones doesn't find them registered any longer; it also
-- catches up with what line_registered had to leave (late_line).
CREATE OR REPLACE FUNCTION registrar.line_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registrar, pg_temp AS $$
DECLARE
    names text[];
    free bigint[];
BEGIN
    DELETE FROM line WHERE until < now();
    INSERT INTO line AS known (username, ended_at, ended_by, until)
        SELECT username, least(max(expires AT TIME ZONE 'UTC'), now()),
            CASE WHEN max(expires AT TIME ZONE 'UTC') > now() THEN 'removal' ELSE 'expiry' END,
            now() + interval '1 year'
        FROM gone
        WHERE NOT EXISTS (
            SELECT FROM location AS present
            WHERE present.username = gone.username AND present.expires > now() AT TIME ZONE 'UTC'
        )
        GROUP BY username ORDER BY username
        ON CONFLICT (username) DO UPDATE SET
            ended_at = excluded.ended_at, ended_by = excluded.ended_by, until = excluded.until;
    WITH late AS (
        DELETE FROM late_line
            WHERE ctid = ANY (ARRAY (SELECT ctid FROM late_line FOR UPDATE SKIP LOCKED))
            RETURNING username
    ) SELECT array_agg(username) INTO names
        FROM (SELECT username FROM late UNION SELECT username FROM gone) AS changed;
    -- Locked first: the next statement then sees a registration that came meanwhile. What a page
    -- holds is left for the next time, because no telephone may wait for a page.
    free := ARRAY (
        SELECT phone_id FROM public.phones_standing WHERE username = ANY (names)
            FOR UPDATE SKIP LOCKED
    );
    UPDATE public.phones_standing SET is_registered = NOT is_registered
        WHERE phone_id = ANY (free) AND is_registered <> EXISTS (
            SELECT FROM location WHERE location.username = phones_standing.username
        );
    INSERT INTO late_line SELECT username FROM public.phones_standing
        WHERE username = ANY (names) AND phone_id <> ALL (free);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER line_ended
    AFTER DELETE ON registrar.location REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION registrar.line_ended();

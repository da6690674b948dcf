-- Record when and how registrations ended: they expired, or were removed (the phone signed out, or
-- the registration had served its last purpose). A line that another device took goes on. Rows
-- whose time is over are forgotten on the way: the registrar deletes expired registrations every
-- few seconds.
CREATE OR REPLACE FUNCTION registrar.line_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registrar, pg_temp AS $$
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
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER line_ended
    AFTER DELETE ON registrar.location REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION registrar.line_ended();

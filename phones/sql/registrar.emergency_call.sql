-- Remember that a line calls 911, for a dispatcher who calls back. It runs with its owner's rights,
-- as `refused` does. A crash may take it back; the call need not wait for the disk.
CREATE OR REPLACE FUNCTION registrar.emergency_call(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registrar, pg_temp AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO line AS known (username, emergency_at, until)
        SELECT username, now(), now() + interval '1 year'
        FROM public.users_sipaccount WHERE username = name
        ON CONFLICT (username) DO UPDATE SET
            emergency_at = excluded.emergency_at, until = excluded.until;
END
$$;

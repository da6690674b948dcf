-- Record when a line came to the device that has it now, and that its refusals are over. A device
-- that registers again changes only `expires`, and the trigger's condition is all that this costs.
CREATE OR REPLACE FUNCTION registrar.line_registered() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registrar, pg_temp AS $$
BEGIN
    INSERT INTO line AS known (username, registered_at, registered_agent, until)
        VALUES (NEW.username, now(), NEW.user_agent, now() + interval '1 year')
        ON CONFLICT (username) DO UPDATE SET
            -- The same device may come from another port: its router has forgotten the first.
            registered_at = CASE WHEN known.registered_agent = excluded.registered_agent
                AND known.registered_at >= coalesce(known.ended_at, '-infinity')
                THEN known.registered_at ELSE excluded.registered_at END,
            registered_agent = excluded.registered_agent,
            refused_since = NULL, refused_at = NULL, refused_for = '', refused_agent = '',
            refused_address = '', until = excluded.until;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER line_registered AFTER INSERT ON registrar.location
    FOR EACH ROW EXECUTE FUNCTION registrar.line_registered();
CREATE OR REPLACE TRIGGER line_registered_elsewhere AFTER UPDATE ON registrar.location
    FOR EACH ROW WHEN (OLD.user_agent <> NEW.user_agent)
    EXECUTE FUNCTION registrar.line_registered();

-- Record when a line came to the device that has it now, and that its refusals are over; and let the
-- list of phones find it registered. A device that registers again changes only `expires`, and the
-- trigger's condition is all that this costs.
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
    -- While a page changes the phone it holds this row, and no telephone may wait for a page:
    -- line_ended then writes it a few seconds later. Even if it is true already, so that line_ended
    -- leaves it to this registration.
    UPDATE public.phones_standing SET is_registered = true WHERE phone_id IN (
        SELECT phone_id FROM public.phones_standing WHERE username = NEW.username
            FOR UPDATE SKIP LOCKED
    );
    IF NOT FOUND AND EXISTS (SELECT FROM public.phones_standing WHERE username = NEW.username) THEN
        INSERT INTO late_line VALUES (NEW.username);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER line_registered AFTER INSERT ON registrar.location
    FOR EACH ROW EXECUTE FUNCTION registrar.line_registered();
CREATE OR REPLACE TRIGGER line_registered_elsewhere AFTER UPDATE ON registrar.location
    FOR EACH ROW WHEN (OLD.user_agent <> NEW.user_agent)
    EXECUTE FUNCTION registrar.line_registered();

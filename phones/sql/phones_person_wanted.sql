-- A person's phone should have what changed about the person.
CREATE OR REPLACE FUNCTION phones_person_wanted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM phones_renew_wanted(ARRAY [id]) FROM phones_phone WHERE assigned_to_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER wanted
    AFTER UPDATE OF first_name, last_name, ext, caller_id ON users_user
    FOR EACH ROW WHEN ((OLD.first_name, OLD.last_name, OLD.ext, OLD.caller_id)
        IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.ext, NEW.caller_id))
    EXECUTE FUNCTION phones_person_wanted();

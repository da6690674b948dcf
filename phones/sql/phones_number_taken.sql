-- Enter a person's or a place's extension into the account's numbering plan before the row itself,
-- whose foreign key points there. The plan refuses one that is taken, or begins like an emergency
-- number (R13). It runs with its caller's rights, so it tells nothing of another account's plan.
CREATE OR REPLACE FUNCTION phones_number_taken() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO users_number (account_id, ext, kind) VALUES (NEW.account_id, NEW.ext, TG_ARGV[0]);
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER number_first_taken BEFORE INSERT ON users_user
    FOR EACH ROW WHEN (NEW.ext IS NOT NULL AND NEW.account_id IS NOT NULL)
    EXECUTE FUNCTION phones_number_taken('person');
CREATE OR REPLACE TRIGGER number_taken BEFORE UPDATE OF ext, account_id ON users_user
    FOR EACH ROW WHEN (NEW.ext IS NOT NULL AND NEW.account_id IS NOT NULL
        AND (NEW.ext IS DISTINCT FROM OLD.ext OR NEW.account_id IS DISTINCT FROM OLD.account_id))
    EXECUTE FUNCTION phones_number_taken('person');
CREATE OR REPLACE TRIGGER number_first_taken BEFORE INSERT ON phones_phone
    FOR EACH ROW WHEN (NEW.ext IS NOT NULL) EXECUTE FUNCTION phones_number_taken('place');
CREATE OR REPLACE TRIGGER number_taken BEFORE UPDATE OF ext, account_id ON phones_phone
    FOR EACH ROW WHEN (NEW.ext IS NOT NULL
        AND (NEW.ext IS DISTINCT FROM OLD.ext OR NEW.account_id IS DISTINCT FROM OLD.account_id))
    EXECUTE FUNCTION phones_number_taken('place');

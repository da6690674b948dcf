-- Take an extension out of the account's numbering plan once nobody has it anymore.
CREATE OR REPLACE FUNCTION phones_number_freed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM users_number
        WHERE account_id = OLD.account_id AND ext = OLD.ext AND kind = TG_ARGV[0];
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER number_freed AFTER UPDATE OF ext, account_id ON users_user
    FOR EACH ROW WHEN (OLD.ext IS NOT NULL
        AND (NEW.ext IS DISTINCT FROM OLD.ext OR NEW.account_id IS DISTINCT FROM OLD.account_id))
    EXECUTE FUNCTION phones_number_freed('person');
CREATE OR REPLACE TRIGGER number_last_freed AFTER DELETE ON users_user
    FOR EACH ROW WHEN (OLD.ext IS NOT NULL) EXECUTE FUNCTION phones_number_freed('person');
CREATE OR REPLACE TRIGGER number_freed AFTER UPDATE OF ext, account_id ON phones_phone
    FOR EACH ROW WHEN (OLD.ext IS NOT NULL
        AND (NEW.ext IS DISTINCT FROM OLD.ext OR NEW.account_id IS DISTINCT FROM OLD.account_id))
    EXECUTE FUNCTION phones_number_freed('place');
CREATE OR REPLACE TRIGGER number_last_freed AFTER DELETE ON phones_phone
    FOR EACH ROW WHEN (OLD.ext IS NOT NULL) EXECUTE FUNCTION phones_number_freed('place');

-- A phone's own SIP account ends when the phone is given to somebody or retired (R50).
CREATE OR REPLACE FUNCTION phones_own_account_ends() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM users_sipaccount WHERE phone_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER own_account_ends AFTER UPDATE OF assigned_to_id, retired_at ON phones_phone
    FOR EACH ROW WHEN (NEW.assigned_to_id IS NOT NULL OR NEW.retired_at IS NOT NULL)
    EXECUTE FUNCTION phones_own_account_ends();

-- A phone should have the SIP account that its line has from now on.
CREATE OR REPLACE FUNCTION phones_account_wanted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM phones_renew_wanted(ARRAY [id]) FROM phones_phone
        WHERE id = NEW.phone_id OR assigned_to_id = NEW.user_id;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER first_wanted AFTER INSERT ON users_sipaccount
    FOR EACH ROW EXECUTE FUNCTION phones_account_wanted();
CREATE OR REPLACE TRIGGER wanted AFTER UPDATE OF username, kind ON users_sipaccount
    FOR EACH ROW WHEN ((OLD.username, OLD.kind) IS DISTINCT FROM (NEW.username, NEW.kind))
    EXECUTE FUNCTION phones_account_wanted();

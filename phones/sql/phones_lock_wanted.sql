-- A phone that gets another password of its own should have another configuration (R47).
CREATE OR REPLACE FUNCTION phones_lock_wanted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM phones_renew_wanted(ARRAY [NEW.phone_id]);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER lock_wanted
    AFTER UPDATE OF admin_generation ON phones_provisioning
    FOR EACH ROW WHEN (NEW.admin_generation IS DISTINCT FROM OLD.admin_generation)
    EXECUTE FUNCTION phones_lock_wanted();

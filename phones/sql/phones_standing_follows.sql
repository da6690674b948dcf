-- Keep whether a phone needs a restart, and whether it has ever fetched its configuration.
CREATE OR REPLACE FUNCTION phones_standing_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO phones_standing
                (phone_id, account_id, is_registered, needs_restart, never_fetched)
            VALUES (NEW.phone_id, NEW.account_id, false,
                NEW.delivered <> '' AND NEW.delivered <> NEW.wanted, NEW.delivered = '');
        PERFORM phones_renew_standing(ARRAY [NEW.phone_id]);
    ELSE
        UPDATE phones_standing SET never_fetched = NEW.delivered = '',
            needs_restart = NEW.delivered <> '' AND NEW.delivered <> NEW.wanted
            WHERE phone_id = NEW.phone_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER standing_begins AFTER INSERT ON phones_provisioning
    FOR EACH ROW EXECUTE FUNCTION phones_standing_follows();
CREATE OR REPLACE TRIGGER standing_follows AFTER UPDATE OF delivered, wanted ON phones_provisioning
    FOR EACH ROW WHEN (
        (OLD.delivered = '', OLD.delivered = OLD.wanted)
        IS DISTINCT FROM (NEW.delivered = '', NEW.delivered = NEW.wanted)
    ) EXECUTE FUNCTION phones_standing_follows();

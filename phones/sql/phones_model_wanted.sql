-- Phones of a model that turns out to be another make's should have another file.
CREATE OR REPLACE FUNCTION phones_model_wanted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM phones_renew_wanted(ARRAY (SELECT id FROM phones_phone WHERE model_id = NEW.id));
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER wanted AFTER UPDATE OF family ON phones_phonemodel
    FOR EACH ROW WHEN (OLD.family <> NEW.family) EXECUTE FUNCTION phones_model_wanted();

-- Have phones_phone_copies copy anew when a user's or a model's name changes.
CREATE OR REPLACE FUNCTION phones_phone_copies_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'users_user' THEN
        UPDATE phones_phone SET search = '' WHERE assigned_to_id = NEW.id;
    ELSE
        UPDATE phones_phone SET search = '' WHERE model_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER phone_copies_follow
    AFTER UPDATE OF first_name, last_name, ext ON users_user
    FOR EACH ROW EXECUTE FUNCTION phones_phone_copies_follow();
CREATE OR REPLACE TRIGGER phone_copies_follow
    AFTER UPDATE OF name ON phones_phonemodel
    FOR EACH ROW EXECUTE FUNCTION phones_phone_copies_follow();

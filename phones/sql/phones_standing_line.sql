-- A phone stands otherwise once it's given to somebody, taken off a list, or its SIP account changes.
CREATE OR REPLACE FUNCTION phones_standing_line() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
BEGIN
    IF TG_TABLE_NAME = 'phones_phone' THEN
        PERFORM phones_renew_standing(ARRAY [(changed->>'id')::bigint]);
    ELSE
        PERFORM phones_renew_standing(ARRAY [id]) FROM phones_phone
            WHERE id = (changed->>'phone_id')::bigint
                OR assigned_to_id = (changed->>'user_id')::bigint;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER standing_line
    AFTER UPDATE OF assigned_to_id, kind, retired_at ON phones_phone
    FOR EACH ROW WHEN (
        (OLD.assigned_to_id, OLD.kind, OLD.retired_at IS NULL)
        IS DISTINCT FROM (NEW.assigned_to_id, NEW.kind, NEW.retired_at IS NULL)
    ) EXECUTE FUNCTION phones_standing_line();
CREATE OR REPLACE TRIGGER standing_line_opened AFTER INSERT OR DELETE ON users_sipaccount
    FOR EACH ROW EXECUTE FUNCTION phones_standing_line();
CREATE OR REPLACE TRIGGER standing_line AFTER UPDATE OF username ON users_sipaccount
    FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION phones_standing_line();

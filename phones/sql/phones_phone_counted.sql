-- Keep the badges' counts as phones come and go. The counts follow each statement, so that a
-- million copied rows cost one update per model.
CREATE OR REPLACE FUNCTION phones_phone_counted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sign integer := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
    INSERT INTO phones_phonecount (account_id, kind, model_id, phones, assigned, missing_address)
    SELECT account_id, kind, model_id, sign * count(*), sign * count(assigned_to_id),
        sign * count(*) FILTER (
            WHERE current_address_id IS NULL AND (kind = 'common' OR assigned_to_id IS NOT NULL)
        )
    FROM changed WHERE retired_at IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (account_id, kind, model_id) DO UPDATE SET
        phones = phones_phonecount.phones + excluded.phones,
        assigned = phones_phonecount.assigned + excluded.assigned,
        missing_address = phones_phonecount.missing_address + excluded.missing_address;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER counted_insert
    AFTER INSERT ON phones_phone REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION phones_phone_counted();
CREATE OR REPLACE TRIGGER counted_delete
    AFTER DELETE ON phones_phone REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION phones_phone_counted();

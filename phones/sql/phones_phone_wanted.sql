-- A phone that changed itself should have something else, once for each statement.
CREATE OR REPLACE FUNCTION phones_phone_wanted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed bigint[] := ARRAY (
        SELECT new_rows.id FROM new_rows JOIN old_rows USING (id)
        WHERE (new_rows.assigned_to_id, new_rows.model_id, new_rows.label, new_rows.ext,
                new_rows.caller_id, new_rows.time_zone)
            IS DISTINCT FROM (old_rows.assigned_to_id, old_rows.model_id, old_rows.label,
                old_rows.ext, old_rows.caller_id, old_rows.time_zone)
    );
BEGIN
    IF cardinality(changed) > 0 THEN
        PERFORM phones_renew_wanted(changed);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER wanted
    AFTER UPDATE ON phones_phone REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION phones_phone_wanted();

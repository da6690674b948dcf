-- An address on record is never rewritten (R31): only what becomes of it may change, which is its
-- status and what the provider has and says of it.
CREATE OR REPLACE FUNCTION e911_address_immutable() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    may_change CONSTANT text[] := '{status, superseded, is_open, known, callback_number,
        caller_name, words, settled_at, set_by_id}';
BEGIN
    IF to_jsonb(OLD) - may_change <> to_jsonb(NEW) - may_change THEN
        RAISE EXCEPTION 'an emergency address on record is never rewritten'
            USING ERRCODE = 'check_violation', TABLE = 'e911_emergencyaddress',
                CONSTRAINT = 'e911_address_immutable';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER immutable AFTER UPDATE ON e911_emergencyaddress
    FOR EACH ROW EXECUTE FUNCTION e911_address_immutable();

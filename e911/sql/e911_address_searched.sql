-- Have phones_phone_copies copy anew when a phone gets an address that its row shows, or loses one.
-- It follows each statement, so that one that changes the addresses of hundreds of phones writes
-- each phone once. The pointer to the current address is the phone's own, and so is its trigger.
CREATE OR REPLACE FUNCTION e911_address_searched() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE phones_phone SET search = '' WHERE id IN (
            SELECT new_rows.phone_id FROM new_rows JOIN old_rows USING (id)
            WHERE new_rows.is_open <> old_rows.is_open
        );
    ELSE
        UPDATE phones_phone SET search = '' FROM changed
            WHERE phones_phone.id = changed.phone_id
                AND (changed.is_open OR phones_phone.current_address_id = changed.id);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER searched_insert
    AFTER INSERT ON e911_emergencyaddress REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION e911_address_searched();
CREATE OR REPLACE TRIGGER searched_update
    AFTER UPDATE ON e911_emergencyaddress REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911_address_searched();
CREATE OR REPLACE TRIGGER searched_delete
    AFTER DELETE ON e911_emergencyaddress REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION e911_address_searched();

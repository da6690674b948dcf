-- Keep on the phone what a search may find it by, the MAC address in every usual notation (R6) and
-- the E911 addresses that its row shows, so that one index serves words from all of it; and its
-- model's name, to sort by. The user and the addresses are looked up within the phone's account: the
-- trigger runs with its owner's rights before a foreign key refuses anybody else's, and an error
-- message could show what another account has meanwhile.
CREATE OR REPLACE FUNCTION phones_phone_copies() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.model_name := (SELECT name FROM phones_phonemodel WHERE id = NEW.model_id);
    NEW.search := search_words(concat_ws(' ', NEW.label, NEW.model_name, NEW.mac,
        NEW.ext, NEW.caller_id,
        regexp_replace(NEW.mac, '(..)', '\1 ', 'g'), regexp_replace(NEW.mac, '(....)', '\1 ', 'g'),
        (SELECT first_name || ' ' || last_name || ' ' || ext FROM users_user
            WHERE id = NEW.assigned_to_id AND account_id = NEW.account_id),
        (SELECT string_agg(standardised, ' ' ORDER BY id) FROM e911_emergencyaddress
            WHERE phone_id = NEW.id AND account_id = NEW.account_id
                AND (is_open OR id = NEW.current_address_id))));
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER copies
    BEFORE INSERT OR UPDATE OF label, model_id, model_name, mac, assigned_to_id, ext, caller_id,
        current_address_id, search
    ON phones_phone FOR EACH ROW EXECUTE FUNCTION phones_phone_copies();

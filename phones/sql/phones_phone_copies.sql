-- Keep on the phone what a search may find it by, the MAC address in every usual notation (R6),
-- so that one index serves words from all of it; and its model's name, to sort by. The user is
-- looked up within the phone's account: the trigger runs with its owner's rights before the
-- foreign key refuses anybody else, and an error message could show a name of another account
-- meanwhile.
CREATE OR REPLACE FUNCTION phones_phone_copies() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.model_name := (SELECT name FROM phones_phonemodel WHERE id = NEW.model_id);
    NEW.search := search_words(concat_ws(' ', NEW.label, NEW.model_name, NEW.mac,
        regexp_replace(NEW.mac, '(..)', '\1 ', 'g'), regexp_replace(NEW.mac, '(....)', '\1 ', 'g'),
        (SELECT first_name || ' ' || last_name || ' ' || ext FROM users_user
            WHERE id = NEW.assigned_to_id AND account_id = NEW.account_id)));
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER copies
    BEFORE INSERT OR UPDATE OF label, model_id, model_name, mac, assigned_to_id, search
    ON phones_phone FOR EACH ROW EXECUTE FUNCTION phones_phone_copies();

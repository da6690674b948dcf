-- A record never changes account (R38): what is known about a phone stays with the company that
-- had it.
CREATE OR REPLACE FUNCTION phones_phone_keeps_account() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a phone never changes account'
        USING ERRCODE = 'check_violation', TABLE = 'phones_phone',
            CONSTRAINT = 'phones_phone_keeps_account';
END
$$;

CREATE OR REPLACE TRIGGER keeps_account AFTER UPDATE OF account_id ON phones_phone FOR EACH ROW
    WHEN (OLD.account_id <> NEW.account_id) EXECUTE FUNCTION phones_phone_keeps_account();

-- Every phone has a record of what it should have from the start.
CREATE OR REPLACE FUNCTION phones_phone_first_wanted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO phones_provisioning (phone_id, account_id, username, delivered, wanted)
        SELECT phone_id, account_id, '', '', wanted
        FROM phones_desks(ARRAY (SELECT id FROM added));
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER first_wanted
    AFTER INSERT ON phones_phone REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION phones_phone_first_wanted();

-- A phone's own SIP account is a place's or on standby, as the phone's kind says, whoever changes the
-- kind. So a common-area phone that becomes a user phone calls nobody from then on (R50).
CREATE OR REPLACE FUNCTION phones_own_account_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE users_sipaccount SET kind = CASE NEW.kind WHEN 'common' THEN 'place' ELSE 'standby' END
        WHERE phone_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER own_account_follows AFTER UPDATE OF kind ON phones_phone
    FOR EACH ROW WHEN (OLD.kind <> NEW.kind) EXECUTE FUNCTION phones_own_account_follows();

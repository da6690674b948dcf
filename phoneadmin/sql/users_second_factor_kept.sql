-- Keep `has_second_factor` of the users whose factors change, so that their history shows factors
-- come and go, whoever did it.
CREATE OR REPLACE FUNCTION users_second_factor_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE users_user AS person SET has_second_factor = NOT has_second_factor
        WHERE id IN (OLD.user_id, NEW.user_id) AND has_second_factor <> EXISTS (
            SELECT FROM mfa_authenticator
            WHERE user_id = person.id AND type IN ('totp', 'webauthn')
        );
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER second_factor_kept
    AFTER INSERT OR DELETE OR UPDATE OF user_id, type ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION users_second_factor_kept();

-- Find whom a session belongs to, enter the scope that they may see for the rest of the
-- transaction, and tell the history who they are: one lookup for every request.
CREATE OR REPLACE FUNCTION users_recognised(key bigint) RETURNS SETOF users_user
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    person users_user;
BEGIN
    SELECT * INTO person FROM users_user WHERE id = key;
    IF FOUND THEN
        PERFORM set_config('phoneadmin.account', coalesce(person.account_id::text, ''), true),
            set_config('phoneadmin.scope',
                CASE WHEN person.is_staff THEN 'support' ELSE '' END, true),
            set_config('pghistory.context_metadata', jsonb_build_object(
                'kind', CASE WHEN person.is_staff THEN 'support' ELSE 'person' END,
                'id', person.id,
                'name', btrim(person.first_name || ' ' || person.last_name))::text, true);
        RETURN NEXT person;
    END IF;
END
$$;

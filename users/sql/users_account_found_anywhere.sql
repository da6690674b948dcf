-- Find the keys of rows that have all `words`, at most `most` of them, across all accounts or in
-- `account`. For the support scope only; users_user_found says why it runs with its owner's
-- rights.
CREATE OR REPLACE FUNCTION users_account_found_anywhere(words text[], account bigint, most integer)
RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('phoneadmin.scope', true) IS DISTINCT FROM 'support' THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE 'WITH found AS MATERIALIZED (SELECT id FROM users_account WHERE '
        || CASE WHEN account IS NULL THEN '' ELSE 'id = $1 AND ' END
        || coalesce((SELECT string_agg(format('search_words(name) LIKE %L', pattern), ' AND ')
            FROM unnest(words) AS word, search_pattern(word) AS pattern
            WHERE pattern IS NOT NULL), 'false')
        || ') SELECT id FROM found LIMIT $2'
    USING account, most;
END
$$;

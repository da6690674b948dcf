-- Find the keys of this account's rows whose `search` has all `words`, at most `most` of them.
-- LIKE isn't leakproof, so no index can serve it under row-level security. This function runs
-- with its owner's rights and takes the account from the transaction's setting, so it finds
-- nothing that its caller may not see.
CREATE OR REPLACE FUNCTION phones_phone_found(words text[], most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Materialized, or the limit makes the planner read on in some index until it has found enough.
    RETURN QUERY EXECUTE 'WITH found AS MATERIALIZED ('
        'SELECT id FROM phones_phone WHERE account_id = $1 '
        'AND retired_at IS NULL AND '
        || coalesce((SELECT string_agg(format('search LIKE %L', pattern), ' AND ')
            FROM unnest(words) AS word, search_pattern(word) AS pattern
            WHERE pattern IS NOT NULL), 'false')
        || ') SELECT id FROM found LIMIT $2'
    USING NULLIF(current_setting('phoneadmin.account', true), '')::bigint, most;
END
$$;

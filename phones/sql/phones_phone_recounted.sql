-- Keep the badges' counts as phones change, once for each statement.
CREATE OR REPLACE FUNCTION phones_phone_recounted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO phones_phonecount (account_id, kind, model_id, phones, assigned, missing_address)
    SELECT account_id, kind, model_id, sum(sign), sum(sign * assigned), sum(sign * missing)
    FROM (
        SELECT account_id, kind, model_id, sign, (assigned_to_id IS NOT NULL)::int AS assigned,
            (current_address_id IS NULL AND (kind = 'common' OR assigned_to_id IS NOT NULL))::int
                AS missing
        FROM (
            SELECT 1 AS sign, * FROM new_rows UNION ALL SELECT -1 AS sign, * FROM old_rows
        ) AS changed
        WHERE retired_at IS NULL
    ) AS counted
    GROUP BY 1, 2, 3 HAVING sum(sign) <> 0 OR sum(sign * assigned) <> 0 OR sum(sign * missing) <> 0
    ORDER BY 1, 2, 3
    ON CONFLICT (account_id, kind, model_id) DO UPDATE SET
        phones = phones_phonecount.phones + excluded.phones,
        assigned = phones_phonecount.assigned + excluded.assigned,
        missing_address = phones_phonecount.missing_address + excluded.missing_address;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER counted_update
    AFTER UPDATE ON phones_phone REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION phones_phone_recounted();

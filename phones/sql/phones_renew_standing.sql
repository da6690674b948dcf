-- Write down again which list each of these phones is on, which username its line has, and whether
-- a device is registered with it. While a username stays, only the registrar's triggers write the
-- last (registrar.line_registered, registrar.line_ended): they lock the row, so they can't miss
-- each other. It runs with its caller's rights, which are those of the triggers' owner.
CREATE OR REPLACE FUNCTION phones_renew_standing(phones bigint[]) RETURNS void
LANGUAGE sql AS $$
    UPDATE phones_standing AS standing SET kind = line.kind, username = line.username,
        is_registered = CASE WHEN standing.username = line.username THEN standing.is_registered
            ELSE EXISTS (SELECT FROM registrar.location WHERE location.username = line.username) END
    FROM (
        SELECT phone.id, CASE WHEN phone.retired_at IS NULL THEN phone.kind END AS kind,
            coalesce(theirs.username, own.username) AS username
        FROM phones_phone AS phone
        LEFT JOIN users_sipaccount AS theirs ON theirs.user_id = phone.assigned_to_id
        LEFT JOIN users_sipaccount AS own
            ON own.phone_id = phone.id AND phone.assigned_to_id IS NULL
        WHERE phone.id = ANY (phones)
    ) AS line
    WHERE standing.phone_id = line.id
        AND (standing.kind, standing.username) IS DISTINCT FROM (line.kind, line.username)
$$;

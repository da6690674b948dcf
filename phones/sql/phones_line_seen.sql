-- Return what the registrar saw last of a phone's line (R68): under the username that the line has
-- (`present`), and under the one that the phone used before. A registration that has expired counts
-- as ended, even if the registrar hasn't deleted it yet. Like `phones_registered`, it shows what
-- its caller's account may see.
CREATE OR REPLACE FUNCTION phones_line_seen(phone bigint) RETURNS TABLE (
    present boolean, registered_at timestamptz, registered_agent text, ended_at timestamptz,
    ended_by text, refused_since timestamptz, refused_at timestamptz, refused_for text,
    refused_agent text, refused_address text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT known.present, line.registered_at, line.registered_agent,
        coalesce(lapsed.expires, line.ended_at),
        CASE WHEN lapsed.expires IS NULL THEN line.ended_by ELSE 'expiry' END,
        line.refused_since, line.refused_at, line.refused_for, line.refused_agent,
        line.refused_address
    FROM phones_phone AS asked
    CROSS JOIN LATERAL (
        SELECT username, true FROM users_sipaccount AS sip
            WHERE sip.user_id = asked.assigned_to_id
                OR (sip.phone_id = asked.id AND asked.assigned_to_id IS NULL)
        UNION ALL
        SELECT username, false FROM phones_provisioning AS used
            WHERE used.phone_id = asked.id AND used.username <> ''
                AND NOT EXISTS (SELECT FROM users_sipaccount WHERE username = used.username)
    ) AS known (username, present)
    JOIN registrar.line AS line ON line.username = known.username
    LEFT JOIN LATERAL (
        SELECT max(location.expires) AT TIME ZONE 'UTC' AS expires FROM registrar.location
        WHERE location.username = known.username AND expires <= now() AT TIME ZONE 'UTC'
    ) AS lapsed ON true
    WHERE asked.id = phone
        AND (
            asked.account_id = NULLIF(current_setting('phoneadmin.account', true), '')::bigint
            OR current_setting('phoneadmin.scope', true) = 'support'
        )
$$;

-- Find which of these phones' lines are registered right now: with the username that the line has
-- (until when, by which device, from which address; null if it isn't), or with the one that the
-- phone used before (`has_former`), by which it can still be asked to restart (R33). Next to that
-- stands what the phone called itself when it last fetched its file, and from where: another device
-- may hold the line (R51). Only the registrar sees its table of contacts; this function shows of it
-- what its caller's account may see.
-- A page that walks along an index has sorting off; here, that would make the planner look for each
-- phone among all registrations, in the order of their expiry.
CREATE OR REPLACE FUNCTION phones_registered(phones bigint[]) RETURNS TABLE (
    phone_id bigint, until timestamptz, agent text, address text, has_former boolean,
    fetched_as text, fetched_from text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_sort = on AS $$
    SELECT phone.id, present.expires AT TIME ZONE 'UTC', present.user_agent,
        -- "sip:192.0.2.1:5060;transport=tcp", with IPv6 in brackets
        substring(present.received FROM '^sips?:\[?([0-9A-Fa-f.:]*[0-9A-Fa-f])\]?:[0-9]+'),
        EXISTS (
            SELECT FROM registrar.location AS former
            WHERE former.username = provisioning.username AND former.username IS DISTINCT FROM sip.username
                AND former.expires > now() AT TIME ZONE 'UTC'
        ),
        latest.agent, host(latest.sender)
    FROM phones_phone AS phone
    LEFT JOIN phones_provisioning AS provisioning ON provisioning.phone_id = phone.id
    LEFT JOIN LATERAL (
        SELECT username FROM users_sipaccount AS theirs WHERE theirs.user_id = phone.assigned_to_id
        UNION ALL
        SELECT username FROM users_sipaccount AS own
            WHERE own.phone_id = phone.id AND phone.assigned_to_id IS NULL
    ) AS sip ON true
    LEFT JOIN LATERAL (
        SELECT expires, user_agent, received FROM registrar.location
        WHERE location.username = sip.username AND expires > now() AT TIME ZONE 'UTC'
        ORDER BY expires DESC LIMIT 1
    ) AS present ON true
    LEFT JOIN LATERAL (
        SELECT agent, sender FROM phones_fetch
        WHERE phones_fetch.phone_id = phone.id ORDER BY id DESC LIMIT 1
    ) AS latest ON present.expires IS NOT NULL
    WHERE phone.id = ANY (phones)
        AND (
            phone.account_id = NULLIF(current_setting('phoneadmin.account', true), '')::bigint
            OR current_setting('phoneadmin.scope', true) = 'support'
        )
$$;

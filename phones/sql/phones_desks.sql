-- Return what the configuration of each of these phones is made of: whose line 1 is, and what the
-- phone is set to, its own value before its account's. Fetching, previews and `wanted` all start
-- here, so they can't disagree (R34, R52). `wanted` is a fingerprint of everything that people
-- would notice; the password follows from the username.
-- It runs with its caller's rights: the application sees its account's phones.
CREATE OR REPLACE FUNCTION phones_desks(phones bigint[]) RETURNS TABLE (
    phone_id bigint, account_id bigint, make varchar, mac varchar, kind varchar, username varchar,
    key_fingerprint varchar, ext varchar, name text, caller_id varchar, time_zone varchar,
    country varchar, language varchar, ext_length smallint, outside_prefix varchar,
    admin_generation integer, admin_key varchar, wanted text
) LANGUAGE sql STABLE AS $$
    SELECT desk.*, left(encode(sha256(convert_to(jsonb_build_array(
            desk.make, desk.kind, desk.username, desk.ext, desk.name, desk.caller_id,
            desk.time_zone, desk.country, desk.language, desk.ext_length, desk.outside_prefix,
            desk.admin_generation)::text, 'UTF8')), 'hex'), 32)
    FROM (
        SELECT phone.id, phone.account_id, model.family, phone.mac, sip.kind, sip.username,
            sip.key_fingerprint, coalesce(person.ext, phone.ext) AS ext,
            CASE sip.kind WHEN 'person' THEN person.first_name || ' ' || person.last_name
                WHEN 'place' THEN phone.label ELSE '' END AS name,
            coalesce(person.caller_id, phone.caller_id) AS caller_id,
            coalesce(phone.time_zone, account.time_zone) AS time_zone, account.country,
            account.phone_language, account.ext_length, account.outside_prefix,
            coalesce(provisioning.admin_generation, 1), provisioning.admin_key
        FROM phones_phone AS phone
        JOIN phones_phonemodel AS model ON model.id = phone.model_id
        JOIN users_account AS account ON account.id = phone.account_id
        LEFT JOIN phones_provisioning AS provisioning ON provisioning.phone_id = phone.id
        LEFT JOIN users_user AS person ON person.id = phone.assigned_to_id
        -- Its own account once it has a person is about to end, and isn't on line 1 anymore.
        LEFT JOIN LATERAL (
            SELECT * FROM users_sipaccount AS theirs WHERE theirs.user_id = phone.assigned_to_id
            UNION ALL
            SELECT * FROM users_sipaccount AS own
                WHERE own.phone_id = phone.id AND phone.assigned_to_id IS NULL
        ) AS sip ON true
        WHERE phone.id = ANY (phones)
    ) AS desk (
        phone_id, account_id, make, mac, kind, username, key_fingerprint, ext, name, caller_id,
        time_zone, country, language, ext_length, outside_prefix, admin_generation, admin_key
    )
$$;

-- Whom an account's extension rings: a person or a place; and whom a dispatcher calls back. The
-- account's key is a number here, as in the indexes users_user_ext and phones_phone_ext.
CREATE OR REPLACE VIEW registrar.extension AS
SELECT person.account_id AS tenant, person.ext, sip.username,
    registrar.display_name(person.first_name, person.last_name) AS display_name,
    number.e164 AS caller_id
FROM users_user AS person
JOIN users_sipaccount AS sip ON sip.user_id = person.id
LEFT JOIN registrar.caller_number AS number
    ON number.account_id = person.account_id AND number.e164 = person.caller_id
WHERE person.is_active AND person.plan IN ('plus', 'pro')
UNION ALL
SELECT phone.account_id, phone.ext, sip.username, registrar.display_name(phone.label, ''),
    number.e164
FROM phones_phone AS phone
JOIN users_sipaccount AS sip ON sip.phone_id = phone.id
LEFT JOIN registrar.caller_number AS number
    ON number.account_id = phone.account_id AND number.e164 = phone.caller_id
WHERE phone.kind = 'common' AND phone.retired_at IS NULL;

-- Whom an account's extension rings. The account's key is a number here, as in the index
-- users_user_ext.
CREATE OR REPLACE VIEW registrar.extension AS
SELECT person.account_id AS tenant, person.ext, credentials.username,
    registrar.display_name(person.first_name, person.last_name) AS display_name, person.caller_id
FROM users_user AS person
JOIN users_sipcredentials AS credentials ON credentials.user_id = person.id
WHERE person.is_active AND person.plan IN ('plus', 'pro');

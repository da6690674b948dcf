-- Who may sign in to the registrar, and who they are to the people they call. A username is
-- unique among all accounts, so no domain is needed here. The view runs with its owner's rights,
-- which row-level security does not bind.
CREATE OR REPLACE VIEW registrar.subscriber AS
SELECT credentials.username, credentials.ha1, coalesce(person.ext, '')::varchar AS ext,
    person.caller_id,
    registrar.display_name(person.first_name, person.last_name) AS display_name,
    person.account_id::varchar AS tenant
FROM users_sipcredentials AS credentials
JOIN users_user AS person ON person.id = credentials.user_id
WHERE person.is_active AND person.plan IN ('plus', 'pro');

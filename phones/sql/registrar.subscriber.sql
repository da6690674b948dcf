-- Who may sign in to the registrar, and who they are to the people they call. A username is
-- unique among all accounts, so no domain is needed here. A phone on standby can neither call nor
-- be called (R50). The view runs with its owner's rights, which row-level
-- security does not bind.
CREATE OR REPLACE VIEW registrar.subscriber AS
SELECT sip.username, sip.ha1, coalesce(person.ext, phone.ext, '')::varchar AS ext,
    coalesce(number.e164, '')::varchar AS caller_id,
    CASE sip.kind WHEN 'person' THEN registrar.display_name(person.first_name, person.last_name)
        ELSE registrar.display_name(phone.label, '') END AS display_name,
    sip.account_id::varchar AS tenant,
    sip.kind,
    account.outside_prefix,
    -- Numbers that nobody has confirmed are shown to a dispatcher, but not to others (R67).
    CASE WHEN number.confirmed_at IS NULL THEN '' ELSE '1' END::varchar AS may_call_out
FROM users_sipaccount AS sip
JOIN users_account AS account ON account.id = sip.account_id
LEFT JOIN users_user AS person ON person.id = sip.user_id
LEFT JOIN phones_phone AS phone ON phone.id = sip.phone_id
LEFT JOIN registrar.caller_number AS number ON number.account_id = sip.account_id
    AND number.e164 = coalesce(person.caller_id, phone.caller_id)
WHERE CASE sip.kind WHEN 'person' THEN person.is_active AND person.plan IN ('plus', 'pro')
    ELSE phone.retired_at IS NULL END;

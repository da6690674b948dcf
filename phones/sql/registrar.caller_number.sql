-- The numbers that count as an account's: those that support has confirmed, and others unless they
-- are another account's confirmed ones. So no one is called back at, or shown with, a number that
-- we know to be another company's (R67).
CREATE OR REPLACE VIEW registrar.caller_number AS
SELECT own.account_id, own.e164, own.confirmed_at
FROM users_callernumber AS own
WHERE own.confirmed_at IS NOT NULL OR NOT EXISTS (
    SELECT FROM users_callernumber AS other
    WHERE other.e164 = own.e164 AND other.confirmed_at IS NOT NULL
);

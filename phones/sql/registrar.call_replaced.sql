-- Find the end of a live call that an INVITE with Replaces (RFC 3891 §3) takes the place of: to-tag
-- is the tag of the end that gets the new call, from-tag the other's. The header does not say
-- which of them was the caller, so the registrar makes both handles. A carrier replaces no call.
CREATE OR REPLACE FUNCTION registrar.call_replaced(
    of_tenant bigint, if_caller text, if_callee text, from_tag text, to_tag text
) RETURNS SETOF registrar.call_end LANGUAGE sql STABLE AS $$
    SELECT (caller).* FROM registrar.call
    WHERE handle = if_caller AND (callee).tag = from_tag AND (caller).username <> ''
        AND tenant = of_tenant AND NOT ended AND until > now()
    UNION ALL
    SELECT (callee).* FROM registrar.call
    WHERE handle = if_callee AND (callee).tag = to_tag AND (callee).username <> ''
        AND tenant = of_tenant AND NOT ended AND until > now()
$$;

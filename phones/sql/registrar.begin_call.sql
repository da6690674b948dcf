-- Record a call that begins to ring; false if another caller has this handle, or it was answered
-- already. 200 s: the registrar gives up ringing after 120 (tm's fr_inv_timer). The same caller
-- may try an unanswered call again with the same Call-ID (RFC 4028 §7.4 does after a 422); nobody
-- else can take over a row.
CREATE OR REPLACE FUNCTION registrar.begin_call(
    new_handle text, new_tenant bigint, new_caller registrar.call_end, new_callee registrar.call_end
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registrar.call (handle, tenant, caller, callee, until)
    VALUES (new_handle, new_tenant, new_caller, new_callee, now() + interval '200 s')
    ON CONFLICT (handle) DO UPDATE SET
            caller = excluded.caller, callee = excluded.callee, until = excluded.until
        WHERE (call.caller).username = (excluded.caller).username AND (call.callee).tag = '';
    RETURN FOUND;
END
$$;

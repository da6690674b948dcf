-- Record a call that begins to ring; false if another caller has this handle, or it was answered
-- already. 200 s: the registrar gives up ringing after 120 (tm's fr_inv_timer), but an emergency
-- call may ring at the carrier, whose end has no username, for 600. The same caller
-- may try an unanswered call again with the same Call-ID (RFC 4028 §7.4 does after a 422); nobody
-- else can take over a row.
CREATE OR REPLACE FUNCTION registrar.begin_call(
    new_handle text, new_tenant bigint, new_caller registrar.call_end, new_callee registrar.call_end,
    new_routes text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registrar.call (handle, tenant, caller, callee, routes, until)
    VALUES (new_handle, new_tenant, new_caller, new_callee, new_routes,
        now() + CASE (new_callee).username WHEN '' THEN interval '680 s' ELSE interval '200 s' END)
    ON CONFLICT (handle) DO UPDATE SET
            caller = excluded.caller, callee = excluded.callee, until = excluded.until,
            routes = excluded.routes, ahead = 0
        WHERE (call.caller).username = (excluded.caller).username AND (call.callee).tag = '';
    RETURN FOUND;
END
$$;

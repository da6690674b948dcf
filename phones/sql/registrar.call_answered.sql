-- Record that one end (`answered_by` is "a" for the caller, "b" for the callee) accepted an
-- INVITE or UPDATE. Twelve hours from each: longer than anybody talks, and phones with session
-- timers (RFC 4028) refresh a call within half an hour.
CREATE OR REPLACE FUNCTION registrar.call_answered(
    which text, answered_by text, new_contact text, new_tag text
) RETURNS void LANGUAGE sql AS $$
    UPDATE registrar.call SET
        until = now() + interval '12 h',
        caller.contact = CASE answered_by WHEN 'a' THEN new_contact ELSE (caller).contact END,
        callee.contact = CASE answered_by WHEN 'b' THEN new_contact ELSE (callee).contact END,
        callee.tag = CASE WHEN answered_by = 'b' AND (callee).tag = '' THEN new_tag
            ELSE (callee).tag END
    WHERE handle = which AND NOT ended
$$;

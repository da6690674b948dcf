-- Find where a request within a call goes and who sends it; no row if the sender isn't one of the
-- two ends (R49). `target` is the receiving end, "a" for the caller or "b" for the callee. A
-- phone may speak from where it was when the call began, or from where its line is registered
-- now: routers forget addresses, and TCP connections break. After a BYE only a repeated or
-- crossing BYE, and an ACK, still make sense: 32 s are RFC 3261's timer for repeats (64 × T1).
-- The carrier's end has no username. It may speak from any port of the address from which it
-- answered, and is reached only where it answered. `carrier` is its end, "" if there is none;
-- `routes` and `ahead` are for a request to it.
CREATE OR REPLACE FUNCTION registrar.within_call(
    which text, target text, method text, from_address text, to_socket text, callee_tag text,
    new_contact text,
    OUT contact text, OUT address text, OUT socket text, OUT username text,
    OUT sender_ext text, OUT sender_name text, OUT sender_number text,
    OUT carrier text, OUT routes text, OUT ahead integer
) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    live registrar.call;
    sender registrar.call_end;
    receiver registrar.call_end;
    spoken registrar.call_end;
BEGIN
    SELECT * INTO live FROM registrar.call
    WHERE handle = which AND until > now() AND (NOT ended OR method IN ('BYE', 'ACK'))
        AND (callee).tag IN ('', callee_tag);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF target = 'b' THEN
        sender := live.caller;
        receiver := live.callee;
    ELSE
        sender := live.callee;
        receiver := live.caller;
    END IF;
    carrier := CASE '' WHEN sender.username THEN translate(target, 'ab', 'ba')
        WHEN receiver.username THEN target ELSE '' END;
    IF sender.username = '' THEN
        IF regexp_replace(sender.address, ':[0-9]+;.*', '')
                <> regexp_replace(from_address, ':[0-9]+;.*', '') THEN
            RETURN;
        END IF;
    ELSIF sender.address <> from_address AND NOT EXISTS (
        SELECT FROM registrar.location
        WHERE location.username = sender.username AND expires > now() AT TIME ZONE 'UTC'
            AND lower(received) IN (from_address, replace(from_address, ';transport=udp', ''))
    ) THEN
        RETURN;
    END IF;
    spoken := sender;
    IF sender.username <> '' THEN
        spoken.address := from_address;
        spoken.socket := to_socket;
    END IF;
    IF new_contact <> '' THEN
        spoken.contact := new_contact;
    END IF;
    IF method = 'BYE' OR spoken IS DISTINCT FROM sender THEN
        UPDATE registrar.call SET
            caller = CASE target WHEN 'b' THEN spoken ELSE live.caller END,
            callee = CASE target WHEN 'b' THEN live.callee ELSE spoken END,
            ended = live.ended OR method = 'BYE',
            until = CASE WHEN method = 'BYE' THEN least(until, now() + interval '32 s')
                ELSE until END
        WHERE handle = which;
    END IF;
    contact := receiver.contact;
    address := receiver.address;
    socket := receiver.socket;
    username := receiver.username;
    sender_ext := sender.ext;
    sender_name := sender.name;
    sender_number := sender.number;
    routes := CASE carrier WHEN target THEN live.routes ELSE '' END;
    ahead := CASE carrier WHEN target THEN live.ahead ELSE 0 END;
    RETURN NEXT;
END
$$;

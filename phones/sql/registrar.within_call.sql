-- Find where a request within a call goes and who sends it; no row if the sender isn't one of the
-- two ends (R49). `target` is the receiving end, "a" for the caller or "b" for the callee. A
-- phone may speak from where it was when the call began, or from where its line is registered
-- now: routers forget addresses, and TCP connections break. After a BYE only a repeated or
-- crossing BYE, and an ACK, still make sense: 32 s are RFC 3261's timer for repeats (64 × T1).
CREATE OR REPLACE FUNCTION registrar.within_call(
    which text, target text, method text, from_address text, to_socket text, callee_tag text,
    new_contact text,
    OUT contact text, OUT address text, OUT socket text, OUT username text,
    OUT sender_ext text, OUT sender_name text, OUT sender_number text
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
    IF sender.address <> from_address AND NOT EXISTS (
        SELECT FROM registrar.location
        WHERE location.username = sender.username AND expires > now() AT TIME ZONE 'UTC'
            AND lower(received) IN (from_address, replace(from_address, ';transport=udp', ''))
    ) THEN
        RETURN;
    END IF;
    spoken := sender;
    spoken.address := from_address;
    spoken.socket := to_socket;
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
    RETURN NEXT;
END
$$;

-- Record where the carrier, called by a phone, began to answer from: its Contact, its address, and
-- the proxies on the way (the value of a Route header, hexadecimal). Once the call is answered,
-- none but the Contact changes (RFC 3261 §12.2), and `call_answered` records that.
CREATE OR REPLACE FUNCTION registrar.carrier_answered(
    which text, new_contact text, new_address text, new_routes text
) RETURNS void LANGUAGE sql AS $$
    UPDATE registrar.call SET
        callee.contact = new_contact, callee.address = new_address, routes = new_routes
    WHERE handle = which AND NOT ended AND (callee).username = '' AND (callee).tag = ''
$$;

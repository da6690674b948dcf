-- Return a name for a quoted string of SIP (RFC 3261 §25.1): no control characters, and a
-- backslash before quotation marks and backslashes.
CREATE OR REPLACE FUNCTION registrar.display_name(first_name text, last_name text) RETURNS varchar
LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(
        left(regexp_replace(
            btrim(first_name || ' ' || last_name), U&'[\0001-\001f\007f-\009f]', '', 'g'
        ), 60),
        '(["\\])', '\\\1', 'g'
    )::varchar
$$;

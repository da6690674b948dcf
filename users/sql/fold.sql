-- Return text as a search sees it: no accents, no case. Letters that Unicode does not decompose
-- into a base letter and an accent are spelled out.
CREATE OR REPLACE FUNCTION fold(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    replace(replace(replace(translate(
        lower(regexp_replace(normalize($1, NFKD), U&'[\0300-\036f]', '', 'g')),
        'øłđıð', 'oldid'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');

-- Return what a search looks through: folded words between single spaces, so that punctuation
-- separates words and never matters otherwise.
CREATE OR REPLACE FUNCTION search_words(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    ' ' || btrim(regexp_replace(
        fold($1), '[\x01-/:-@[-`{-\x7f\u0080-\u00bf\u2000-\u206f]+', ' ', 'g'
    )) || ' ';

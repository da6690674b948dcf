-- Return the LIKE pattern for one typed word, or null for punctuation alone, which nothing is
-- searched for. A word of fewer than three letters is found only at the beginning of a word: no
-- trigram index has it.
CREATE OR REPLACE FUNCTION search_pattern(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    CASE WHEN length(btrim(search_words($1))) < 3 THEN '% ' ELSE '%' END
    || NULLIF(btrim(search_words($1)), '') || '%';

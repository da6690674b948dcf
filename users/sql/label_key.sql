-- Return the same key for two labels (or account names) that differ only in surrounding space,
-- Unicode composition and case (R5). PostgreSQL folds case in full from version 18 on; for older
-- versions the two usual differences from lower case are spelled out. Unique indexes hold these
-- keys, so a database keeps the definition it was made with: no migration loads this file again,
-- because a server that was upgraded to 18 would then compute other keys.
DO $do$
DECLARE
    trimmed text := $$normalize(btrim($1, E' \t\n\x0B\f\r\u0085\u00A0\u1680\u2000\u2001\u2002\u2003'
        '\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000'), NFC)$$;
    folded text := CASE WHEN current_setting('server_version_num')::int >= 180000
        THEN 'casefold(' || trimmed || ' COLLATE pg_unicode_fast)'
        ELSE 'replace(replace(lower(' || trimmed || '), ''ß'', ''ss''), ''ς'', ''σ'')' END;
BEGIN
    EXECUTE 'CREATE OR REPLACE FUNCTION label_key(text) RETURNS text'
        || ' LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN normalize(' || folded || ', NFC)';
END
$do$;

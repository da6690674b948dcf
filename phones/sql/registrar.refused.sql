-- Record that a device was refused as `name`: why (a code of Kamailio's module auth), its address,
-- and what it calls itself (`in_hex`). False unless a line has this username or a phone still uses
-- it, so strangers can't fill the table. For one username and address, the registrar calls this at
-- most once a minute. It runs with its owner's rights, so the registrar's role sees neither phones
-- nor people. A crash may take back a refusal; no phone has to wait for the disk for it.
CREATE OR REPLACE FUNCTION registrar.refused(name text, code text, origin text, in_hex text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = registrar, pg_temp AS $$
DECLARE
    -- "Escape" writes any bytes as ASCII, so nothing that a device sends can be refused.
    agent text := left(regexp_replace(encode(decode(in_hex, 'hex'), 'escape'), '[^ -~]', '', 'g'), 255);
    why text := CASE code WHEN '-2' THEN 'password' WHEN '-3' THEN 'username' ELSE 'identity' END;
BEGIN
    IF NOT EXISTS (SELECT FROM public.users_sipaccount WHERE username = name)
        AND NOT EXISTS (SELECT FROM public.phones_provisioning WHERE username = name)
    THEN
        RETURN false;
    END IF;
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO line AS known
            (username, refused_since, refused_at, refused_for, refused_agent, refused_address, until)
        VALUES (name, now(), now(), why, agent, origin, now() + interval '1 year')
        ON CONFLICT (username) DO UPDATE SET
            -- Another reason is another trouble.
            refused_since = CASE WHEN known.refused_for = excluded.refused_for
                THEN known.refused_since ELSE excluded.refused_since END,
            refused_at = excluded.refused_at, refused_for = excluded.refused_for,
            refused_agent = excluded.refused_agent, refused_address = excluded.refused_address,
            until = excluded.until;
    RETURN true;
END
$$;

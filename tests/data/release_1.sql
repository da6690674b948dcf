-- What people had in the database of the first release: at least a row of every kind.
-- Never edited: it is read by the migrations of that release, and carried to the newest one.
SELECT set_config('pghistory.context_metadata', '{"user": 1001, "name": "Alice Archer", "support": false}', false);

INSERT INTO users_account (id, name, created_at, second_factor_required) VALUES
    (1000, 'Northwind Trading', '2025-01-02 03:04:05+00', true),
    (2000, 'Ünïted Straße GmbH', '2025-02-03 04:05:06+00', false);

INSERT INTO users_user (
    id, account_id, email, password, first_name, last_name, ext, plan, caller_id, is_administrator, is_staff,
    is_superuser, may_act, is_active, last_login, created_at, language
) VALUES
    (1001, 1000, 'alice@northwind.example', 'argon2$argon2id$alice', 'Alice', 'Archer', '100', 'pro', '+14155550100',
        true, false, false, false, true, '2025-03-04 05:06:07+00', '2025-01-02 03:04:05+00', 'es'),
    (1002, 1000, 'uma@northwind.example', '!', 'Uma', 'Ulm', '0101', 'plus', '+14155550101',
        false, false, false, false, true, NULL, '2025-01-02 03:04:06+00', ''),
    (1003, 1000, NULL, '!', 'Bo', '', NULL, 'basic', '', false, false, false, false, true, NULL, now(), ''),
    (1004, 1000, 'left@northwind.example', '!', 'Lee', 'Left', '104', 'plus', '',
        false, false, false, false, false, NULL, now(), 'en'),
    (1005, 1000, 'nina@northwind.example', '!', 'Nina', 'North', '9110', 'pro', '',
        false, false, false, false, true, NULL, now(), ''),
    (2001, 2000, 'zoe@united.example', 'argon2$argon2id$zoe', 'Zoë', 'Zürn', '100', 'pro', '',
        true, false, false, false, true, NULL, now(), 'en'),
    (3001, NULL, 'sam@phoneadmin.example', 'argon2$argon2id$sam', 'Sam', 'Support', NULL, 'basic', '',
        false, true, false, true, true, NULL, now(), '');

INSERT INTO auth_group (id, name) VALUES (1000, 'Everybody');
INSERT INTO auth_group_permissions (group_id, permission_id) SELECT 1000, min(id) FROM auth_permission;
INSERT INTO users_user_groups (user_id, group_id) VALUES (3001, 1000);
INSERT INTO users_user_user_permissions (user_id, permission_id) SELECT 3001, min(id) FROM auth_permission;

INSERT INTO users_sipcredentials (user_id, account_id, username, ha1, key_fingerprint, changed_at) VALUES
    (1001, 1000, 'u1001first', repeat('a', 32), 'fingerprint00001', '2025-01-02 03:04:05+00'),
    (1002, 1000, 'u1002first', repeat('b', 32), 'fingerprint00001', '2025-01-02 03:04:05+00'),
    (2001, 2000, 'u2001first', repeat('c', 32), 'fingerprint00002', '2025-01-02 03:04:05+00');
INSERT INTO users_credentialsrecord (account_id, user_id, user_name, username, what, by_id, by_name, at) VALUES
    (1000, 1002, 'Uma Ulm', 'u1002first', 'password', 1001, 'Alice Archer', '2025-04-05 06:07:08+00'),
    (1000, NULL, 'Gone Person', 'u1009gone', 'changed', NULL, 'reissue_credentials', '2025-04-05 06:07:09+00');

INSERT INTO phones_phone (id, account_id, kind, mac, label, model_id, assigned_to_id, created_at, retired_at)
SELECT id, account_id, kind, mac, label, (SELECT id FROM phones_phonemodel WHERE name = model), assigned_to_id,
    '2025-01-02 03:04:05+00', retired_at
FROM (VALUES
    (1101, 1000, 'user', '805ec0000001', 'Desk “1”', 'Yealink SIP-T54W', 1001, NULL),
    (1102, 1000, 'user', '805ec0000002', 'Desk 2', 'Poly VVX 450', 1002, NULL),
    (1103, 1000, 'user', '805ec0000003', '', 'Snom D785', NULL, NULL),
    (1104, 1000, 'common', '805ec0000004', 'Lobby', 'Cisco CP-8841-3PCC', NULL, NULL),
    (1105, 1000, 'user', '805ec0000005', 'Old', 'Grandstream GRP2614', NULL, '2025-06-07 08:09:10+00'::timestamptz),
    (2101, 2000, 'user', '805ec0000006', 'Straße', 'Yealink SIP-T54W', 2001, NULL)
) AS phone (id, account_id, kind, mac, label, model, assigned_to_id, retired_at);
UPDATE phones_phone SET label = 'Desk 1' WHERE id = 1101;

INSERT INTO e911_emergencyaddress (
    id, account_id, phone_id, status, typed, standardised, country, state, county, city, house_number,
    house_number_suffix, pre_directional, street_type_before, street_name, street_type, post_directional, building,
    floor, unit_type, unit, room, postal_code, latitude, longitude, set_at, set_by_id, superseded, callback_number,
    caller_name, known, provider, set_by_name, settled_at, words
) VALUES
    (1201, 1000, 1101, 'accepted', '1 Main St Springfield IL 62701', '1 Main St, Springfield, IL 62701', 'US', 'IL',
        'Sangamon', 'Springfield', '1', '', '', '', 'Main', 'St', '', '', '', '', '', '', '62701', 39.799999,
        -89.640001, '2025-01-02 03:04:05+00', 1001, true, '+14155550100', 'Alice Archer', '{"address": {"id": "1"}}',
        'telnyx', 'Alice Archer', '2025-01-02 03:05:05+00', ''),
    (1202, 1000, 1101, 'accepted', '12 1/2 N Main St Fl 2 Springfield IL 62701',
        '12 1/2 N Main St, Floor 2, Springfield, IL 62701', 'US', 'IL', '', 'Springfield', '12', '1/2', 'N', '',
        'Main', 'St', '', 'Annex', '2', 'Suite', '200', 'West', '62701', NULL, NULL, '2025-02-02 03:04:05+00', 1001,
        false, '+14155550100', 'Alice Archer', '{"address": {"id": "2"}}', 'telnyx', 'Alice Archer',
        '2025-02-02 03:05:05+00', ''),
    (1203, 1000, 1102, 'pending', '500 rue Sainte-Catherine O Montréal QC H3B 1A6',
        '500 rue Sainte-Catherine O, Montréal, QC H3B 1A6', 'CA', 'QC', '', 'Montréal', '500', '', '', 'rue',
        'Sainte-Catherine', '', 'O', '', '', '', '', '', 'H3B 1A6', NULL, NULL, '2025-02-02 03:04:05+00', NULL,
        false, '', '', '{}', 'bandwidth', 'Gone Person', NULL, ''),
    (1204, 1000, 1104, 'refused', '0 Nowhere', '0 Nowhere, Springfield, IL 62701', 'US', 'IL', '', 'Springfield',
        '0', '', '', '', 'Nowhere', '', '', '', '', '', '', '', '62701', NULL, NULL, '2025-02-02 03:04:05+00', 1001,
        false, '', '', '{}', 'telnyx', 'Alice Archer', '2025-02-02 03:05:05+00', 'No such address');
UPDATE phones_phone SET current_address_id = 1202 WHERE id = 1101;

-- The phone that fetches with the token of 32 letters "a", and one that waits for its code.
INSERT INTO phones_provisioning (
    phone_id, account_id, token_hash, code_hash, code_until, username, delivered, delivered_at
) VALUES
    (1101, 1000, encode(sha256(repeat('a', 32)::bytea), 'hex'), NULL, NULL, 'u1001first', repeat('d', 32),
        '2025-05-06 07:08:09+00'),
    (1102, 1000, NULL, repeat('e', 64), now() + interval '1 hour', '', '', NULL);
INSERT INTO phones_fetch (account_id, phone_id, sender, delivered, first_at, last_at, times) VALUES
    (1000, 1101, '192.0.2.1', repeat('d', 32), '2025-05-06 07:08:09+00', '2025-05-07 07:08:09+00', 12),
    (1000, 1101, '2001:db8::1', repeat('d', 32), '2025-05-08 07:08:09+00', '2025-05-08 07:08:09+00', 1);
INSERT INTO phones_restart (account_id, phone_id, by_id, at, answer) VALUES
    (1000, 1101, 1001, '2025-05-06 07:08:09+00', 'asked'), (1000, 1102, NULL, '2025-05-06 07:08:10+00', '');
INSERT INTO phones_wrongsecret (sender, since, times) VALUES ('192.0.2.9', now(), 3);
INSERT INTO registrar.location (ruid, username, contact, received, expires, callid, user_agent, socket) VALUES
    ('r1', 'u1001first', 'sip:u1001first@192.0.2.1:5060', 'sip:192.0.2.1:5060', now() + interval '5 minutes',
        'call-id', 'Yealink SIP-T54W', 'udp:198.51.100.1:5060');

INSERT INTO mfa_authenticator (user_id, type, data, created_at, last_used_at) VALUES
    (1001, 'totp', '{"secret": "encrypted"}', '2025-01-02 03:04:05+00', '2025-03-04 05:06:07+00'),
    (1001, 'recovery_codes', '{"seed": "encrypted", "used_mask": 1}', '2025-01-02 03:04:05+00', NULL),
    (3001, 'webauthn', '{"name": "Key", "credential": {}}', '2025-01-02 03:04:05+00', NULL);
INSERT INTO django_session (session_key, session_data, expire_date) VALUES
    (repeat('s', 32), 'signed', now() + interval '1 day');
INSERT INTO usersessions_usersession (user_id, session_key, ip, user_agent, data, created_at, last_seen_at) VALUES
    (1001, repeat('s', 32), '192.0.2.1', 'Mozilla/5.0', '{}', '2025-03-04 05:06:07+00', '2025-03-04 06:06:07+00');
INSERT INTO account_emailaddress (id, user_id, email, verified, "primary") VALUES
    (1000, 1001, 'alice@northwind.example', true, true);
INSERT INTO account_emailconfirmation (email_address_id, key, created, sent) VALUES
    (1000, 'key', '2025-03-04 05:06:07+00', '2025-03-04 05:06:08+00');
INSERT INTO django_admin_log (action_time, user_id, object_id, object_repr, action_flag, change_message)
    VALUES ('2025-03-04 05:06:07+00', 3001, '1101', 'Desk 1', 2, 'Changed');
INSERT INTO phoneadmin_cache (cache_key, value, expires) VALUES (':1:guesses', 'base64', now() + interval '1 day');

INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args) VALUES
    ('default', 'e911.register', 'e911.register 1203', '{"account_id": 1000, "address_id": 1203}');
INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, periodic_id) VALUES ('e911.resume', 1, '');
INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour');

-- Keys go on after those above.
SELECT setval(pg_get_serial_sequence('users_account', 'id'), 2000),
    setval(pg_get_serial_sequence('users_user', 'id'), 3001),
    setval(pg_get_serial_sequence('phones_phone', 'id'), 2101),
    setval(pg_get_serial_sequence('e911_emergencyaddress', 'id'), 1204);

"""SQL that breaks each guarantee of the database, which tests/test_guarantees.py runs."""

from __future__ import annotations

# Without what every phone has, so that another constraint is the one that refuses.
ALONE = (
    "WITH record AS (DELETE FROM phones_provisioning), standing AS (DELETE FROM phones_standing),"
    " own AS (DELETE FROM users_sipaccount WHERE phone_id IS NOT NULL)"
)

# A constraint and SQL that breaks it, with names of the people, phones and addresses of `world`.
BREAKS = [
    ("users_account_name", "UPDATE users_account SET name = 'ACME ' WHERE id = %(other)s"),
    ("users_account_name_given", "UPDATE users_account SET name = '' WHERE id = %(other)s"),
    ("users_user_email", "UPDATE users_user SET email = 'uma@example.com' WHERE id = %(wyn)s"),
    ("users_user_email", "UPDATE users_user SET email = 'uma@example.com' WHERE id = %(eve)s"),
    (
        "users_number_pkey",
        "UPDATE users_user SET ext = '11' WHERE id = %(wyn)s",
    ),  # two people on one extension
    ("users_number_pkey", "UPDATE users_user SET account_id = %(acme)s WHERE id = %(eve)s"),
    (
        "users_user_account_unless_staff",
        "UPDATE users_user SET account_id = NULL WHERE id = %(wyn)s",
    ),  # R1
    (
        "users_user_account_unless_staff",
        "UPDATE users_user SET account_id = %(acme)s WHERE id = %(sam)s",
    ),
    ("users_user_no_superuser", "UPDATE users_user SET is_superuser = true WHERE id = %(sam)s"),
    ("users_user_may_act_is_staff", "UPDATE users_user SET may_act = true WHERE id = %(wyn)s"),
    (
        "users_user_administrator_has_email",
        "UPDATE users_user SET is_administrator = true, email = NULL WHERE id = %(wyn)s",
    ),
    (
        "users_user_administrator_has_email",
        "UPDATE users_user SET is_administrator = true WHERE id = %(sam)s",
    ),
    ("users_user_plan", "UPDATE users_user SET plan = 'gold' WHERE id = %(wyn)s"),
    ("users_user_language", "UPDATE users_user SET language = 'xx' WHERE id = %(wyn)s"),
    ("users_number_digits", "UPDATE users_user SET ext = '12a' WHERE id = %(wyn)s"),
    ("users_number_digits", "UPDATE users_user SET ext = '' WHERE id = %(wyn)s"),
    ("users_number_digits", "UPDATE users_user SET ext = E'12\\n' WHERE id = %(wyn)s"),
    ("users_number_digits", "UPDATE users_user SET ext = '١٢' WHERE id = %(wyn)s"),
    *(
        ("users_number_no_emergency_number", f"UPDATE users_user SET ext = '{ext}' WHERE {whose}")
        for ext in ("911", "933", "112", "9911", "9110", "93355", "1122", "99110")
        for whose in ("id = %(wyn)s", "id = %(ben)s")
    ),  # R13
    (
        "users_number_no_emergency_number",
        "UPDATE phones_phone SET ext = '9111' WHERE id = %(lobby)s",
    ),
    ("users_number_pkey", "UPDATE phones_phone SET ext = '11' WHERE id = %(lobby)s"),  # R58
    (
        "users_user_number",
        "DELETE FROM users_number WHERE account_id = %(acme)s AND ext = '11'",
    ),
    (
        "phones_phone_number",
        "DELETE FROM users_number WHERE account_id = %(acme)s AND ext = '50'",
    ),
    (
        "users_callernumber_once",
        "INSERT INTO users_callernumber (account_id, e164) SELECT account_id, e164"
        " FROM users_callernumber",
    ),
    (
        "users_callernumber_of_one_account",
        "INSERT INTO users_callernumber (account_id, e164, confirmed_at)"
        " VALUES (%(acme)s, '+14155550111', now())",
    ),
    *(
        ("users_callernumber_e164", f"UPDATE users_callernumber SET e164 = '{number}'")
        for number in ("4155550100", "+0155550100", "")
    ),
    ("users_account_country", "UPDATE users_account SET country = 'MX'"),
    ("users_account_phone_language", "UPDATE users_account SET phone_language = 'xx'"),
    ("users_account_ext_length", "UPDATE users_account SET ext_length = 1"),
    ("users_account_ext_length", "UPDATE users_account SET ext_length = 11"),
    ("users_account_outside_prefix", "UPDATE users_account SET outside_prefix = '*'"),
    (
        "users_user_email_lower_case",
        "UPDATE users_user SET email = 'Wyn@example.com' WHERE id = %(wyn)s",
    ),
    ("users_user_email_lower_case", "UPDATE users_user SET email = '' WHERE id = %(wyn)s"),
    (
        "users_user_caller_id_of_account",
        "UPDATE users_user SET caller_id = '+14155550111' WHERE id = %(wyn)s",
    ),  # R67: the number is the other company's
    (
        "phones_phone_caller_id_of_account",
        "UPDATE phones_phone SET caller_id = '+14155550111' WHERE id = %(lobby)s",
    ),
    ("users_user_names_trimmed", "UPDATE users_user SET first_name = ' Wyn' WHERE id = %(wyn)s"),
    ("users_user_names_trimmed", "UPDATE users_user SET last_name = 'Person ' WHERE id = %(wyn)s"),
    (
        "users_sipaccount_username",
        "UPDATE users_sipaccount SET username = (SELECT min(username) FROM users_sipaccount)",
    ),
    ("users_sipaccount_ha1", "UPDATE users_sipaccount SET ha1 = 'plain text'"),
    *(
        ("users_sipaccount_one_owner", f"UPDATE users_sipaccount SET {change}")
        for change in (
            "kind = 'standby' WHERE user_id = %(wyn)s",
            "kind = 'person' WHERE phone_id = %(lobby)s",
            "phone_id = %(vics)s WHERE user_id = %(wyn)s",
            "phone_id = NULL WHERE phone_id = %(lobby)s",
        )
    ),  # R50
    (
        "users_sipaccount_user_id_key",
        "UPDATE users_sipaccount SET kind = 'person', phone_id = NULL, user_id = %(wyn)s"
        " WHERE phone_id = %(lobby)s",
    ),
    (
        "users_sipaccount_phone_id_key",
        "UPDATE users_sipaccount SET phone_id = %(lobby)s WHERE phone_id = %(free)s",
    ),
    (
        "users_sipaccount_of_phone",
        "UPDATE users_sipaccount SET phone_id = %(theirs)s WHERE phone_id = %(lobby)s",
    ),
    (
        "users_sipaccount_of_user",
        "UPDATE users_sipaccount SET account_id = %(other)s WHERE user_id = %(wyn)s",
    ),
    (
        "users_sipaccount_of_user",
        "UPDATE users_user SET account_id = %(acme)s, ext = '99' WHERE id = %(eve)s",
    ),
    (
        "users_credentialsrecord_of_user",
        "UPDATE users_credentialsrecord SET account_id = %(other)s",
    ),
    ("users_credentialsrecord_of_user", "UPDATE users_credentialsrecord SET user_id = %(eve)s"),
    ("users_credentialsrecord_of_one", "UPDATE users_credentialsrecord SET phone_id = %(front)s"),
    (
        "users_credentialsrecord_of_phone",
        "UPDATE users_credentialsrecord SET user_id = NULL, phone_id = %(theirs)s",
    ),
    ("users_credentialsrecord_by", "UPDATE users_credentialsrecord SET by_id = -1"),
    (
        "users_knownbrowser_key",
        "UPDATE users_knownbrowser SET key_hash = 'key' WHERE user_id = %(wyn)s",
    ),
    ("users_knownbrowser_proved", "UPDATE users_knownbrowser SET proved_password = false"),
    ("users_knownbrowser_of_user", "UPDATE users_knownbrowser SET account_id = %(other)s"),
    (
        "users_knownbrowser_of_user",
        "UPDATE users_knownbrowser SET user_id = %(eve)s WHERE key_hash = 'key'",
    ),
    ("users_credentialsrecord_what", "UPDATE users_credentialsrecord SET what = 'guessed'"),
    (
        "users_requestkey_once",
        "UPDATE users_requestkey SET key = 'key' WHERE account_id = %(acme)s",
    ),  # R42
    ("users_requestkey_once", "UPDATE users_requestkey SET account_id = NULL, key = 'key'"),
    (
        "phones_phonemodel_name",
        "INSERT INTO phones_phonemodel (family, name) VALUES ('snom', 'Snom D785')",
    ),
    (
        "phones_phonemodel_family",
        "INSERT INTO phones_phonemodel (family, name) VALUES ('Acme Inc.', 'Acme 1')",
    ),
    (
        "phones_provisioning_token",
        "UPDATE phones_provisioning SET token_hash = 'token' WHERE phone_id = %(free)s",
    ),
    (
        "phones_provisioning_code",
        "UPDATE phones_provisioning SET code_hash = 'code', code_until = 'now'"
        " WHERE phone_id = %(free)s",
    ),
    (
        "phones_provisioning_code_ends",
        "UPDATE phones_provisioning SET code_hash = 'another' WHERE phone_id = %(free)s",
    ),
    (
        "phones_provisioning_of_account",
        "UPDATE phones_provisioning SET account_id = %(other)s WHERE phone_id = %(free)s",
    ),
    (
        "phones_standing_of_account",
        "UPDATE phones_standing SET account_id = %(other)s WHERE phone_id = %(free)s",
    ),
    (
        "phones_fetch_of_account",
        "INSERT INTO phones_fetch (phone_id, account_id, sender, delivered, first_at,"
        " last_at, times)"
        " VALUES (%(free)s, %(other)s, '192.0.2.1', '', 'now', 'now', 1)",
    ),
    (
        "phones_restart_of_account",
        "INSERT INTO phones_restart (phone_id, account_id, at, answer) VALUES (%(free)s, %(other)s,"
        " 'now', '')",
    ),
    ("phones_phone_mac", "UPDATE phones_phone SET mac = '805ec0000001' WHERE id = %(free)s"),  # R6
    ("phones_phone_mac", "UPDATE phones_phone SET mac = '805ec0000001' WHERE id = %(lobby)s"),
    ("phones_phone_mac", "UPDATE phones_phone SET mac = '805ec0000001' WHERE id = %(theirs)s"),
    (
        "phones_phone_mac",
        "UPDATE phones_phone SET retired_at = NULL, label = '' WHERE id = %(retired)s",
    ),
    (
        "phones_phone_label",
        "UPDATE phones_phone SET label = 'Front desk' WHERE id = %(free)s",
    ),  # R5
    ("phones_phone_label", "UPDATE phones_phone SET label = 'Front desk' WHERE id = %(lobby)s"),
    ("phones_phone_label", "UPDATE phones_phone SET label = 'Lobby' WHERE id = %(free)s"),
    ("phones_phone_label", "UPDATE phones_phone SET account_id = %(acme)s WHERE id = %(theirs)s"),
    (
        "phones_phone_label",
        "UPDATE phones_phone SET retired_at = NULL, mac = '805ec00000ff' WHERE id = %(retired)s",
    ),
    (
        "phones_phone_label_no_control",
        "UPDATE phones_phone SET label = E'two\\nlines' WHERE id = %(free)s",
    ),
    (
        "phones_phone_label_no_control",
        "UPDATE phones_phone SET label = E'bell\\x07' WHERE id = %(free)s",
    ),
    (
        "phones_phone_label_no_control",
        "UPDATE phones_phone SET label = E'\\u0085next' WHERE id = %(free)s",
    ),
    ("phones_phone_kind", "UPDATE phones_phone SET kind = 'app' WHERE id = %(free)s"),
    ("phones_phone_mac_form", "UPDATE phones_phone SET mac = '805EC0000099' WHERE id = %(free)s"),
    ("phones_phone_mac_form", "UPDATE phones_phone SET mac = '805ec000009' WHERE id = %(free)s"),
    ("phones_phone_mac_form", "UPDATE phones_phone SET mac = '815ec0000099' WHERE id = %(free)s"),
    ("phones_phone_mac_form", "UPDATE phones_phone SET mac = '000000000000' WHERE id = %(free)s"),
    (
        "phones_phone_common_area_is_nobodys",
        "UPDATE phones_phone SET kind = 'common' WHERE id = %(front)s",
    ),  # R13
    (
        "phones_phone_common_area_is_nobodys",
        "UPDATE phones_phone SET assigned_to_id = %(wyn)s WHERE id = %(lobby)s",
    ),
    (
        "phones_phone_line_of_its_own",
        "UPDATE phones_phone SET ext = '51' WHERE id = %(free)s",
    ),  # R58
    (
        "phones_phone_line_of_its_own",
        "UPDATE phones_phone SET caller_id = '+14155550100' WHERE id = %(front)s",
    ),
    (
        "phones_phone_line_of_its_own",
        "UPDATE phones_phone SET retired_at = now() WHERE id = %(lobby)s",
    ),
    (
        "phones_phone_common_area_has_label",
        "UPDATE phones_phone SET label = '' WHERE id = %(lobby)s",
    ),
    (
        "phones_phone_replaced_is_retired",
        "UPDATE phones_phone SET replaced_by_id = %(vics)s WHERE id = %(free)s",
    ),  # R38
    (
        "phones_phone_replaced_by_of_account",
        "UPDATE phones_phone SET replaced_by_id = %(theirs)s WHERE id = %(retired)s",
    ),
    (
        "phones_phone_replaced_by_of_account",
        "UPDATE phones_phone SET replaced_by_id = -1 WHERE id = %(retired)s",
    ),
    (
        "phones_phone_retired_is_nobodys",
        "UPDATE phones_phone SET retired_at = now() WHERE id = %(front)s",
    ),
    (
        "phones_phone_retired_is_nobodys",
        "UPDATE phones_phone SET assigned_to_id = %(wyn)s WHERE id = %(retired)s",
    ),
    # R13: a second phone
    (
        "phones_phone_assigned_to_id_key",
        "UPDATE phones_phone SET assigned_to_id = %(uma)s WHERE id = %(free)s",
    ),
    (
        "phones_phone_assigned_to_id_key",
        "UPDATE phones_phone SET assigned_to_id = %(vic)s WHERE id = %(front)s",
    ),
    *(
        ("phones_phone_assigned_to_may_have_phone", statement)
        for statement in (
            # R12, R13, R19: a user on Basic, of another account, of no account, and a missing one
            "UPDATE phones_phone SET assigned_to_id = %(ben)s WHERE id = %(free)s",
            "UPDATE phones_phone SET assigned_to_id = %(eve)s WHERE id = %(free)s",
            "UPDATE phones_phone SET assigned_to_id = %(sam)s WHERE id = %(free)s",
            "UPDATE phones_phone SET assigned_to_id = -1 WHERE id = %(free)s",
            # R23, R25: a user who has a phone keeps what they need for it
            "UPDATE users_user SET plan = 'basic' WHERE id = %(uma)s",
            "UPDATE users_user SET is_active = false WHERE id = %(uma)s",
            "UPDATE users_user SET first_name = '' WHERE id = %(uma)s",
            "UPDATE users_user SET last_name = '' WHERE id = %(uma)s",
            "UPDATE users_user SET email = NULL WHERE id = %(uma)s",
            "UPDATE users_user SET ext = NULL WHERE id = %(uma)s",
            "UPDATE users_user SET account_id = %(other)s, ext = '99' WHERE id = %(vic)s",
            "UPDATE users_user SET id = -1 WHERE id = %(vic)s",
            "DELETE FROM users_user WHERE id = %(vic)s",
            f"{ALONE} UPDATE phones_phone SET account_id = %(other)s WHERE id = %(vics)s",
        )
    ),
    # R38: a record never changes account
    (
        "phones_phone_keeps_account",
        f"{ALONE} UPDATE phones_phone SET account_id = %(other)s, label = 'x' WHERE id = %(free)s",
    ),
    (
        "phones_phone_current_address_is_its_own",
        "UPDATE phones_phone SET current_address_id = %(current)s WHERE id = %(free)s",
    ),
    (
        "phones_phone_current_address_is_its_own",
        "UPDATE phones_phone SET current_address_id = -1 WHERE id = %(front)s",
    ),
    (
        "phones_phone_current_address_is_its_own",
        "DELETE FROM e911_emergencyaddress WHERE id = %(current)s",
    ),
    (
        "phones_phonecount_once",
        "INSERT INTO phones_phonecount (account_id, kind, model_id, phones, assigned,"
        " missing_address)"
        " SELECT account_id, kind, model_id, 0, 0, 0 FROM phones_phonecount",
    ),
    (
        "e911_address_one_pending",
        "UPDATE e911_emergencyaddress SET status = 'pending' WHERE id = %(current)s",
    ),
    (
        "e911_address_one_open",
        "UPDATE e911_emergencyaddress SET status = 'refused' WHERE id = %(current)s",
    ),
    (
        "e911_address_immutable",
        "UPDATE e911_emergencyaddress SET unit = '9' WHERE id = %(current)s",
    ),  # R31
    (
        "e911_address_status",
        "UPDATE e911_emergencyaddress SET status = 'sent' WHERE id = %(current)s",
    ),
    (
        "e911_address_country_served",
        "UPDATE e911_emergencyaddress SET country = 'MX' WHERE id = %(current)s",
    ),  # R26
    *(
        (
            "e911_address_complete",
            f"UPDATE e911_emergencyaddress SET {part} = '' WHERE id = %(current)s",
        )
        for part in ("house_number", "street_name", "city", "state", "postal_code")
    ),
    (
        "e911_address_phone_of_account",
        "UPDATE e911_emergencyaddress SET account_id = %(other)s WHERE id = %(pending)s",
    ),
    (
        "e911_address_phone_of_account",
        "UPDATE e911_emergencyaddress SET phone_id = %(theirs)s WHERE id = %(pending)s",
    ),
    (
        "e911_address_phone_of_account",
        f"{ALONE} UPDATE phones_phone SET account_id = %(other)s, label = '' WHERE id = %(moved)s",
    ),
]

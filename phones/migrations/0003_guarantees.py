"""What the database guarantees of phones, whoever writes: by foreign keys, triggers and row-level security."""

from django.db import migrations

from users.tenancy.scope import SEARCH, make_read_only, protect

# One key carries three rules (R13, R19, R23): the person is of the phone's account, may have a phone, and stays so.
# It is not deferrable, so that the very statement that breaks it is the one refused.
ASSIGNED_TO = """
ALTER TABLE phones_phone ADD CONSTRAINT phones_phone_assigned_to_may_have_phone
    FOREIGN KEY (assigned_to_id, account_id, is_assigned) REFERENCES users_user (id, account_id, can_have_phone)
"""

# A record never changes account (R38): what is known of a phone stays with the company that it was of.
KEEPS_ACCOUNT = """
CREATE FUNCTION phones_phone_keeps_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a phone never changes account'
        USING ERRCODE = 'check_violation', TABLE = 'phones_phone', CONSTRAINT = 'phones_phone_keeps_account';
END
$$;
CREATE TRIGGER keeps_account AFTER UPDATE OF account_id ON phones_phone FOR EACH ROW
    WHEN (OLD.account_id <> NEW.account_id) EXECUTE FUNCTION phones_phone_keeps_account();
"""

# What a search may find a phone by, the MAC address in every usual notation (R6). It is on the phone, so that one index
# serves words from all of it. The model's name is copied for the sake of sorting by it.
COPIES = """
CREATE FUNCTION phones_phone_copies() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.model_name := (SELECT name FROM phones_phonemodel WHERE id = NEW.model_id);
    NEW.search := search_words(concat_ws(' ', NEW.label, NEW.model_name, NEW.mac,
        regexp_replace(NEW.mac, '(..)', '\\1 ', 'g'), regexp_replace(NEW.mac, '(....)', '\\1 ', 'g'),
        (SELECT first_name || ' ' || last_name || ' ' || ext FROM users_user WHERE id = NEW.assigned_to_id)));
    RETURN NEW;
END
$$;
CREATE TRIGGER copies BEFORE INSERT OR UPDATE OF label, model_id, model_name, mac, assigned_to_id, search
    ON phones_phone FOR EACH ROW EXECUTE FUNCTION phones_phone_copies();

CREATE FUNCTION phones_phone_copies_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'users_user' THEN
        UPDATE phones_phone SET search = '' WHERE assigned_to_id = NEW.id;
    ELSE
        UPDATE phones_phone SET search = '' WHERE model_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER phone_copies_follow AFTER UPDATE OF first_name, last_name, ext ON users_user
    FOR EACH ROW EXECUTE FUNCTION phones_phone_copies_follow();
CREATE TRIGGER phone_copies_follow AFTER UPDATE OF name ON phones_phonemodel
    FOR EACH ROW EXECUTE FUNCTION phones_phone_copies_follow();
"""

# The counts follow each statement, so that a million copied rows cost one update a model.
COUNTS = """
CREATE FUNCTION phones_phone_counted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sign integer := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
    INSERT INTO phones_phonecount (account_id, kind, model_id, phones, assigned, missing_address)
    SELECT account_id, kind, model_id, sign * count(*), sign * count(assigned_to_id),
        sign * count(assigned_to_id) FILTER (WHERE current_address_id IS NULL)
    FROM changed WHERE retired_at IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (account_id, kind, model_id) DO UPDATE SET phones = phones_phonecount.phones + excluded.phones,
        assigned = phones_phonecount.assigned + excluded.assigned,
        missing_address = phones_phonecount.missing_address + excluded.missing_address;
    RETURN NULL;
END
$$;
CREATE TRIGGER counted_insert AFTER INSERT ON phones_phone REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION phones_phone_counted();
CREATE TRIGGER counted_delete AFTER DELETE ON phones_phone REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION phones_phone_counted();

CREATE FUNCTION phones_phone_recounted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO phones_phonecount (account_id, kind, model_id, phones, assigned, missing_address)
    SELECT account_id, kind, model_id, sum(sign), sum(sign * assigned), sum(sign * missing)
    FROM (
        SELECT account_id, kind, model_id, sign, (assigned_to_id IS NOT NULL)::int AS assigned,
            (assigned_to_id IS NOT NULL AND current_address_id IS NULL)::int AS missing
        FROM (SELECT 1 AS sign, * FROM new_rows UNION ALL SELECT -1 AS sign, * FROM old_rows) AS changed
        WHERE retired_at IS NULL
    ) AS counted
    GROUP BY 1, 2, 3 HAVING sum(sign) <> 0 OR sum(sign * assigned) <> 0 OR sum(sign * missing) <> 0
    ORDER BY 1, 2, 3
    ON CONFLICT (account_id, kind, model_id) DO UPDATE SET phones = phones_phonecount.phones + excluded.phones,
        assigned = phones_phonecount.assigned + excluded.assigned,
        missing_address = phones_phonecount.missing_address + excluded.missing_address;
    RETURN NULL;
END
$$;
CREATE TRIGGER counted_update AFTER UPDATE ON phones_phone REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION phones_phone_recounted();
"""

MODELS = {
    "cisco": [
        "Cisco CP-6841-3PCC",
        "Cisco CP-7841-3PCC",
        "Cisco CP-8841-3PCC",
        "Cisco CP-8851-3PCC",
        "Cisco SPA504G",
        "Cisco SPA525G2",
    ],
    "grandstream": [
        "Grandstream GRP2602",
        "Grandstream GRP2612",
        "Grandstream GRP2614",
        "Grandstream GXP2135",
        "Grandstream GXP2170",
    ],
    "poly": [
        "Poly Edge E220",
        "Poly Edge E350",
        "Poly Edge E450",
        "Poly VVX 250",
        "Poly VVX 350",
        "Poly VVX 450",
    ],
    "snom": ["Snom D713", "Snom D735", "Snom D785"],
    "yealink": [
        "Yealink SIP-T31P",
        "Yealink SIP-T33G",
        "Yealink SIP-T43U",
        "Yealink SIP-T46U",
        "Yealink SIP-T53W",
        "Yealink SIP-T54W",
        "Yealink SIP-T57W",
    ],
}


def add_models(apps, schema_editor):
    PhoneModel = apps.get_model("phones", "PhoneModel")
    PhoneModel.objects.using(schema_editor.connection.alias).bulk_create(
        PhoneModel(family=family, name=name) for family, names in MODELS.items() for name in names
    )


class Migration(migrations.Migration):
    dependencies = [("phones", "0002_current_address")]

    operations = [
        migrations.RunSQL(
            [
                ASSIGNED_TO,
                "ALTER TABLE phones_phone ADD CONSTRAINT phones_phone_of_account UNIQUE (id, account_id)",
                # No character that a person cannot see or that breaks a line.
                "ALTER TABLE phones_phone ADD CONSTRAINT phones_phone_label_no_control"
                r" CHECK (label !~ E'[\\x01-\\x1f\\x7f-\\x9f]')",
                KEEPS_ACCOUNT,
                COPIES,
                SEARCH.format(
                    table="phones_phone", only="AND kind = ''user'' AND retired_at IS NULL"
                ),
                COUNTS,
            ]
        ),
        migrations.RunPython(add_models),
        protect("phones_phone"),
        protect("phones_phonecount"),
        make_read_only("phones_phonecount"),  # written by the triggers alone
    ]

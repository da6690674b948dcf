"""An address on record is never rewritten: only what becomes of it may change (R31)."""

from django.db import migrations

# Everything but what becomes of a version: its status, and what the provider has and says of it.
CHANGES = "status superseded is_open known callback_number caller_name words settled_at set_by_id"

IMMUTABLE = f"""
CREATE FUNCTION e911_address_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD) - string_to_array('{CHANGES}', ' ') <> to_jsonb(NEW) - string_to_array('{CHANGES}', ' ') THEN
        RAISE EXCEPTION 'an emergency address on record is never rewritten'
            USING ERRCODE = 'check_violation', TABLE = 'e911_emergencyaddress', CONSTRAINT = 'e911_address_immutable';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER immutable AFTER UPDATE ON e911_emergencyaddress
    FOR EACH ROW EXECUTE FUNCTION e911_address_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("e911", "0004_provider")]

    operations = [migrations.RunSQL(IMMUTABLE)]

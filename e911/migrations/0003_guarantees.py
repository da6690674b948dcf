"""What the database guarantees of emergency addresses, whoever writes."""

from django.db import migrations

from users.tenancy.scope import protect


class Migration(migrations.Migration):
    dependencies = [("e911", "0002_initial"), ("phones", "0003_guarantees")]

    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE e911_emergencyaddress ADD CONSTRAINT e911_address_phone_of_account"
                " FOREIGN KEY (phone_id, account_id) REFERENCES phones_phone (id, account_id)",
                # A phone's current address is one of its own.
                "ALTER TABLE phones_phone ADD CONSTRAINT phones_phone_current_address_is_its_own"
                " FOREIGN KEY (current_address_id, id) REFERENCES e911_emergencyaddress (id, phone_id)",
            ]
        ),
        protect("e911_emergencyaddress"),
    ]

"""A call may have the carrier at one end (R40); that end has no username.

`routes` are the carrier's own proxies, the value of a Route header as hexadecimal digits. `ahead`
is how many requests more than the phone has sent the carrier has seen: one for each time that the
registrar signed in.
"""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phones", "0014_telephone_history")]

    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE registrar.call ADD routes text NOT NULL DEFAULT '',"
                " ADD ahead integer NOT NULL DEFAULT 0",
                # They take or return more now.
                "DROP FUNCTION IF EXISTS registrar.begin_call(text, bigint, registrar.call_end,"
                " registrar.call_end)",
                "DROP FUNCTION IF EXISTS"
                " registrar.within_call(text, text, text, text, text, text, text)",
            ]
        ),
        sql.load(
            "phones",
            "registrar.begin_call",
            "registrar.call_replaced",
            "registrar.carrier_answered",
            "registrar.within_call",
        ),
    ]

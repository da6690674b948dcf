"""What the registrar saw last of each line: who had it since when, how that ended, and why others
were refused. A phone's page says from it why the phone isn't registered (R68).

The registrar's role writes only its own table of contacts; triggers and one function, with their
owner's rights, write this one. No row is written when a phone just renews its registration.
"""

from django.db import migrations, models
from django.db.models import Q

from users.tenancy import sql

# What devices sent (agents) is text to show, and nothing more.
LINE = """
CREATE TABLE registrar.line (
    username varchar(64) PRIMARY KEY,
    registered_at timestamptz,      -- when the device that has it, or had it last, came
    registered_agent text NOT NULL DEFAULT '',
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '' CHECK (ended_by IN ('', 'expiry', 'removal')),
    refused_since timestamptz,      -- for the same reason, without a registration in between
    refused_at timestamptz,         -- the latest, to the minute
    refused_for text NOT NULL DEFAULT ''
        CHECK (refused_for IN ('', 'username', 'password', 'identity')),
    refused_agent text NOT NULL DEFAULT '',
    refused_address text NOT NULL DEFAULT '',
    until timestamptz NOT NULL
);
CREATE INDEX line_until ON registrar.line (until);
"""

# What these return has changed, or another function says it now.
FORMER = """
DROP FUNCTION IF EXISTS phones_registered(bigint[]);
DROP FUNCTION IF EXISTS phones_askable(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("phones", "0015_carrier")]

    operations = [
        migrations.RunSQL([LINE, FORMER]),
        migrations.AddIndex(
            "provisioning",
            models.Index(
                fields=["username"], name="phones_provisioning_username", condition=~Q(username="")
            ),
        ),
        sql.load(
            "phones",
            "registrar.refused",
            "phones_registered",
            "phones_line_seen",
        ),
    ]

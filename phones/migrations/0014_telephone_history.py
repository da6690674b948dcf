"""What a telephone on a desk gets: its settings, its own SIP account, and what it should have.

Free phones go on standby and common-area phones get an account of their own; their configurations
differ from now on only by a release, which is no reason to restart them (R34).
"""

import hashlib
import secrets

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from users.tenancy import sql

# A common-area phone has a label (R58).
LABELS = """
UPDATE phones_phone SET label = 'Common-area phone ' || mac
WHERE kind = 'common' AND label = '' AND retired_at IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""

REFERENCES = """
ALTER TABLE phones_phone ADD CONSTRAINT phones_phone_ext UNIQUE (account_id, ext),
    ADD CONSTRAINT phones_phone_number FOREIGN KEY (account_id, ext, ext_kind)
        REFERENCES users_number (account_id, ext, kind),
    ADD CONSTRAINT phones_phone_caller_id_of_account FOREIGN KEY (account_id, caller_id)
        REFERENCES users_callernumber (account_id, e164);
CREATE INDEX phones_phone_by_caller_id ON phones_phone (caller_id, account_id)
    WHERE caller_id IS NOT NULL;
ALTER TABLE users_sipaccount ADD CONSTRAINT users_sipaccount_of_phone
    FOREIGN KEY (phone_id, account_id) REFERENCES phones_phone (id, account_id) ON DELETE CASCADE;
"""

# What these return has changed, which replacing them doesn't allow.
FORMER = """
DROP FUNCTION phones_fetching(text, text, inet);
DROP FUNCTION phones_delivered(bigint, text, text, text, text, inet);
"""

# The registrar may run elsewhere and keep running: whoever wrote its table of contacts may read the
# views that were made anew.
GRANTS = """
DO $$ DECLARE role name; BEGIN
    FOR role IN
        SELECT DISTINCT grantee::regrole::name
        FROM pg_class, aclexplode(relacl)
        WHERE pg_class.oid = 'registrar.location'::regclass AND privilege_type = 'INSERT'
            AND grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('GRANT SELECT ON registrar.subscriber, registrar.extension TO %I', role);
    END LOOP;
END $$;
"""

# Missing addresses of common-area phones count too.
COUNTS = """
UPDATE phones_phonecount AS counted SET missing_address = (
    SELECT count(*) FROM phones_phone AS phone
    WHERE phone.account_id = counted.account_id AND phone.kind = counted.kind
        AND phone.model_id = counted.model_id AND phone.retired_at IS NULL
        AND phone.current_address_id IS NULL
) WHERE kind = 'common';
"""

WANTED = """
INSERT INTO phones_provisioning (phone_id, account_id, username, delivered)
    SELECT id, account_id, '', '' FROM phones_phone ON CONFLICT DO NOTHING;
UPDATE phones_provisioning AS provisioning SET wanted = desk.wanted
    FROM phones_desks(ARRAY (SELECT id FROM phones_phone)) AS desk
    WHERE desk.phone_id = provisioning.phone_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""

DELIVERED = """
SELECT provisioning.phone_id, provisioning.delivered, model.family, sip.username, person.ext,
    person.first_name || ' ' || person.last_name, coalesce(person.caller_id, '')
FROM phones_provisioning AS provisioning
JOIN phones_phone AS phone ON phone.id = provisioning.phone_id
JOIN phones_phonemodel AS model ON model.id = phone.model_id
LEFT JOIN users_user AS person ON person.id = phone.assigned_to_id
LEFT JOIN users_sipaccount AS sip ON sip.user_id = person.id
WHERE provisioning.delivered <> ''
"""


def open_accounts(apps, schema_editor):
    """Give every free and every common-area phone its own SIP account."""
    from users import sip

    key = settings.SIP_KEYS[0]
    account = apps.get_model("users", "SipAccount")
    phones = apps.get_model("phones", "Phone").objects.using(schema_editor.connection.alias)
    free = phones.filter(assigned_to=None, retired_at=None)
    found = free.order_by("pk").values_list("pk", "account_id", "kind")
    account.objects.using(schema_editor.connection.alias).bulk_create(
        (
            account(
                account_id=owner,
                kind="place" if kind == "common" else "standby",
                phone_id=phone,
                username=(username := ("p" if kind == "common" else "s") + secrets.token_hex(8)),
                ha1=sip.compute_ha1(username, sip.derive_password(key, username)),
                key_fingerprint=sip.fingerprint_key(key),
            )
            for phone, owner, kind in found.iterator(chunk_size=5000)
        ),
        batch_size=5000,
    )
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def keep_up_to_date(apps, schema_editor):
    """Leave the phones unmarked that had what they should have, by the fingerprint used so far."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DELIVERED)
        rows = cursor.fetchall()
        current = [key for key, delivered, *line in rows if delivered == _fingerprint(*line)]
        cursor.execute(
            "UPDATE phones_provisioning SET delivered = wanted WHERE phone_id = ANY (%s)", [current]
        )


def _fingerprint(make, username, ext, name, caller_id):
    facts = [make]
    if username:
        facts += [username, ext or "", name, caller_id, settings.SIP_DOMAIN]
        facts += [settings.SIP_HOST, settings.SIP_PORT, settings.SIP_TRANSPORT]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


class Migration(migrations.Migration):

    dependencies = [
        ('e911', '0010_sql_files'),
        ('phones', '0013_replaced_by_history'),
        ('users', '0012_telephone_history'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='phone',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='phone',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='phone',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='fetch',
            name='agent',
            field=models.CharField(blank=True, db_default='', default='', max_length=120, verbose_name='agent'),
        ),
        migrations.AddField(
            model_name='phone',
            name='caller_id',
            field=models.CharField(blank=True, max_length=16, null=True, verbose_name='caller number'),
        ),
        migrations.AddField(
            model_name='phone',
            name='ext',
            field=models.CharField(blank=True, max_length=10, null=True, verbose_name='extension'),
        ),
        migrations.AddField(
            model_name='phone',
            name='ext_kind',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.CharField(), template="CASE WHEN ext IS NOT NULL THEN 'place' END"), output_field=models.CharField(max_length=6, null=True)),
        ),
        migrations.AddField(
            model_name='phone',
            name='time_zone',
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name='time zone'),
        ),
        migrations.AddField(
            model_name='phoneevent',
            name='caller_id',
            field=models.CharField(blank=True, max_length=16, null=True, verbose_name='caller number'),
        ),
        migrations.AddField(
            model_name='phoneevent',
            name='ext',
            field=models.CharField(blank=True, max_length=10, null=True, verbose_name='extension'),
        ),
        migrations.AddField(
            model_name='phoneevent',
            name='time_zone',
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name='time zone'),
        ),
        migrations.AddField(
            model_name='provisioning',
            name='admin_generation',
            field=models.IntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='provisioning',
            name='admin_key',
            field=models.CharField(blank=True, max_length=16, null=True),
        ),
        migrations.AddField(
            model_name='provisioning',
            name='wanted',
            field=models.CharField(blank=True, db_default='', default='', max_length=32),
        ),
        migrations.AddIndex(
            model_name='provisioning',
            index=models.Index(condition=models.Q(models.Q(('delivered', ''), _negated=True), models.Q(('delivered', models.F('wanted')), _negated=True)), fields=['account', 'phone'], name='phones_provisioning_restart'),
        ),
        migrations.AddIndex(
            model_name='provisioning',
            index=models.Index(fields=['admin_key', 'phone'], name='phones_provisioning_by_key'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='phone',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "phones_phoneevent" ("account_id", "assigned_to_id", "caller_id", "created_at", "current_address_id", "ext", "id", "kind", "label", "mac", "model_id", "model_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "retired_at", "time_zone") VALUES (NEW."account_id", NEW."assigned_to_id", NEW."caller_id", NEW."created_at", NEW."current_address_id", NEW."ext", NEW."id", NEW."kind", NEW."label", NEW."mac", NEW."model_id", NEW."model_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."replaced_by_id", NEW."retired_at", NEW."time_zone"); RETURN NULL;', hash='08d5d86d59c07ad0f00ea412b5781b06ef80167d', operation='INSERT', pgid='pgtrigger_insert_insert_02fef', table='phones_phone', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='phone',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."assigned_to_id" IS DISTINCT FROM (NEW."assigned_to_id") OR OLD."caller_id" IS DISTINCT FROM (NEW."caller_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."current_address_id" IS DISTINCT FROM (NEW."current_address_id") OR OLD."ext" IS DISTINCT FROM (NEW."ext") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."mac" IS DISTINCT FROM (NEW."mac") OR OLD."model_id" IS DISTINCT FROM (NEW."model_id") OR OLD."model_name" IS DISTINCT FROM (NEW."model_name") OR OLD."replaced_by_id" IS DISTINCT FROM (NEW."replaced_by_id") OR OLD."retired_at" IS DISTINCT FROM (NEW."retired_at") OR OLD."time_zone" IS DISTINCT FROM (NEW."time_zone"))', func='INSERT INTO "phones_phoneevent" ("account_id", "assigned_to_id", "caller_id", "created_at", "current_address_id", "ext", "id", "kind", "label", "mac", "model_id", "model_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "retired_at", "time_zone") VALUES (NEW."account_id", NEW."assigned_to_id", NEW."caller_id", NEW."created_at", NEW."current_address_id", NEW."ext", NEW."id", NEW."kind", NEW."label", NEW."mac", NEW."model_id", NEW."model_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."replaced_by_id", NEW."retired_at", NEW."time_zone"); RETURN NULL;', hash='b2d5f7ea1602000e28aba21bcd1be3834c8a1a86', operation='UPDATE', pgid='pgtrigger_update_update_69214', table='phones_phone', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='phone',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "phones_phoneevent" ("account_id", "assigned_to_id", "caller_id", "created_at", "current_address_id", "ext", "id", "kind", "label", "mac", "model_id", "model_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "retired_at", "time_zone") VALUES (OLD."account_id", OLD."assigned_to_id", OLD."caller_id", OLD."created_at", OLD."current_address_id", OLD."ext", OLD."id", OLD."kind", OLD."label", OLD."mac", OLD."model_id", OLD."model_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."replaced_by_id", OLD."retired_at", OLD."time_zone"); RETURN NULL;', hash='4fae88481421836da2d6e0e50143d38799c65629', operation='DELETE', pgid='pgtrigger_delete_delete_944bf', table='phones_phone', when='AFTER')),
        ),
        migrations.RunSQL(LABELS),
        migrations.AddConstraint(
            model_name='phone',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'common'), ('retired_at', None)), models.Q(('caller_id', None), ('ext', None)), _connector='OR'), name='phones_phone_line_of_its_own'),
        ),
        migrations.AddConstraint(
            model_name='phone',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'common'), _negated=True), models.Q(('label', ''), _negated=True), ('retired_at__isnull', False), _connector='OR'), name='phones_phone_common_area_has_label'),
        ),
        migrations.RunSQL([REFERENCES, FORMER]),
        migrations.RunPython(open_accounts, migrations.RunPython.noop),
        sql.load(
            "phones",
            "registrar.caller_number",
            "registrar.subscriber",
            "registrar.extension",
            "phones_number_taken",
            "phones_number_freed",
            "phones_desks",
            "phones_renew_wanted",
            "phones_phone_first_wanted",
            "phones_phone_wanted",
            "phones_person_wanted",
            "phones_account_wanted",
            "phones_own_account_ends",
            "phones_keep_username",
            "phones_fetching",
            "phones_phone_counted",
            "phones_phone_recounted",
        ),
        migrations.RunSQL([GRANTS, COUNTS, WANTED]),
        migrations.RunPython(keep_up_to_date, migrations.RunPython.noop),
    ]

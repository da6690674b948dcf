"""Which phone took a retired one's place; its history has it too."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


OF_ACCOUNT = """
ALTER TABLE phones_phone ADD CONSTRAINT phones_phone_replaced_by_of_account
    FOREIGN KEY (replaced_by_id, account_id) REFERENCES phones_phone (id, account_id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('e911', '0010_sql_files'),
        ('phones', '0012_sql_files'),
        ('users', '0011_request_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
            model_name='phone',
            name='replaced_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='phones.phone', verbose_name='replaced by'),
        ),
        migrations.AddField(
            model_name='phoneevent',
            name='replaced_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='phones.phone', verbose_name='replaced by'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='phone',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "phones_phoneevent" ("account_id", "assigned_to_id", "created_at", "current_address_id", "id", "kind", "label", "mac", "model_id", "model_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "retired_at") VALUES (NEW."account_id", NEW."assigned_to_id", NEW."created_at", NEW."current_address_id", NEW."id", NEW."kind", NEW."label", NEW."mac", NEW."model_id", NEW."model_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."replaced_by_id", NEW."retired_at"); RETURN NULL;', hash='0c71b97bc8e2777ef35ed7ff6deda096044b3b2c', operation='INSERT', pgid='pgtrigger_insert_insert_02fef', table='phones_phone', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='phone',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."assigned_to_id" IS DISTINCT FROM (NEW."assigned_to_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."current_address_id" IS DISTINCT FROM (NEW."current_address_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."mac" IS DISTINCT FROM (NEW."mac") OR OLD."model_id" IS DISTINCT FROM (NEW."model_id") OR OLD."model_name" IS DISTINCT FROM (NEW."model_name") OR OLD."replaced_by_id" IS DISTINCT FROM (NEW."replaced_by_id") OR OLD."retired_at" IS DISTINCT FROM (NEW."retired_at"))', func='INSERT INTO "phones_phoneevent" ("account_id", "assigned_to_id", "created_at", "current_address_id", "id", "kind", "label", "mac", "model_id", "model_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "retired_at") VALUES (NEW."account_id", NEW."assigned_to_id", NEW."created_at", NEW."current_address_id", NEW."id", NEW."kind", NEW."label", NEW."mac", NEW."model_id", NEW."model_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."replaced_by_id", NEW."retired_at"); RETURN NULL;', hash='23a84e0d81fcd2afb72c55518e79e3f3dfd3a62a', operation='UPDATE', pgid='pgtrigger_update_update_69214', table='phones_phone', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='phone',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "phones_phoneevent" ("account_id", "assigned_to_id", "created_at", "current_address_id", "id", "kind", "label", "mac", "model_id", "model_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaced_by_id", "retired_at") VALUES (OLD."account_id", OLD."assigned_to_id", OLD."created_at", OLD."current_address_id", OLD."id", OLD."kind", OLD."label", OLD."mac", OLD."model_id", OLD."model_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."replaced_by_id", OLD."retired_at"); RETURN NULL;', hash='5ed84b7bd4a1d09b607eb9678d91a48ef12ca0d4', operation='DELETE', pgid='pgtrigger_delete_delete_944bf', table='phones_phone', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='phone',
            constraint=models.CheckConstraint(condition=models.Q(('replaced_by', None), ('retired_at__isnull', False), _connector='OR'), name='phones_phone_replaced_is_retired'),
        ),
        migrations.RunSQL(OF_ACCOUNT, migrations.RunSQL.noop),
    ]

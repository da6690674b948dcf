"""Whether somebody has a second factor, and whether an account asks its administrators for one."""


import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0003_history'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='account',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='account',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='account',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='user',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='account',
            name='second_factor_required',
            field=models.BooleanField(db_default=False, default=False, verbose_name='second factor for all administrators'),
        ),
        migrations.AddField(
            model_name='accountevent',
            name='second_factor_required',
            field=models.BooleanField(db_default=False, default=False, verbose_name='second factor for all administrators'),
        ),
        migrations.AddField(
            model_name='user',
            name='has_second_factor',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='second factor'),
        ),
        migrations.AddField(
            model_name='userevent',
            name='has_second_factor',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='second factor'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_accountevent" ("created_at", "id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "second_factor_required") VALUES (NEW."created_at", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."second_factor_required"); RETURN NULL;', hash='48514744f5f9a0fde6c51475abd1c91b838f261d', operation='INSERT', pgid='pgtrigger_insert_insert_4c86c', table='users_account', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "users_accountevent" ("created_at", "id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "second_factor_required") VALUES (NEW."created_at", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."second_factor_required"); RETURN NULL;', hash='c9735fac952bca269e3038f4447e6a0581b2c469', operation='UPDATE', pgid='pgtrigger_update_update_f3251', table='users_account', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_accountevent" ("created_at", "id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "second_factor_required") VALUES (OLD."created_at", OLD."id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."second_factor_required"); RETURN NULL;', hash='ff7a3f955beade72b5ea74227986bbaa95a12e5b', operation='DELETE', pgid='pgtrigger_delete_delete_e5403', table='users_account', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_userevent" ("account_id", "caller_id", "created_at", "email", "ext", "first_name", "has_second_factor", "id", "is_active", "is_administrator", "is_staff", "is_superuser", "last_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan") VALUES (NEW."account_id", NEW."caller_id", NEW."created_at", NEW."email", NEW."ext", NEW."first_name", NEW."has_second_factor", NEW."id", NEW."is_active", NEW."is_administrator", NEW."is_staff", NEW."is_superuser", NEW."last_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."plan"); RETURN NULL;', hash='d00461afe8afd925906baf92ee6b695c13ae91d4', operation='INSERT', pgid='pgtrigger_insert_insert_52e78', table='users_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."caller_id" IS DISTINCT FROM (NEW."caller_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."ext" IS DISTINCT FROM (NEW."ext") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."has_second_factor" IS DISTINCT FROM (NEW."has_second_factor") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_administrator" IS DISTINCT FROM (NEW."is_administrator") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."plan" IS DISTINCT FROM (NEW."plan"))', func='INSERT INTO "users_userevent" ("account_id", "caller_id", "created_at", "email", "ext", "first_name", "has_second_factor", "id", "is_active", "is_administrator", "is_staff", "is_superuser", "last_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan") VALUES (NEW."account_id", NEW."caller_id", NEW."created_at", NEW."email", NEW."ext", NEW."first_name", NEW."has_second_factor", NEW."id", NEW."is_active", NEW."is_administrator", NEW."is_staff", NEW."is_superuser", NEW."last_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."plan"); RETURN NULL;', hash='1c3c070d2991249ee8f456e12e57a638fa17c942', operation='UPDATE', pgid='pgtrigger_update_update_16e22', table='users_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_userevent" ("account_id", "caller_id", "created_at", "email", "ext", "first_name", "has_second_factor", "id", "is_active", "is_administrator", "is_staff", "is_superuser", "last_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan") VALUES (OLD."account_id", OLD."caller_id", OLD."created_at", OLD."email", OLD."ext", OLD."first_name", OLD."has_second_factor", OLD."id", OLD."is_active", OLD."is_administrator", OLD."is_staff", OLD."is_superuser", OLD."last_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."plan"); RETURN NULL;', hash='b6bb4eb1289715a32fd225693dcbd4787c20bd9b', operation='DELETE', pgid='pgtrigger_delete_delete_56c96', table='users_user', when='AFTER')),
        ),
    ]

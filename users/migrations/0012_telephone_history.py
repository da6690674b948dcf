"""What a line consists of: extensions in one numbering plan, SIP accounts, caller numbers.

SIP accounts take over from SIP credentials, with their history; people keep username and password.
"""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from users.tenancy.history import start_history
from users.tenancy.scope import protect

# The views read the table that goes; phones.0014 makes them anew.
WITHOUT_VIEWS = "DROP VIEW registrar.extension, registrar.subscriber"

# The length that most extensions have. The history gets it too, as if it had always been there.
EXT_LENGTH = """
UPDATE users_account AS account SET ext_length = usual.length
FROM (
    SELECT account_id, mode() WITHIN GROUP (ORDER BY length(ext)) AS length
    FROM users_user WHERE account_id IS NOT NULL AND length(ext) BETWEEN 2 AND 10 GROUP BY 1
) AS usual WHERE usual.account_id = account.id;
UPDATE users_accountevent AS version SET ext_length = account.ext_length
FROM users_account AS account WHERE account.id = version.id;
"""

# A caller ID is one of the account's numbers or none. It's written differently now, which is no
# change that a history should show.
CALLER_IDS = """
INSERT INTO users_callernumber (account_id, e164)
    SELECT DISTINCT account_id, caller_id FROM users_user
    WHERE caller_id <> '' AND account_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE users_user DISABLE TRIGGER USER;
UPDATE users_user SET caller_id = NULL WHERE caller_id = '' OR account_id IS NULL;
ALTER TABLE users_user ENABLE TRIGGER USER;
UPDATE users_userevent SET caller_id = NULL WHERE caller_id = '';
ALTER TABLE users_user ADD CONSTRAINT users_user_caller_id_of_account
    FOREIGN KEY (account_id, caller_id) REFERENCES users_callernumber (account_id, e164);
CREATE INDEX users_user_by_caller_id ON users_user (caller_id, account_id)
    WHERE caller_id IS NOT NULL;
"""

# A person's SIP account has the person's key, so that the history still names the right one.
SIP_ACCOUNTS = """
INSERT INTO users_sipaccount
        (id, account_id, kind, user_id, username, ha1, key_fingerprint, changed_at)
    SELECT user_id, account_id, 'person', user_id, username, ha1, key_fingerprint, changed_at
    FROM users_sipcredentials;
SELECT setval(pg_get_serial_sequence('users_sipaccount', 'id'),
    greatest((SELECT max(id) FROM users_user), 1));
INSERT INTO users_sipaccountevent (pgh_id, pgh_created_at, pgh_label, pgh_context, pgh_obj_id, id,
        account_id, kind, user_id, username, changed_at)
    SELECT pgh_id, pgh_created_at, pgh_label, pgh_context, pgh_obj_id, user_id,
        account_id, 'person', user_id, username, changed_at
    FROM users_sipcredentialsevent;
SELECT setval(pg_get_serial_sequence('users_sipaccountevent', 'pgh_id'),
    greatest((SELECT max(pgh_id) FROM users_sipaccountevent), 1));
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE users_sipaccount ADD CONSTRAINT users_sipaccount_of_user
    FOREIGN KEY (user_id, account_id) REFERENCES users_user (id, account_id);
"""

# Numbers that begin like an emergency number stay until support has changed them; new ones are
# refused (R13). On this table the check doesn't fire when something else about a person changes.
NUMBERS = """
INSERT INTO users_number (account_id, ext, kind)
    SELECT account_id, ext, 'person' FROM users_user
    WHERE ext IS NOT NULL AND account_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE users_number ADD CONSTRAINT users_number_no_emergency_number
    CHECK (ext !~ '^(911|933|112|9911)') NOT VALID;
ALTER TABLE users_user ADD CONSTRAINT users_user_number
    FOREIGN KEY (account_id, ext, ext_kind) REFERENCES users_number (account_id, ext, kind);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('phones', '0013_replaced_by_history'),
        ('users', '0011_request_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='CallerNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('e164', models.CharField(max_length=16, verbose_name='number')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='confirmed')),
            ],
            options={
                'verbose_name': 'caller number',
                'verbose_name_plural': 'caller numbers',
            },
        ),
        migrations.CreateModel(
            name='CallerNumberEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('e164', models.CharField(max_length=16, verbose_name='number')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='confirmed')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Number',
            fields=[
                ('pk', models.CompositePrimaryKey('account', 'ext', blank=True, editable=False, primary_key=True, serialize=False)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.account')),
                ('ext', models.CharField(max_length=10, verbose_name='extension')),
                ('kind', models.CharField(choices=[('person', 'person'), ('place', 'common-area phone')], max_length=6)),
                ('ext_number', models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.BigIntegerField(), template="CASE WHEN ext ~ '^[0-9]{1,10}$' THEN ext::bigint END"), output_field=models.BigIntegerField(null=True))),
            ],
        ),
        migrations.CreateModel(
            name='SipAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('person', 'person'), ('place', 'common-area phone'), ('standby', 'free phone')], max_length=7)),
                ('username', models.CharField(max_length=32)),
                ('ha1', models.CharField(max_length=32)),
                ('key_fingerprint', models.CharField(max_length=16)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'SIP accounts',
            },
        ),
        migrations.CreateModel(
            name='SipAccountEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('person', 'person'), ('place', 'common-area phone'), ('standby', 'free phone')], max_length=7)),
                ('username', models.CharField(max_length=32)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'abstract': False,
            },
        ),
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
        migrations.RemoveConstraint(
            model_name='user',
            name='users_user_ext_no_emergency_number',
        ),
        migrations.RemoveConstraint(
            model_name='user',
            name='users_user_ext_digits',
        ),
        migrations.RemoveConstraint(
            model_name='user',
            name='users_user_caller_id',
        ),
        migrations.AddField(
            model_name='account',
            name='country',
            field=models.CharField(choices=[('US', 'United States'), ('CA', 'Canada')], db_default='US', default='US', max_length=2, verbose_name='country'),
        ),
        migrations.AddField(
            model_name='account',
            name='ext_length',
            field=models.SmallIntegerField(db_default=3, default=3, verbose_name='digits of an extension'),
        ),
        migrations.AddField(
            model_name='account',
            name='outside_prefix',
            field=models.CharField(blank=True, db_default='', default='', max_length=1, verbose_name='digit before outside numbers'),
        ),
        migrations.AddField(
            model_name='account',
            name='phone_language',
            field=models.CharField(choices=[('en', 'English'), ('es', 'Spanish'), ('fr', 'French')], db_default='en', default='en', max_length=2, verbose_name='language on phones'),
        ),
        migrations.AddField(
            model_name='account',
            name='time_zone',
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name='time zone'),
        ),
        migrations.AddField(
            model_name='accountevent',
            name='country',
            field=models.CharField(choices=[('US', 'United States'), ('CA', 'Canada')], db_default='US', default='US', max_length=2, verbose_name='country'),
        ),
        migrations.AddField(
            model_name='accountevent',
            name='ext_length',
            field=models.SmallIntegerField(db_default=3, default=3, verbose_name='digits of an extension'),
        ),
        migrations.AddField(
            model_name='accountevent',
            name='outside_prefix',
            field=models.CharField(blank=True, db_default='', default='', max_length=1, verbose_name='digit before outside numbers'),
        ),
        migrations.AddField(
            model_name='accountevent',
            name='phone_language',
            field=models.CharField(choices=[('en', 'English'), ('es', 'Spanish'), ('fr', 'French')], db_default='en', default='en', max_length=2, verbose_name='language on phones'),
        ),
        migrations.AddField(
            model_name='accountevent',
            name='time_zone',
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name='time zone'),
        ),
        migrations.AddField(
            model_name='credentialsrecord',
            name='phone',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='phones.phone'),
        ),
        migrations.AlterField(
            model_name='credentialsrecord',
            name='what',
            field=models.CharField(choices=[('looked', 'looked'), ('password', 'saw the password'), ('changed', 'changed them'), ('lock', 'saw the phone’s password'), ('relocked', 'changed the phone’s password')], max_length=8, verbose_name='what'),
        ),
        migrations.AlterField(
            model_name='user',
            name='caller_id',
            field=models.CharField(blank=True, max_length=16, null=True, verbose_name='outbound caller ID'),
        ),
        migrations.AlterField(
            model_name='userevent',
            name='caller_id',
            field=models.CharField(blank=True, max_length=16, null=True, verbose_name='outbound caller ID'),
        ),
        migrations.RunSQL(EXT_LENGTH),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_accountevent" ("country", "created_at", "ext_length", "id", "name", "outside_prefix", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_language", "second_factor_required", "time_zone") VALUES (NEW."country", NEW."created_at", NEW."ext_length", NEW."id", NEW."name", NEW."outside_prefix", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone_language", NEW."second_factor_required", NEW."time_zone"); RETURN NULL;', hash='4264334ce7b283dc13aa5544d0cfe2aae2cb936f', operation='INSERT', pgid='pgtrigger_insert_insert_4c86c', table='users_account', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "users_accountevent" ("country", "created_at", "ext_length", "id", "name", "outside_prefix", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_language", "second_factor_required", "time_zone") VALUES (NEW."country", NEW."created_at", NEW."ext_length", NEW."id", NEW."name", NEW."outside_prefix", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone_language", NEW."second_factor_required", NEW."time_zone"); RETURN NULL;', hash='b95f4160378fa2bc7508692cec93490fc41e0341', operation='UPDATE', pgid='pgtrigger_update_update_f3251', table='users_account', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_accountevent" ("country", "created_at", "ext_length", "id", "name", "outside_prefix", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_language", "second_factor_required", "time_zone") VALUES (OLD."country", OLD."created_at", OLD."ext_length", OLD."id", OLD."name", OLD."outside_prefix", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone_language", OLD."second_factor_required", OLD."time_zone"); RETURN NULL;', hash='7e3ab9a6d501373e3f85b3bb82218de4808f423a', operation='DELETE', pgid='pgtrigger_delete_delete_e5403', table='users_account', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('country__in', ['US', 'CA'])), name='users_account_country'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('phone_language__in', ['en', 'es', 'fr'])), name='users_account_phone_language'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('ext_length__gte', 2), ('ext_length__lte', 10)), name='users_account_ext_length'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('outside_prefix__regex', '^[0-9]?$')), name='users_account_outside_prefix'),
        ),
        migrations.AddField(
            model_name='callernumber',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='caller_numbers', to='users.account', verbose_name='account'),
        ),
        migrations.AddField(
            model_name='callernumberevent',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='users.account', verbose_name='account'),
        ),
        migrations.AddField(
            model_name='callernumberevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='users.callernumber'),
        ),
        migrations.AddField(
            model_name='sipaccount',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.account'),
        ),
        migrations.AddField(
            model_name='sipaccount',
            name='phone',
            field=models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sip', to='phones.phone'),
        ),
        migrations.AddField(
            model_name='sipaccount',
            name='user',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sip', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sipaccountevent',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='users.account'),
        ),
        migrations.AddField(
            model_name='sipaccountevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='users.sipaccount'),
        ),
        migrations.AddField(
            model_name='sipaccountevent',
            name='phone',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='phones.phone'),
        ),
        migrations.AddField(
            model_name='sipaccountevent',
            name='user',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        protect("users_sipaccount"),
        *start_history("users_sipaccount"),
        migrations.RunSQL([WITHOUT_VIEWS, SIP_ACCOUNTS]),
        migrations.DeleteModel(
            name='SipCredentials',
        ),
        migrations.DeleteModel(
            name='SipCredentialsEvent',
        ),
        migrations.AddField(
            model_name='user',
            name='ext_kind',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.CharField(), template="CASE WHEN ext IS NOT NULL THEN 'person' END"), output_field=models.CharField(max_length=6, null=True)),
        ),
        migrations.AddConstraint(
            model_name='callernumber',
            constraint=models.UniqueConstraint(fields=('account', 'e164'), name='users_callernumber_once'),
        ),
        migrations.AddConstraint(
            model_name='callernumber',
            constraint=models.UniqueConstraint(condition=models.Q(('confirmed_at__isnull', False)), fields=('e164',), name='users_callernumber_of_one_account'),
        ),
        migrations.AddConstraint(
            model_name='callernumber',
            constraint=models.CheckConstraint(condition=models.Q(('e164__regex', '^\\+[1-9][0-9]{6,14}$')), name='users_callernumber_e164'),
        ),
        protect("users_callernumber"),
        migrations.RunSQL(CALLER_IDS),
        *start_history("users_callernumber"),
        pgtrigger.migrations.AddTrigger(
            model_name='callernumber',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_callernumberevent" ("account_id", "confirmed_at", "e164", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."account_id", NEW."confirmed_at", NEW."e164", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='28e0aa3e05733c6441e7251f7112e89f689fce94', operation='INSERT', pgid='pgtrigger_insert_insert_80813', table='users_callernumber', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callernumber',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "users_callernumberevent" ("account_id", "confirmed_at", "e164", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."account_id", NEW."confirmed_at", NEW."e164", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id"); RETURN NULL;', hash='30521ca28002b574ccd8e1687347e834ee161e91', operation='UPDATE', pgid='pgtrigger_update_update_af8da', table='users_callernumber', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callernumber',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_callernumberevent" ("account_id", "confirmed_at", "e164", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."account_id", OLD."confirmed_at", OLD."e164", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='c61e6c314e4d1490e8eef9069dc293e25ae646f1', operation='DELETE', pgid='pgtrigger_delete_delete_176a0', table='users_callernumber', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='callernumberevent',
            index=models.Index(fields=['account', '-pgh_created_at'], name='users_callernumber_when'),
        ),
        migrations.AddIndex(
            model_name='callernumberevent',
            index=models.Index(fields=['pgh_obj', '-pgh_id'], name='users_callernumber_of_one'),
        ),
        migrations.AddConstraint(
            model_name='number',
            constraint=models.CheckConstraint(condition=models.Q(('ext__regex', '^[0-9]{1,10}$')), name='users_number_digits'),
        ),
        migrations.AddConstraint(
            model_name='number',
            constraint=models.UniqueConstraint(fields=('account', 'ext', 'kind'), name='users_number_kind'),
        ),
        migrations.AddIndex(
            model_name='sipaccount',
            index=models.Index(fields=['key_fingerprint', 'id'], name='users_sipaccount_by_key'),
        ),
        migrations.AddConstraint(
            model_name='sipaccount',
            constraint=models.UniqueConstraint(fields=('username',), name='users_sipaccount_username'),
        ),
        migrations.AddConstraint(
            model_name='sipaccount',
            constraint=models.CheckConstraint(condition=models.Q(('ha1__regex', '^[0-9a-f]{32}$')), name='users_sipaccount_ha1'),
        ),
        migrations.AddConstraint(
            model_name='sipaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'person'), ('phone', None), ('user__isnull', False)), models.Q(('kind__in', ['place', 'standby']), ('phone__isnull', False), ('user', None)), _connector='OR'), name='users_sipaccount_one_owner'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sipaccount',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_sipaccountevent" ("account_id", "changed_at", "id", "kind", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_id", "user_id", "username") VALUES (NEW."account_id", NEW."changed_at", NEW."id", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone_id", NEW."user_id", NEW."username"); RETURN NULL;', hash='c767e25c59ea4b77595e77ed34a8bab8e91f6e9e', operation='INSERT', pgid='pgtrigger_insert_insert_279a7', table='users_sipaccount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sipaccount',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."changed_at" IS DISTINCT FROM (NEW."changed_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."phone_id" IS DISTINCT FROM (NEW."phone_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."username" IS DISTINCT FROM (NEW."username"))', func='INSERT INTO "users_sipaccountevent" ("account_id", "changed_at", "id", "kind", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_id", "user_id", "username") VALUES (NEW."account_id", NEW."changed_at", NEW."id", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone_id", NEW."user_id", NEW."username"); RETURN NULL;', hash='76d4a45a28c2ee89b113ae841e5fcc1a3f997e3f', operation='UPDATE', pgid='pgtrigger_update_update_36cb5', table='users_sipaccount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sipaccount',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "users_sipaccountevent" ("account_id", "changed_at", "id", "kind", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_id", "user_id", "username") VALUES (OLD."account_id", OLD."changed_at", OLD."id", OLD."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone_id", OLD."user_id", OLD."username"); RETURN NULL;', hash='2411a34e61b39649962c7d2fd96d7dcfb6118bed', operation='DELETE', pgid='pgtrigger_delete_delete_5878f', table='users_sipaccount', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='sipaccountevent',
            index=models.Index(fields=['account', '-pgh_created_at'], name='users_sipaccount_when'),
        ),
        migrations.AddIndex(
            model_name='sipaccountevent',
            index=models.Index(fields=['pgh_obj', '-pgh_id'], name='users_sipaccount_of_one'),
        ),
        protect("users_number"),
        migrations.RunSQL(NUMBERS),
    ]

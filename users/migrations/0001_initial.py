import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from users.tenancy.scope import SEARCH, grant_to_application, protect


# Text as a search sees it: no accents, no case. Letters that do not come apart into base and accent are spelt out.
FOLD = """
CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    replace(replace(replace(translate(
        lower(regexp_replace(normalize($1, NFKD), '[\u0300-\u036f]', '', 'g')),
        '\u00f8\u0142\u0111\u0131\u00f0', 'oldid'), '\u00df', 'ss'), '\u00e6', 'ae'), '\u0153', 'oe')
"""

# What a search looks through: folded words between single spaces, so that punctuation separates and never matters.
SEARCH_WORDS = """
CREATE FUNCTION search_words(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    ' ' || btrim(regexp_replace(fold($1), '[\\x01-/:-@[-`{-\\x7f\\u0080-\\u00bf\\u2000-\\u206f]+', ' ', 'g')) || ' '
"""
# The pattern for one word that somebody typed; null for punctuation, which is in no way looked for.
SEARCH_PATTERN = """
CREATE FUNCTION search_pattern(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    CASE WHEN length(btrim(search_words($1))) < 3 THEN '% ' ELSE '%' END || NULLIF(btrim(search_words($1)), '') || '%';
"""

# Two labels (or account names) are the same when trimming, NFC and case folding make them so (R5). PostgreSQL folds
# case in full from version 18 on; before that the two usual differences to lower case are spelt out.
LABEL_KEY = """
DO $do$
DECLARE
    trimmed text := $$normalize(btrim($1, E' \\t\\n\\x0B\\f\\r\\u0085\\u00A0\\u1680\\u2000\\u2001\\u2002\\u2003\\u2004'
        '\\u2005\\u2006\\u2007\\u2008\\u2009\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000'), NFC)$$;
    folded text := CASE WHEN current_setting('server_version_num')::int >= 180000
        THEN 'casefold(' || trimmed || ' COLLATE pg_unicode_fast)'
        ELSE 'replace(replace(lower(' || trimmed || '), ''\u00df'', ''ss''), ''\u03c2'', ''\u03c3'')' END;
BEGIN
    EXECUTE 'CREATE FUNCTION label_key(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '
        || 'normalize(' || folded || ', NFC)';
END
$do$
"""

# Who a session's request is from: one look-up that also enters the scope that he may see (users/sign_in.py).
RECOGNISED = """
CREATE FUNCTION users_recognised(key bigint) RETURNS SETOF users_user
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    person users_user;
BEGIN
    SELECT * INTO person FROM users_user WHERE id = key;
    IF FOUND THEN
        PERFORM set_config('phoneadmin.account', coalesce(person.account_id::text, ''), true),
            set_config('phoneadmin.scope', CASE WHEN person.is_staff THEN 'support' ELSE '' END, true);
        RETURN NEXT person;
    END IF;
END
$$
"""

class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.RunSQL(["CREATE EXTENSION IF NOT EXISTS pg_trgm", "CREATE EXTENSION IF NOT EXISTS btree_gin", FOLD, SEARCH_WORDS, SEARCH_PATTERN, LABEL_KEY]),
        grant_to_application(),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.Func(models.F('name'), function='label_key'), name='users_account_name'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='users_account_name_given')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(blank=True, max_length=254, null=True, verbose_name='email')),
                ('first_name', models.CharField(blank=True, max_length=60, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=60, verbose_name='last name')),
                ('ext', models.CharField(blank=True, max_length=10, null=True, verbose_name='extension')),
                ('plan', models.CharField(choices=[('basic', 'Basic'), ('plus', 'Plus'), ('pro', 'Pro')], default='basic', max_length=5, verbose_name='plan')),
                ('caller_id', models.CharField(blank=True, max_length=16, verbose_name='outbound caller ID')),
                ('is_administrator', models.BooleanField(default=False, verbose_name='administrator')),
                ('is_staff', models.BooleanField(default=False, verbose_name='support staff')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('can_have_phone', models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.BooleanField(), template="plan IN ('plus', 'pro') AND is_active AND first_name <> '' AND last_name <> '' AND email IS NOT NULL AND ext IS NOT NULL"), output_field=models.BooleanField())),
                ('ext_number', models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.BigIntegerField(), template="CASE WHEN ext ~ '^[0-9]{1,10}$' THEN ext::bigint END"), output_field=models.BigIntegerField(null=True))),
                ('name_key', models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.TextField(), template="fold(last_name || ' ' || first_name)"), output_field=models.TextField())),
                ('search', models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.TextField(), template="search_words(first_name || ' ' || last_name || ' ' || coalesce(ext, '') || ' ' || coalesce(split_part(email, '@', 1), ''))"), output_field=models.TextField())),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='users', to='users.account')),
            ],
        ),
        migrations.CreateModel(
            name='SipCredentials',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='sip', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('username', models.CharField(max_length=32)),
                ('ha1', models.CharField(max_length=32)),
                ('key_fingerprint', models.CharField(max_length=16)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.account')),
            ],
            options={
                'verbose_name_plural': 'SIP credentials',
            },
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['account', 'ext_number', 'ext'], name='users_user_by_ext'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['account', 'name_key', 'id'], name='users_user_by_name'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(fields=('email',), name='users_user_email'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(fields=('account', 'ext'), name='users_user_ext'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('is_staff', models.Q(('account__isnull', True)))), name='users_user_account_unless_staff'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('is_staff', True), ('is_superuser', False), _connector='OR'), name='users_user_superuser_is_staff'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('is_administrator', False), models.Q(('email__isnull', False), ('is_staff', False)), _connector='OR'), name='users_user_administrator_has_email'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('plan__in', ['basic', 'plus', 'pro'])), name='users_user_plan'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('ext__regex', '^[0-9]{1,10}$')), name='users_user_ext_digits'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('ext__in', ('911', '933', '112')), _negated=True), name='users_user_ext_no_emergency_number'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('email', models.Func(models.F('email'), function='lower')), models.Q(('email', ''), _negated=True)), name='users_user_email_lower_case'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('caller_id', ''), ('caller_id__regex', '^\\+[1-9][0-9]{6,14}$'), _connector='OR'), name='users_user_caller_id'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('first_name', models.Func(models.F('first_name'), function='btrim')), ('last_name', models.Func(models.F('last_name'), function='btrim'))), name='users_user_names_trimmed'),
        ),
        migrations.AddConstraint(
            model_name='sipcredentials',
            constraint=models.UniqueConstraint(fields=('username',), name='users_sipcredentials_username'),
        ),
        migrations.AddConstraint(
            model_name='sipcredentials',
            constraint=models.CheckConstraint(condition=models.Q(('ha1__regex', '^[0-9a-f]{32}$')), name='users_sipcredentials_ha1'),
        ),
        migrations.RunSQL(
            [
                # What phones lean on: the person, his account, and that he may have a phone, in one key.
                "ALTER TABLE users_user ADD CONSTRAINT users_user_phone_key UNIQUE (id, account_id, can_have_phone)",
                "ALTER TABLE users_user ADD CONSTRAINT users_user_of_account UNIQUE (id, account_id)",
                "ALTER TABLE users_sipcredentials ADD CONSTRAINT users_sipcredentials_of_user"
                " FOREIGN KEY (user_id, account_id) REFERENCES users_user (id, account_id)",
                SEARCH.format(table="users_user", only=""),
                RECOGNISED,
            ]
        ),
        protect("users_account", owner="id", sign_in="SELECT"),
        protect("users_user", sign_in="SELECT, UPDATE"),
        protect("users_sipcredentials"),
        *(
            protect(table, owner=f"(SELECT account_id FROM users_user WHERE users_user.id = {table}.user_id)")
            for table in ("users_user_groups", "users_user_user_permissions")
        ),
    ]

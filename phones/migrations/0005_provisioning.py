import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import phones.models
from users.tenancy.scope import application_role, protect

# Who of some people is registered right now, and until when. Only the registrar sees its table of contacts; this
# function shows of it what its caller's account may see.
REGISTERED = """
CREATE FUNCTION phones_registered(people bigint[]) RETURNS TABLE (user_id bigint, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT credentials.user_id, max(location.expires AT TIME ZONE 'UTC')
    FROM users_sipcredentials AS credentials
    JOIN registrar.location AS location ON location.username = credentials.username
    WHERE credentials.user_id = ANY (people) AND location.expires > now() AT TIME ZONE 'UTC'
        AND (credentials.account_id = NULLIF(current_setting('phoneadmin.account', true), '')::bigint
            OR current_setting('phoneadmin.scope', true) = 'support')
    GROUP BY credentials.user_id
$$;
"""

# Which phone a secret belongs to; it enters the phone's account for the rest of the transaction. `token` and `code` are
# hashes, one of them null. Wrong ones are counted by sender (IPv6 by network, of which one customer has a whole /64)
# for ten minutes; from the hundredth on codes are refused, and nothing more is written down. A token is always looked
# up: of 2^128 nobody guesses one, and hundreds of phones behind one address boot together after a power cut.
FETCHING = """
CREATE UNLOGGED TABLE phones_wrongsecret (
    sender inet PRIMARY KEY,
    since timestamptz NOT NULL,
    times integer NOT NULL
);
CREATE FUNCTION phones_fetching(token text, code text, sender inet) RETURNS TABLE (
    phone_id bigint, make varchar, mac varchar, first_name varchar, last_name varchar, ext varchar, caller_id varchar,
    username varchar, key_fingerprint varchar
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    origin inet := network(set_masklen(sender, CASE family(sender) WHEN 6 THEN 64 ELSE 32 END));
    wrong integer;
    found phones_provisioning;
BEGIN
    -- What is written here may be lost in a power failure; no telephone has to wait for the disk.
    PERFORM set_config('synchronous_commit', 'off', true);
    IF token IS NOT NULL THEN
        SELECT * INTO found FROM phones_provisioning AS p WHERE p.token_hash = token;
    END IF;
    IF found.phone_id IS NULL THEN
        SELECT times INTO wrong FROM phones_wrongsecret AS w
            WHERE w.sender = origin AND w.since > now() - interval '10 minutes';
        IF wrong >= 100 THEN
            RETURN;
        END IF;
        IF code IS NOT NULL THEN
            SELECT * INTO found FROM phones_provisioning AS p WHERE p.code_hash = code AND p.code_until > now();
        END IF;
        IF found.phone_id IS NULL THEN
            INSERT INTO phones_wrongsecret AS w VALUES (origin, now(), 1)
                ON CONFLICT ON CONSTRAINT phones_wrongsecret_pkey DO UPDATE SET
                    times = CASE WHEN wrong IS NULL THEN 1 ELSE w.times + 1 END,
                    since = CASE WHEN wrong IS NULL THEN now() ELSE w.since END;
            RETURN;
        END IF;
    END IF;
    PERFORM set_config('phoneadmin.account', found.account_id::text, true), set_config('phoneadmin.scope', '', true);
    RETURN QUERY SELECT phone.id, model.family, phone.mac, person.first_name, person.last_name, person.ext,
            person.caller_id, credentials.username, credentials.key_fingerprint
        FROM phones_phone AS phone
        JOIN phones_phonemodel AS model ON model.id = phone.model_id
        LEFT JOIN users_user AS person ON person.id = phone.assigned_to_id
        LEFT JOIN users_sipcredentials AS credentials ON credentials.user_id = person.id
        WHERE phone.id = found.phone_id AND phone.retired_at IS NULL;
END
$$;
"""

# What a phone was handed that came with this secret, a transaction of its own; false where the secret has been replaced
# meanwhile. A token that it did not have before came with a code; once it comes by its token, that code has served.
# Mostly nothing is new but the time, and that takes one statement.
DELIVERED = """
CREATE FUNCTION phones_delivered(phone bigint, secret text, token text, digest text, name text, origin inet)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account bigint;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE phones_fetch AS last SET last_at = now(), times = times + 1
        FROM phones_provisioning AS p
        WHERE p.phone_id = phone AND p.token_hash = token AND p.token_hash = secret AND p.code_hash IS NULL
            AND p.delivered = digest AND name IN ('', p.username)
            AND last.id = (SELECT max(id) FROM phones_fetch WHERE phone_id = phone)
            AND last.sender = origin AND last.delivered = digest;
    IF FOUND THEN
        RETURN true;
    END IF;
    UPDATE phones_provisioning SET
        code_hash = CASE WHEN token_hash = token THEN NULL ELSE code_hash END,
        code_until = CASE WHEN token_hash = token THEN NULL ELSE code_until END,
        token_hash = token, delivered = digest, delivered_at = now(),
        username = CASE WHEN name = '' THEN username ELSE name END
        WHERE phone_id = phone AND secret IN (token_hash, code_hash) RETURNING account_id INTO account;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE phones_fetch SET last_at = now(), times = times + 1
        WHERE id = (SELECT max(id) FROM phones_fetch WHERE phone_id = phone) AND sender = origin AND delivered = digest;
    IF NOT FOUND THEN
        INSERT INTO phones_fetch (account_id, phone_id, sender, delivered, first_at, last_at, times)
            VALUES (account, phone, origin, digest, now(), now(), 1);
    END IF;
    RETURN true;
END
$$;
"""

# Before a person's SIP username changes, his phone's record keeps the one it uses: it is the only way to ask the phone
# to restart. A phone that still uses an earlier one keeps that, unless only this one is registered by now: while both
# are, this one is another device's.
KEEPS_USERNAME = """
CREATE FUNCTION phones_keep_username() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO phones_provisioning (phone_id, account_id, username, delivered)
        SELECT id, account_id, OLD.username, '' FROM phones_phone WHERE assigned_to_id = OLD.user_id
        ON CONFLICT (phone_id) DO UPDATE SET username = excluded.username
        WHERE phones_provisioning.username = '' OR (
            SELECT bool_and(location.username = excluded.username) FROM registrar.location AS location
            WHERE location.username IN (excluded.username, phones_provisioning.username)
                AND location.expires > now() AT TIME ZONE 'UTC'
        );
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_username BEFORE UPDATE OF username ON users_sipcredentials
    FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION phones_keep_username();
"""


def of_account(table):
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_of_account"
        " FOREIGN KEY (phone_id, account_id) REFERENCES phones_phone (id, account_id) ON DELETE CASCADE"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("phones", "0004_registrar"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="phonemodel", name="phones_phonemodel_family"),
        migrations.AlterField(
            model_name="phonemodel",
            name="family",
            field=models.CharField(
                choices=phones.models.families, max_length=20, verbose_name="make"
            ),
        ),
        migrations.AddConstraint(
            model_name="phonemodel",
            constraint=models.CheckConstraint(
                condition=models.Q(("family__regex", "^[a-z]+$")), name="phones_phonemodel_family"
            ),
        ),
        migrations.RemoveField(model_name="phone", name="fetched_at"),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(
                condition=models.Q(("kind", "common"), ("retired_at", None)),
                fields=["account", "label_key", "mac"],
                name="phones_phone_common_area",
            ),
        ),
        migrations.CreateModel(
            name="Provisioning",
            fields=[
                (
                    "phone",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="provisioning",
                        serialize=False,
                        to="phones.phone",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.account",
                    ),
                ),
                ("token_hash", models.CharField(blank=True, max_length=64, null=True)),
                ("code_hash", models.CharField(blank=True, max_length=64, null=True)),
                ("code_until", models.DateTimeField(blank=True, null=True)),
                ("username", models.CharField(blank=True, max_length=32)),
                ("delivered", models.CharField(blank=True, max_length=32)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "provisioning",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("token_hash",), name="phones_provisioning_token"
                    ),
                    models.UniqueConstraint(fields=("code_hash",), name="phones_provisioning_code"),
                    models.CheckConstraint(
                        condition=models.Q(("code_hash", None), ("code_until", None))
                        | models.Q(("code_hash__isnull", False), ("code_until__isnull", False)),
                        name="phones_provisioning_code_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fetch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.account",
                    ),
                ),
                (
                    "phone",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fetches",
                        to="phones.phone",
                    ),
                ),
                ("sender", models.GenericIPAddressField()),
                ("delivered", models.CharField(max_length=32)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("times", models.IntegerField(default=1)),
            ],
            options={
                "verbose_name_plural": "fetches",
                "indexes": [models.Index(fields=["phone", "-id"], name="phones_fetch_by_phone")],
            },
        ),
        migrations.CreateModel(
            name="Restart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.account",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "phone",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="restarts",
                        to="phones.phone",
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("answer", models.CharField(max_length=20)),
            ],
            options={
                "indexes": [models.Index(fields=["phone", "-id"], name="phones_restart_by_phone")]
            },
        ),
        migrations.RunSQL(
            [
                *map(of_account, ("phones_provisioning", "phones_fetch", "phones_restart")),
                REGISTERED,
                FETCHING,
                DELIVERED,
                KEEPS_USERNAME,
                f"REVOKE ALL ON phones_wrongsecret FROM {application_role()}",
            ]
        ),
        protect("phones_provisioning"),
        protect("phones_fetch"),
        protect("phones_restart"),
    ]

"""Puts allauth's tables of second factors and sessions, which belong to people, under row-level security.

A trigger keeps `users_user.has_second_factor`, so that a person's history shows factors come and go, whoever did it.
"""

from django.db import migrations

from users.tenancy.scope import protect

ACCOUNT_OF = "(SELECT account_id FROM users_user WHERE users_user.id = user_id)"
KEPT = """
CREATE FUNCTION users_second_factor_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users_user AS person SET has_second_factor = NOT has_second_factor
        WHERE id IN (OLD.user_id, NEW.user_id) AND has_second_factor <> EXISTS (
            SELECT FROM mfa_authenticator WHERE user_id = person.id AND type IN ('totp', 'webauthn'));
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER second_factor_kept AFTER INSERT OR DELETE OR UPDATE OF user_id, type ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION users_second_factor_kept()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("phoneadmin", "0001_allauth_tables"),
        ("users", "0004_second_factor"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        # At sign-in the factors are looked at before it is known who is there, and their use is noted.
        protect("mfa_authenticator", owner=ACCOUNT_OF, sign_in="SELECT, UPDATE"),
        protect("usersessions_usersession", owner=ACCOUNT_OF),
        migrations.RunSQL(
            [KEPT, TRIGGER],
            ["DROP TRIGGER second_factor_kept ON mfa_authenticator", "DROP FUNCTION users_second_factor_kept()"],
        ),
        # Sessions from before this would be on nobody's list: everybody signs in once more.
        migrations.RunSQL("DELETE FROM django_session", migrations.RunSQL.noop),
    ]

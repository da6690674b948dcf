"""A phone's copy of a person's name is of a person of its account.

The trigger runs before the foreign key that refuses anybody else, and with its owner's rights: by an error in what a
statement returns, the name of somebody of another account could be learnt meanwhile.
"""

from django.db import migrations

COPIES = """
CREATE OR REPLACE FUNCTION phones_phone_copies() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.model_name := (SELECT name FROM phones_phonemodel WHERE id = NEW.model_id);
    NEW.search := search_words(concat_ws(' ', NEW.label, NEW.model_name, NEW.mac,
        regexp_replace(NEW.mac, '(..)', '\\1 ', 'g'), regexp_replace(NEW.mac, '(....)', '\\1 ', 'g'),
        (SELECT first_name || ' ' || last_name || ' ' || ext FROM users_user
            WHERE id = NEW.assigned_to_id AND account_id = NEW.account_id)));
    RETURN NEW;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("phones", "0007_support")]

    operations = [migrations.RunSQL(COPIES, migrations.RunSQL.noop)]

"""Make the rule about extensions and emergency numbers hold for all data, once it can (R13).

When it came, there may have been extensions that begin with an emergency number, so the database
only judged new ones (NOT VALID). Support sees the old ones listed until they're changed.
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from users.models import LIKE_EMERGENCY

CONSTRAINT = "users_number_no_emergency_number"
IS_VALID = "SELECT convalidated FROM pg_constraint WHERE conname = %s"
BREAKS_IT = f"SELECT FROM users_number WHERE ext ~ '{LIKE_EMERGENCY}' LIMIT 1"


def validate_extensions(cursor: CursorWrapper) -> bool:
    """Validate the constraint unless an extension breaks it; return whether it is valid.

    Runs as the owner, after migrations. Safe to repeat; a valid constraint costs one look.
    """
    cursor.execute(IS_VALID, [CONSTRAINT])
    row = cursor.fetchone()
    if row is None or row[0]:
        return row is not None
    cursor.execute(BREAKS_IT)
    if cursor.fetchone() is not None:
        return False
    cursor.execute(f"ALTER TABLE users_number VALIDATE CONSTRAINT {CONSTRAINT}")
    return True

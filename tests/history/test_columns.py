"""The history keeps every column of a tracked table, except for those with a reason."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db.models import GeneratedField, Model

from e911.models import EmergencyAddress
from phones.models import Phone
from tests.changes.tables import KEPT, TRACKED, VERSIONS, table_of
from users.models import Account, CallerNumber, SipAccount, User

# Every column of a tracked table is kept (tests.changes.tables.KEPT) or left out for a reason. A
# new column fails the test until it is in one of the two.
LEFT_OUT: dict[type[Model], dict[str, str]] = {
    Account: {},
    User: {
        "password": "a secret", "last_login": "not a change", "language": "not a change",
        "signed_out_at": "follows other changes", "can_have_phone": "derived",
        "ext_number": "derived", "ext_kind": "derived", "name_key": "derived", "search": "derived",
    },
    SipAccount: {
        "ha1": "a secret", "key_fingerprint": "tells which key the password comes from",
    },
    CallerNumber: {},
    Phone: {
        "is_assigned": "derived", "ext_number": "derived", "ext_kind": "derived",
        "label_key": "derived", "search": "derived",
    },
    EmergencyAddress: {"is_open": "derived", "known": "the E911 provider's own, ids and tokens"},
}  # fmt: skip

OF_HISTORY = {"pgh_id", "pgh_created_at", "pgh_label", "pgh_context", "pgh_obj_id"}

each_model = pytest.mark.parametrize("model", TRACKED, ids=lambda model: model.__name__)


def test_tracked_models_are_these():
    assert {model for model in apps.get_models() if hasattr(model, "pgh_event_model")} == set(
        TRACKED
    )


@each_model
def test_every_column_of_a_tracked_model_is_kept_or_left_out_for_a_reason(owner, model):
    def columns(table: str) -> set[str]:
        found = owner.execute(
            "SELECT attname FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        return {name for (name,) in found}

    assert columns(table_of(model)) == KEPT[model] | set(LEFT_OUT[model])
    assert columns(VERSIONS[model]) == KEPT[model] | OF_HISTORY
    derived = {
        field.column
        for field in model._meta.local_concrete_fields
        if isinstance(field, GeneratedField)
    }
    assert derived <= set(LEFT_OUT[model])

"""The tracked tables, and which of their columns the history keeps."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from psycopg.types.json import Jsonb

from e911.models import EmergencyAddress
from phones.models import Phone
from users.models import Account, CallerNumber, SipAccount, User

# The columns of each tracked table that the history keeps.
KEPT: dict[type[Model], set[str]] = {
    Account: {
        "id", "name", "created_at", "second_factor_required", "time_zone", "country",
        "phone_language", "ext_length", "outside_prefix",
    },
    User: {
        "id", "account_id", "email", "first_name", "last_name", "ext", "plan", "caller_id",
        "is_administrator", "is_staff", "may_act", "is_superuser", "is_active", "created_at",
        "has_second_factor", "sign_in_blocked_at", "sign_in_cleared_at",
    },
    SipAccount: {
        "id", "account_id", "kind", "user_id", "phone_id", "username", "changed_at",
    },
    CallerNumber: {"id", "account_id", "e164", "confirmed_at"},
    Phone: {
        "id", "account_id", "kind", "model_id", "model_name", "mac", "label", "assigned_to_id",
        "current_address_id", "created_at", "retired_at", "replaced_by_id", "ext", "caller_id",
        "time_zone",
    },
    EmergencyAddress: {
        "id", "account_id", "phone_id", "status", "superseded", "typed", "standardised", "country",
        "state", "county", "city", "house_number", "house_number_suffix", "pre_directional",
        "street_type_before", "street_name", "street_type", "post_directional", "building", "floor",
        "unit_type", "unit", "room", "postal_code", "latitude", "longitude", "set_by_id",
        "set_by_name", "set_at", "provider", "callback_number", "caller_name", "words",
        "settled_at",
    },
}  # fmt: skip

TRACKED = tuple(KEPT)

VERSIONS = {model: model.pgh_event_model._meta.db_table for model in TRACKED}


def table_of(model: type[Model]) -> str:
    return model._meta.db_table


def key_of(model: type[Model]) -> str:
    return model._meta.pk.column


Row = dict[str, Any]


def spelt(value: Any) -> Any:
    """Return the value as psycopg takes it."""
    return Jsonb(value) if isinstance(value, dict) else value

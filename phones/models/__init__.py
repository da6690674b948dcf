"""Desk phones and their models, how they get configured, and what triggers keep of them."""

from phones.models.kept import PhoneCount, Rank, Standing
from phones.models.phones import LIST_NAMES, Kind, Phone, PhoneModel, families
from phones.models.provisioning import Fetch, Provisioning, Restart

__all__ = [
    "LIST_NAMES",
    "Fetch",
    "Kind",
    "Phone",
    "PhoneCount",
    "PhoneModel",
    "Provisioning",
    "Rank",
    "Restart",
    "Standing",
    "families",
]

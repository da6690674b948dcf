"""The pages of a common-area phone's SIP credentials, which are like a person's (R22, R58)."""

from __future__ import annotations

from django.http import Http404

from phones.answers import get_phone
from phones.models import Phone
from users.access import AdministratorRequest
from users.credentials import CredentialsPages


def find_common_area_phone(request: AdministratorRequest, key: int) -> Phone:
    """Return a common-area phone of the account. Raises Http404, for a user phone too."""
    phone = get_phone(request, key)
    if not phone.has_line:  # a user phone's line is its person's
        raise Http404
    return phone


PLACE_PAGES = CredentialsPages(
    find=find_common_area_phone,
    owner="phone",
    shown="phones/credentials.html",
    asked="phones/credentials_change.html",
    prefix="phone",
)

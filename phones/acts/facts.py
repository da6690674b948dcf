"""What confirmations about a phone rest on, and what rules an act out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from phones import assignment
from phones.models import Kind, Phone
from phones.refusals import REFUSALS
from users.acting import ActRefused

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OWN_PASSWORD = _(
    "Its own web page and menu keep their password. The account’s Activity about this phone leads"
    " to it."
)
# The facts that a phone's title and its second line are made of.
NAMED = ("key", "label", "model", "mac", "name", "ext")


def load_phones(phones: QuerySet[Phone]) -> QuerySet[Phone]:
    """Return phones with everything that the descriptions of acts read, in two queries."""
    related = (
        "assigned_to__sip",
        "sip",
        "current_address",
        "model",
        "provisioning",
        "replaced_by__model",
    )
    pending = Phone.addresses.rel.related_model._default_manager.filter(status="pending")
    # Under a name of its own: `addresses` must go on meaning all of them.
    addresses = Prefetch("addresses", queryset=pending, to_attr="pending_addresses")
    return phones.select_related(*related, "account").prefetch_related(addresses)


def facts_of(phone: Phone) -> dict[str, Any]:
    """Return what confirmations about a phone rest on.

    These are the device, whose it is, their credentials, and its addresses.
    """
    user = phone.assigned_to
    pending = getattr(phone, "pending_addresses", None)  # of load_phones
    if pending is None:
        pending = phone.addresses.filter(status="pending")
    waiting = [str(each) for each in pending]
    return {
        "key": phone.pk,
        "kind": phone.kind,
        "model": phone.model_name,
        "mac": phone.mac_shown,
        "label": phone.label,
        "name": user.name if user else "",
        "ext": (user or phone).ext or "",
        "number": (user or phone).caller_id or "",
        "credentials": user.sip.username if user else "",
        "address": str(phone.current_address) if phone.current_address else "",
        "waiting": "; ".join(waiting),
        "fetched": bool(phone.fetched_at),
    }


def words_of(phone: Phone) -> dict[str, str]:
    """Return what sentences call a phone (R45)."""
    return {"phone": phone.title}


def heading_of(phone: Phone) -> dict[str, str]:
    """Return what the title of a question calls a phone that `describe_device` tells apart."""
    return {"phone": phone.heading}


def describe_device(phone: Phone) -> StrOrPromise:
    """Return the line below that title: whose phone it is, unless the title says so, and which."""
    if phone.label and phone.assigned_to:
        return _("%(name)s, extension %(ext)s · %(model)s, %(mac)s")
    return _("%(model)s, %(mac)s")


def refuse_if_removed(phone: Phone) -> None:
    """Refuse acts on a phone that is no longer in the account. Raises ActRefused."""
    if phone.retired_at:
        raise ActRefused(REFUSALS["removed"].sentence, code="removed", facts=words_of(phone))


def list_losses(facts: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return the consequences of retiring a record, and those that put someone at risk."""
    dangers, losses = [], []
    if facts["name"]:
        dangers.append(
            _(
                "When you confirm, it stops making and receiving calls, 911 included, and %(name)s,"
                " %(ext)s, will have no desk phone."
            )
        )
        losses.append(
            _(
                "The SIP credentials of %(name)s change. The company’s own apps keep working. Any"
                " device set up by hand with these SIP credentials stops working."
            )
        )
    if facts["address"]:
        dangers.append(_("Its E911 address, %(address)s, is withdrawn."))
    if facts["waiting"]:
        losses.append(_("Its pending E911 address, %(waiting)s, is withdrawn."))
    if facts["kind"] == Kind.COMMON and facts["ext"]:
        losses.append(_("Another phone or person can have its extension, %(ext)s."))
    losses.append(_("It can’t fetch its configuration anymore. To use it again, connect it again."))
    losses.append(OWN_PASSWORD)
    return losses, dangers


@contextmanager
def explained() -> Iterator[None]:
    """Turn what the rule of assigning refuses into a refusal of the act."""
    try:
        yield
    except assignment.AssignmentRefused as refusal:
        raise ActRefused(str(refusal), code=refusal.code) from refusal

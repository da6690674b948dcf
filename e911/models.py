"""Emergency addresses: what goes to the 911 dispatcher when a phone calls."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from phones.models import Phone
from users.models import Account, sql_expression
from users.tenancy.history import tracked


class Status(models.TextChoices):
    """The status of a version of an address."""

    PENDING = "pending", _("Pending")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


@tracked("is_open", "known")
class EmergencyAddress(models.Model):
    """One version of one phone's civic address.

    Versions are never rewritten: a change is a new version (R31). Only the phone's
    `current_address` says which version is in force. The parts are those of RFC 5139, so they fit
    any E911 provider; the comments beside them are its element names.
    """

    account = models.ForeignKey(
        Account, models.PROTECT, verbose_name=_("account"), related_name="+", db_index=False
    )
    phone = models.ForeignKey(
        Phone,
        models.PROTECT,
        verbose_name=_("phone"),
        related_name="addresses",
        db_index=False,
        db_constraint=False,
    )
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.PENDING)
    # Whether a newer version has replaced this refused one.
    superseded = models.BooleanField(db_default=False)
    # Whether it still needs attention: it is pending, or refused without a newer version.
    is_open = models.GeneratedField(
        expression=sql_expression(
            "status = 'pending' OR status = 'refused' AND NOT superseded", models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    typed = models.TextField(_("as typed"))
    standardised = models.CharField(_("standardised"), max_length=500)
    country = models.CharField(max_length=2)  # country
    state = models.CharField(max_length=2)  # A1
    county = models.CharField(max_length=100, blank=True)  # A2
    city = models.CharField(max_length=100)  # A3
    house_number = models.CharField(max_length=20)  # HNO
    house_number_suffix = models.CharField(max_length=10, blank=True)  # HNS
    pre_directional = models.CharField(max_length=20, blank=True)  # PRD
    street_type_before = models.CharField(max_length=30, blank=True)  # STP
    street_name = models.CharField(max_length=100)  # RD
    street_type = models.CharField(max_length=30, blank=True)  # STS
    post_directional = models.CharField(max_length=20, blank=True)  # POD
    building = models.CharField(max_length=60, blank=True)  # BLD
    floor = models.CharField(max_length=20, blank=True)  # FLR
    unit_type = models.CharField(max_length=20, blank=True)
    unit = models.CharField(max_length=30, blank=True)  # UNIT
    room = models.CharField(max_length=30, blank=True)  # ROOM
    postal_code = models.CharField(max_length=10)  # PC
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)

    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # Copied so that the record still names the user after they are deleted.
    set_by_name = models.CharField(_("set by"), max_length=254, blank=True, db_default="")
    set_at = models.DateTimeField(_("set"), default=timezone.now, editable=False)

    # What the E911 provider has: its key in our settings, the ids it assigned (possibly just before
    # a crash), the number and name to call back, and its latest message.
    provider = models.CharField(_("provider"), max_length=20, blank=True, db_default="")
    known = models.JSONField(blank=True, db_default=Value({}, models.JSONField()))
    callback_number = models.CharField(
        _("callback number"), max_length=16, blank=True, db_default=""
    )
    caller_name = models.CharField(_("caller name"), max_length=130, blank=True, db_default="")
    words = models.TextField(_("provider’s words"), blank=True, db_default="")
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("E911 address"), _("E911 addresses")
        indexes = [Index(fields=["phone", "-id"], name="e911_address_by_phone")]
        constraints = [
            UniqueConstraint(fields=["id", "phone"], name="e911_address_of_phone"),
            UniqueConstraint(
                fields=["phone"],
                name="e911_address_one_pending",
                condition=Q(status=Status.PENDING),
            ),
            UniqueConstraint(
                fields=["phone"], name="e911_address_one_open", condition=Q(is_open=True)
            ),
            CheckConstraint(condition=Q(status__in=Status.values), name="e911_address_status"),
            CheckConstraint(
                condition=Q(country__in=["US", "CA"]), name="e911_address_country_served"
            ),
            CheckConstraint(
                condition=~(
                    Q(house_number="")
                    | Q(street_name="")
                    | Q(city="")
                    | Q(state="")
                    | Q(postal_code="")
                ),
                name="e911_address_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.standardised

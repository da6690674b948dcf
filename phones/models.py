"""Desk phones, their models, and how many of them each account has."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from phones import mac
from users.models import Account, User, sql


class Family(models.TextChoices):
    """The makes whose phones we can provision; each has its own file format."""

    CISCO = "cisco", "Cisco"
    GRANDSTREAM = "grandstream", "Grandstream"
    POLY = "poly", "Poly"
    SNOM = "snom", "Snom"
    YEALINK = "yealink", "Yealink"


class PhoneModel(models.Model):
    """A model of desk phone that we know how to provision, the same for all accounts."""

    family = models.CharField(_("make"), max_length=20, choices=Family)
    name = models.CharField(_("model"), max_length=60)

    class Meta:
        ordering = ["name"]
        constraints = [
            UniqueConstraint(fields=["name"], name="phones_phonemodel_name"),
            CheckConstraint(condition=Q(family__in=Family.values), name="phones_phonemodel_family"),
        ]

    def __str__(self) -> str:
        return self.name


class Kind(models.TextChoices):
    """Meant for a person, or for a place (lobby, kitchen) and so for nobody."""

    USER = "user", _("User phone")
    COMMON = "common", _("Common-area phone")


class Phone(models.Model):
    """A physical desk phone of one account. A record never changes account: it is retired, and another made (R38)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="phones", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.USER)
    model = models.ForeignKey(PhoneModel, models.PROTECT, related_name="+", db_index=False)
    mac = models.CharField(_("MAC address"), max_length=12)
    label = models.CharField(_("label"), max_length=60, blank=True)
    # Composite foreign keys in the migrations hold these two, so Django makes none of its own.
    assigned_to = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="phone", db_constraint=False
    )
    current_address = models.ForeignKey(
        "e911.EmergencyAddress", models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    fetched_at = models.DateTimeField(null=True, blank=True)  # the last time it fetched its configuration
    retired_at = models.DateTimeField(null=True, blank=True)

    # Null on a free phone, so that its foreign key is not asked.
    is_assigned = models.GeneratedField(
        expression=sql("CASE WHEN assigned_to_id IS NOT NULL THEN true END", models.BooleanField()),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )
    # Two labels are the same when these are (R5).
    label_key = models.GeneratedField(
        expression=sql("label_key(label)", models.TextField()), output_field=models.TextField(), db_persist=True
    )
    # Written by a trigger: everything a search may find it by, and the model's name, so that an index can sort by it.
    search = models.TextField(default="", editable=False)
    model_name = models.CharField(max_length=60, default="", editable=False)

    class Meta:
        indexes = [
            Index(fields=["account", "mac"], name="phones_phone_by_mac", condition=Q(kind="user", retired_at=None)),
            Index(
                fields=["account", "label_key", "id"],
                name="phones_phone_by_label",
                condition=Q(kind="user", retired_at=None) & ~Q(label_key=""),
            ),
            Index(
                fields=["account", "mac"],
                name="phones_phone_unlabelled",
                condition=Q(kind="user", retired_at=None, label_key=""),
            ),
            Index(
                fields=["account", "model_name", "id"],
                name="phones_phone_by_model",
                condition=Q(kind="user", retired_at=None),
            ),
            Index(
                fields=["account", "mac"],
                name="phones_phone_free",
                condition=Q(kind="user", retired_at=None, assigned_to=None),
            ),
            Index(
                fields=["account", "id"],
                name="phones_phone_missing_address",
                condition=Q(assigned_to__isnull=False, current_address=None),
            ),
        ]
        constraints = [
            UniqueConstraint(fields=["mac"], name="phones_phone_mac", condition=Q(retired_at=None)),
            UniqueConstraint(
                fields=["account", "label_key"],
                name="phones_phone_label",
                condition=Q(retired_at=None) & ~Q(label_key=""),
            ),
            CheckConstraint(condition=Q(kind__in=Kind.values), name="phones_phone_kind"),
            # A burnt-in address of one device: the group bit is off, and not all zero (IEEE 802).
            CheckConstraint(
                condition=Q(mac__regex=r"^[0-9a-f][02468ace][0-9a-f]{10}$") & ~Q(mac="000000000000"),
                name="phones_phone_mac_form",
            ),
            CheckConstraint(condition=Q(kind="user") | Q(assigned_to=None), name="phones_phone_common_area_is_nobodys"),
            CheckConstraint(condition=Q(retired_at=None) | Q(assigned_to=None), name="phones_phone_retired_is_nobodys"),
        ]

    def __str__(self) -> str:
        return self.label or f"{self.model_name} {self.mac_shown}"

    @property
    def mac_shown(self) -> str:
        """The MAC address in the one notation that people see."""
        return mac.shown(self.mac)


class PhoneCount(models.Model):
    """How many phones an account has of one kind and model: kept by a trigger, so that no page has to count (R8).

    Badges, totals and the filter's list of models are sums over at most a few dozen of these rows.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind)
    model = models.ForeignKey(PhoneModel, models.PROTECT, related_name="+", db_index=False)
    phones = models.IntegerField()
    assigned = models.IntegerField()
    missing_address = models.IntegerField()

    class Meta:
        constraints = [UniqueConstraint(fields=["account", "kind", "model"], name="phones_phonecount_once")]

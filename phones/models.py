"""Desk phones, their models, and how many of them each account has."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from phones import mac
from phones.names import name_phone
from phones.provisioning.makes import MAKES
from users.models import LIKE_EMERGENCY, Account, User, sql_expression
from users.tenancy.history import CONTEXT, tracked


def families() -> list[tuple[str, str]]:
    """Return the makes that can be provisioned, as choices."""
    return [(make.key, make.name) for make in MAKES.values()]


class PhoneModel(models.Model):
    """A model of desk phone that we know how to provision, the same for all accounts."""

    family = models.CharField(_("make"), max_length=20, choices=families)
    name = models.CharField(_("model"), max_length=60)

    class Meta:
        verbose_name, verbose_name_plural = _("phone model"), _("phone models")
        ordering = ["name"]
        constraints = [
            UniqueConstraint(fields=["name"], name="phones_phonemodel_name"),
            # phones/provisioning/ defines the makes, so that a new one needs no migration.
            CheckConstraint(
                condition=Q(family__regex=r"^[a-z]+$"), name="phones_phonemodel_family"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.require_our_firmware()

    def require_our_firmware(self) -> None:
        """Raise ValidationError with the reason if the model can't read what we write."""
        make = MAKES.get(self.family)
        if make and (reason := make.find_refusal(self.name)):
            raise ValidationError(reason, code="other_firmware")


class Kind(models.TextChoices):
    """What a phone is for: a person, or a place such as a lobby or kitchen."""

    USER = "user", _("User phone")
    COMMON = "common", _("Common-area phone")


@tracked("is_assigned", "ext_kind", "label_key", "search")
class Phone(models.Model):
    """A physical desk phone of one account.

    A record never changes account: it is retired and another one is created (R38).
    """

    account = models.ForeignKey(
        Account, models.PROTECT, verbose_name=_("account"), related_name="phones", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.USER)
    model = models.ForeignKey(
        PhoneModel, models.PROTECT, verbose_name=_("model"), related_name="+", db_index=False
    )
    mac = models.CharField(_("MAC address"), max_length=12)
    label = models.CharField(_("label"), max_length=60, blank=True)
    # Composite foreign keys in the migrations hold these two, so Django makes none of its own.
    assigned_to = models.OneToOneField(
        User,
        models.PROTECT,
        verbose_name=_("assigned to"),
        null=True,
        blank=True,
        related_name="phone",
        db_constraint=False,
    )
    current_address = models.ForeignKey(
        "e911.EmergencyAddress",
        models.PROTECT,
        verbose_name=_("E911 address"),
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
    )
    # Only a common-area phone has these of its own (R58). Foreign keys in the migrations point to
    # the account's numbering plan and caller numbers.
    ext = models.CharField(_("extension"), max_length=10, null=True, blank=True)
    caller_id = models.CharField(_("caller number"), max_length=16, null=True, blank=True)
    # Where it isn't the account's.
    time_zone = models.CharField(_("time zone"), max_length=40, null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    retired_at = models.DateTimeField(_("removed"), null=True, blank=True)
    # The phone of the same account that took its place or its MAC address, once it's retired: so
    # a repeated request to replace it is known to be done.
    replaced_by = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("replaced by"),
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    # Null on a free phone, so that the foreign key isn't checked.
    is_assigned = models.GeneratedField(
        expression=sql_expression(
            "CASE WHEN assigned_to_id IS NOT NULL THEN true END", models.BooleanField()
        ),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )
    ext_kind = models.GeneratedField(
        expression=sql_expression("CASE WHEN ext IS NOT NULL THEN 'place' END", models.CharField()),
        output_field=models.CharField(max_length=6, null=True),
        db_persist=True,
    )
    # Two labels are the same when these are (R5).
    label_key = models.GeneratedField(
        expression=sql_expression("label_key(label)", models.TextField()),
        output_field=models.TextField(),
        db_persist=True,
    )
    # Written by a trigger: the words that a search can find, and the model's name, so that an index
    # can sort by it.
    search = models.TextField(default="", editable=False)
    model_name = models.CharField(_("model"), max_length=60, default="", editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("phone"), _("phones")
        indexes = [
            Index(
                fields=["account", "mac"],
                name="phones_phone_by_mac",
                condition=Q(kind="user", retired_at=None),
            ),
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
                fields=["account", "label_key", "mac"],
                name="phones_phone_common_area",
                condition=Q(kind="common", retired_at=None),
            ),
            Index(
                fields=["account", "id"],
                name="phones_phone_missing_address",
                condition=Q(assigned_to__isnull=False, current_address=None),
            ),
            # What support staff look for among all accounts' phones, newest first.
            Index(
                fields=["id"],
                name="phones_phone_like_emergency",
                condition=Q(ext__regex=LIKE_EMERGENCY),
            ),
            Index(fields=["account", "id"], name="phones_phone_of_one_account"),
            Index(fields=["id"], name="phones_phone_all_common", condition=Q(kind="common")),
            Index(
                fields=["id"], name="phones_phone_retired", condition=Q(retired_at__isnull=False)
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
                condition=Q(mac__regex=r"^[0-9a-f][02468ace][0-9a-f]{10}$")
                & ~Q(mac="000000000000"),
                name="phones_phone_mac_form",
            ),
            CheckConstraint(
                condition=Q(kind="user") | Q(assigned_to=None),
                name="phones_phone_common_area_is_nobodys",
            ),
            CheckConstraint(
                condition=Q(kind="common", retired_at=None) | Q(ext=None, caller_id=None),
                name="phones_phone_line_of_its_own",
            ),
            CheckConstraint(
                condition=~Q(kind="common") | ~Q(label="") | Q(retired_at__isnull=False),
                name="phones_phone_common_area_has_label",
            ),
            CheckConstraint(
                condition=Q(retired_at=None) | Q(assigned_to=None),
                name="phones_phone_retired_is_nobodys",
            ),
            CheckConstraint(
                condition=Q(replaced_by=None) | Q(retired_at__isnull=False),
                name="phones_phone_replaced_is_retired",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.device

    @property
    def title(self) -> str:
        """What people call it (R45). Reads `assigned_to`."""
        person = self.assigned_to
        return name_phone(
            self.label, self.device, person.name if person else "", person.ext if person else ""
        )

    @property
    def device(self) -> str:
        """Model and MAC address, which tell it apart from all others."""
        return f"{self.model_name} {self.mac_shown}"

    @property
    def mac_shown(self) -> str:
        """The MAC address in the notation that people see."""
        return mac.format(self.mac)

    @property
    def fetched_at(self) -> datetime | None:
        """When the phone last fetched its configuration."""
        return self.provisioning.delivered_at


class Provisioning(models.Model):
    """How one phone gets its configuration, and what it got last.

    Neither secret can be recovered from a copy of the database. Of the token, 128 random bits, it
    holds the SHA-256; of the code, only ten digits good for an hour, an HMAC whose key is kept
    elsewhere.
    """

    phone = models.OneToOneField(
        Phone, models.CASCADE, primary_key=True, related_name="provisioning"
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    token_hash = models.CharField(max_length=64, null=True, blank=True)
    code_hash = models.CharField(max_length=64, null=True, blank=True)
    code_until = models.DateTimeField(null=True, blank=True)
    # The SIP username that the phone probably still uses, by which it can be asked to restart after
    # a change.
    username = models.CharField(max_length=32, blank=True)
    # Fingerprints of what people would notice in its configuration (phones_desks): what it should
    # have, kept by triggers, and what it fetched last.
    wanted = models.CharField(max_length=32, blank=True, default="", db_default="")
    delivered = models.CharField(max_length=32, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # What the password of the phone's own pages and menu is derived from (phones/lock.py).
    admin_generation = models.IntegerField(default=1, db_default=1)
    # The key's fingerprint; null until the phone first gets a password.
    admin_key = models.CharField(max_length=16, null=True, blank=True)
    # The same of the password in what it fetched last, which it uses until it fetches again.
    delivered_admin_generation = models.IntegerField(null=True, blank=True)
    delivered_admin_key = models.CharField(max_length=16, null=True, blank=True)

    class Meta:
        verbose_name_plural = "provisioning"
        indexes = [
            Index(
                fields=["account", "phone"],
                name="phones_provisioning_restart",
                condition=~Q(delivered="") & ~Q(delivered=F("wanted")),
            ),
            Index(fields=["admin_key", "phone"], name="phones_provisioning_by_key"),
            Index(
                fields=["username"], name="phones_provisioning_username", condition=~Q(username="")
            ),
        ]
        constraints = [
            UniqueConstraint(fields=["token_hash"], name="phones_provisioning_token"),
            UniqueConstraint(fields=["code_hash"], name="phones_provisioning_code"),
            CheckConstraint(
                condition=Q(code_hash=None, code_until=None)
                | Q(code_hash__isnull=False, code_until__isnull=False),
                name="phones_provisioning_code_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"provisioning of {self.phone_id}"


class Fetch(models.Model):
    """Fetches of one configuration by one phone from one network address."""

    account = models.ForeignKey(
        Account, models.PROTECT, verbose_name=_("account"), related_name="+", db_index=False
    )
    phone = models.ForeignKey(
        Phone, models.CASCADE, verbose_name=_("phone"), related_name="fetches", db_index=False
    )
    sender = models.GenericIPAddressField(_("from"))
    # The User-Agent that it sent.
    agent = models.CharField(_("agent"), max_length=120, blank=True, default="", db_default="")
    delivered = models.CharField(max_length=32)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))
    times = models.IntegerField(_("times"), default=1)

    class Meta:
        verbose_name, verbose_name_plural = _("fetch"), _("fetches")
        indexes = [Index(fields=["phone", "-id"], name="phones_fetch_by_phone")]


class Restart(models.Model):
    """A request that a phone restart, and the phone's answer."""

    account = models.ForeignKey(
        Account, models.PROTECT, verbose_name=_("account"), related_name="+", db_index=False
    )
    phone = models.ForeignKey(
        Phone, models.CASCADE, verbose_name=_("phone"), related_name="restarts", db_index=False
    )
    by = models.ForeignKey(User, models.SET_NULL, verbose_name=_("by"), null=True, related_name="+")
    at = models.DateTimeField(_("at"), auto_now_add=True)
    answer = models.CharField(_("answer"), max_length=20)
    # Who asked and why, as the transaction's history has it (users/tenancy/history.py).
    pgh_context = models.JSONField(null=True, editable=False, db_default=CONTEXT)

    class Meta:
        verbose_name, verbose_name_plural = _("restart"), _("restarts")
        indexes = [
            Index(fields=["phone", "-id"], name="phones_restart_by_phone"),
            Index(fields=["account", "-at", "-id"], name="phones_restart_when"),
        ]


class PhoneCount(models.Model):
    """How many phones an account has of one kind and model, kept by a trigger (R8).

    Badges, totals and the filter's list of models are sums over at most a few dozen of these rows.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind)
    model = models.ForeignKey(PhoneModel, models.PROTECT, related_name="+", db_index=False)
    phones = models.IntegerField()
    assigned = models.IntegerField()
    missing_address = models.IntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["account", "kind", "model"], name="phones_phonecount_once")
        ]

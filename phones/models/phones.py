"""Desk phones and their models."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from phones import mac
from phones.names import name_in_heading, name_phone
from phones.provisioning.makes import MAKES
from users.models import LIKE_EMERGENCY, Account, User, sql_expression
from users.tenancy.history import tracked


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


# The names of the URLs of their lists.
LIST_NAMES = {Kind.USER: "user_phones", Kind.COMMON: "common_phones"}


@tracked("is_assigned", "ext_kind", "ext_number", "label_key", "search")
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
    # The phone of the same account that took its place, once it's retired: so a repeated request to
    # replace it is known to be done.
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
    # Extensions are digits as text; lists sort by the number.
    ext_number = models.GeneratedField(
        expression=sql_expression(
            "CASE WHEN ext ~ '^[0-9]{1,10}$' THEN ext::bigint END", models.BigIntegerField()
        ),
        output_field=models.BigIntegerField(null=True),
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
                fields=["account", "ext_number", "ext"],
                name="phones_phone_common_by_ext",
                condition=Q(kind="common", retired_at=None, ext__isnull=False),
            ),
            Index(
                fields=["account", "label_key", "mac"],
                name="phones_phone_common_no_ext",
                condition=Q(kind="common", retired_at=None, ext=None),
            ),
            Index(
                fields=["account", "model_name", "id"],
                name="phones_phone_common_by_model",
                condition=Q(kind="common", retired_at=None),
            ),
            Index(
                fields=["account", "mac"],
                name="phones_phone_common_by_mac",
                condition=Q(kind="common", retired_at=None),
            ),
            Index(
                fields=["account", "id"],
                name="phones_phone_common_missing",
                condition=Q(kind="common", retired_at=None, current_address=None),
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
    def heading(self) -> str:
        """The title where model and MAC address stand below it. Reads `assigned_to`."""
        person = self.assigned_to
        return name_in_heading(
            self.label, person.name if person else "", person.ext if person else ""
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
    def list_name(self) -> str:
        """The name of the URL of the list that it is on."""
        return LIST_NAMES[Kind(self.kind)]

    @property
    def has_line(self) -> bool:
        """Whether it has a line of its own, as common-area phones do (R58)."""
        return self.kind == Kind.COMMON and self.retired_at is None

    @property
    def fetched_at(self) -> datetime | None:
        """When the phone last fetched its configuration."""
        return self.provisioning.delivered_at

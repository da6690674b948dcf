"""How phones get their configuration, and what they were asked and answered."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from phones.models.phones import Phone
from users.models import Account, User
from users.tenancy.history import CONTEXT


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

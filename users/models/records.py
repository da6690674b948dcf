"""What is kept of people's SIP credentials, browsers and requests."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from users.models.people import Account
from users.tenancy.history import CONTEXT
from users.user_agents import name_browser


class CredentialsRecord(models.Model):
    """A view or change of a person's SIP credentials (R22), or of a phone's own password (R47).

    Rows are added, never changed.

    Copy the names so the record still shows who was involved after either user is deleted: the
    database then clears the reference.
    """

    class What(models.TextChoices):
        LOOKED = "looked", _("looked")
        PASSWORD = "password", _("saw the password")
        CHANGED = "changed", _("changed them")
        LOCK = "lock", _("saw the phone’s password")
        RELOCKED = "relocked", _("changed the phone’s password")

    account = models.ForeignKey(
        Account, models.PROTECT, verbose_name=_("account"), related_name="+", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    phone = models.ForeignKey(
        "phones.Phone",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    user_name = models.CharField(_("whose"), max_length=254)
    # Of the credentials at that time.
    username = models.CharField(_("username"), max_length=32, blank=True)
    what = models.CharField(_("what"), max_length=8, choices=What)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    by_name = models.CharField(_("by"), max_length=254, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    # Who acted and why, as the transaction's history has it (users/tenancy/history.py).
    pgh_context = models.JSONField(null=True, editable=False, db_default=CONTEXT)

    class Meta:
        verbose_name, verbose_name_plural = _("look at credentials"), _("looks at credentials")
        indexes = [
            Index(fields=["user", "-id"], name="users_credentials_latest"),
            Index(
                fields=["phone", "-id"],
                name="users_credentials_of_phone",
                condition=Q(phone__isnull=False),
            ),
            Index(fields=["account", "-at", "-id"], name="users_credentials_when"),
        ]
        constraints = [
            CheckConstraint(
                condition=Q(what__in=["looked", "password", "changed", "lock", "relocked"]),
                name="users_credentialsrecord_what",
            ),
            # A record is about a person or a phone, whose reference goes when they are deleted.
            CheckConstraint(
                condition=Q(user=None) | Q(phone=None), name="users_credentialsrecord_of_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.get_what_display()}"


class KnownBrowser(models.Model):
    """A browser in which a person signed in before, known by its cookie (users/known_browsers.py).

    People don't edit these rows, so they have no history: each person's page of sessions lists
    them, and a forgotten one is gone. Support staff's rows have no account.
    """

    USER_AGENT_LENGTH = 200

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", null=True, db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    key_hash = models.CharField(max_length=64)  # SHA-256 of the key, 128 random bits, in the cookie
    stamp = models.CharField(max_length=64)  # of the password and the factors at that time
    proved_password = models.BooleanField(default=False)
    proved_code = models.BooleanField(default=False)
    user_agent = models.CharField(max_length=USER_AGENT_LENGTH, blank=True)
    address = models.GenericIPAddressField()
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["user", "key_hash"], name="users_knownbrowser_key"),
            CheckConstraint(
                condition=Q(proved_password=True) | Q(proved_code=True),
                name="users_knownbrowser_proved",
            ),
        ]

    is_this: bool  # set by users.known_browsers.list_browsers

    def __str__(self) -> str:
        return name_browser(self.user_agent)


class RequestKey(models.Model):
    """A request that was carried out: its key and its answer (users/request_keys.py).

    Rows are technical and last eight days, so they have no history. Those of support staff belong
    to no account, because what they act on may be gone when a repeat arrives.
    """

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", null=True, db_index=False
    )
    # Such as "person:7"; one actor never gets another's answer.
    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)  # SHA-256 of what was asked for, and where
    answer = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [Index(fields=["at"], name="users_requestkey_at")]
        constraints = [
            UniqueConstraint(
                fields=["account", "actor", "key"],
                name="users_requestkey_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.key}"

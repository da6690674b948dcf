"""What a line consists of: its extension, its SIP account, and the number it calls out with."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from users.models.people import Account, sql_expression
from users.tenancy.history import tracked


class Number(models.Model):
    """An extension of an account, a person's or a place's: one numbering plan for both (R13).

    Triggers keep it beside users_user.ext and phones_phone.ext, whose foreign keys point here.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        PLACE = "place", _("common-area phone")

    pk = models.CompositePrimaryKey("account", "ext")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    ext = models.CharField(_("extension"), max_length=10)
    kind = models.CharField(max_length=6, choices=Kind)
    ext_number = models.GeneratedField(
        expression=sql_expression(
            "CASE WHEN ext ~ '^[0-9]{1,10}$' THEN ext::bigint END", models.BigIntegerField()
        ),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )

    class Meta:
        # The constraint users_number_no_emergency_number is in the migration: Django can't leave a
        # check NOT VALID.
        constraints = [
            CheckConstraint(condition=Q(ext__regex=r"^[0-9]{1,10}$"), name="users_number_digits"),
            UniqueConstraint(fields=["account", "ext", "kind"], name="users_number_kind"),
        ]


@tracked("ha1", "key_fingerprint")
class SipAccount(models.Model):
    """What one line signs in with at the registrar.

    It belongs to a person, to a place (a common-area phone), or to a free phone, which is on
    standby: it can only be asked to restart (R50). The password is stored nowhere: it's derived
    from the username with a key from outside the database (users/sip.py). HA1 is what RFC 2617
    digest authentication needs of it.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        PLACE = "place", _("common-area phone")
        STANDBY = "standby", _("free phone")

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=7, choices=Kind)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sip"
    )
    # A foreign key in the migrations of phones holds it, with the account.
    phone = models.OneToOneField(
        "phones.Phone", models.CASCADE, null=True, related_name="sip", db_constraint=False
    )
    username = models.CharField(max_length=32)
    ha1 = models.CharField(max_length=32)
    key_fingerprint = models.CharField(max_length=16)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "SIP accounts"
        indexes = [Index(fields=["key_fingerprint", "id"], name="users_sipaccount_by_key")]
        constraints = [
            UniqueConstraint(fields=["username"], name="users_sipaccount_username"),
            CheckConstraint(condition=Q(ha1__regex=r"^[0-9a-f]{32}$"), name="users_sipaccount_ha1"),
            CheckConstraint(
                condition=Q(kind="person", user__isnull=False, phone=None)
                | Q(kind__in=["place", "standby"], user=None, phone__isnull=False),
                name="users_sipaccount_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.username


@tracked()
class CallerNumber(models.Model):
    """A telephone number of an account, which its people and places call out with (R67).

    Support enters it. Numbers from before support did are unconfirmed until support confirms them.
    """

    account = models.ForeignKey(
        Account, models.PROTECT, verbose_name=_("account"), related_name="caller_numbers"
    )
    e164 = models.CharField(_("number"), max_length=16)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("telephone number"), _("telephone numbers")
        indexes = [
            # What support staff look for among all accounts' numbers, newest first.
            Index(fields=["account", "id"], name="users_callernumber_of_account"),
            Index(fields=["e164", "id"], name="users_callernumber_by_number"),
            Index(
                fields=["id"],
                name="users_callernumber_unconfirmed",
                condition=Q(confirmed_at=None),
            ),
        ]
        constraints = [
            UniqueConstraint(fields=["account", "e164"], name="users_callernumber_once"),
            # A number belongs to one company. Nobody has checked the unconfirmed ones.
            UniqueConstraint(
                fields=["e164"],
                name="users_callernumber_of_one_account",
                condition=Q(confirmed_at__isnull=False),
            ),
            CheckConstraint(
                condition=Q(e164__regex=r"^\+[1-9][0-9]{6,14}$"), name="users_callernumber_e164"
            ),
        ]

    def __str__(self) -> str:
        return self.e164

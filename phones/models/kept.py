"""What triggers keep about phones, so that lists needn't work it out for all of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from phones.models.phones import Kind, Phone, PhoneModel
from users.models import Account, sql_expression


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


class Rank(models.IntegerChoices):
    """What needs attention first, as a list sorted by status has it (R34)."""

    NOT_REGISTERED = 0  # a phone that has fetched its configuration before
    NEEDS_RESTART = 1
    NOT_SET_UP = 2  # neither registered, nor has ever fetched its configuration
    FINE = 3


class Standing(models.Model):
    """How a phone stands, kept by triggers so that lists can be filtered and sorted by it.

    A registration that expires stays one here until the registrar deletes it, within seconds;
    `phones_lapsed` finds those. What a row shows comes from `line.load_states`.
    """

    # The database deletes a standing with its phone; we have no right to.
    phone = models.OneToOneField(
        Phone, models.DO_NOTHING, primary_key=True, related_name="standing"
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, null=True)  # the phone's; null once it's retired
    username = models.CharField(max_length=32, null=True)  # of line 1
    is_registered = models.BooleanField()  # a device is, with that username
    needs_restart = models.BooleanField()
    never_fetched = models.BooleanField()
    rank = models.GeneratedField(
        expression=sql_expression(
            "CASE WHEN NOT is_registered AND NOT never_fetched THEN 0 WHEN needs_restart THEN 1"
            " WHEN NOT is_registered THEN 2 ELSE 3 END",
            models.SmallIntegerField(),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )

    class Meta:
        indexes = [
            Index(fields=["account", "kind", "rank", "phone"], name="phones_standing_by_rank"),
            Index(
                fields=["account", "kind", "phone"],
                name="phones_standing_restart",
                condition=Q(needs_restart=True),
            ),
            Index(fields=["username"], name="phones_standing_username"),
        ]

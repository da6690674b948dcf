"""Accounts and the people in them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import CheckConstraint, F, Func, Index, Q, UniqueConstraint
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from users.emergency_numbers import EMERGENCY_NUMBERS
from users.tenancy.history import tracked


def sql_expression(template: str, output_field: models.Field) -> Func:
    """Return a generated column's expression from SQL."""
    return Func(template=template, output_field=output_field)


class Plan(models.TextChoices):
    """What a person pays for. Plus and Pro come with a line, Basic doesn't."""

    BASIC = "basic", _("Basic")
    PLUS = "plus", _("Plus")
    PRO = "pro", _("Pro")


# Extensions that no phone can dial, because it dials an emergency number first (R13).
LIKE_EMERGENCY = f"^({'|'.join(EMERGENCY_NUMBERS)})"

PLANS_WITH_LINE = (Plan.PLUS, Plan.PRO)


class Country(models.TextChoices):
    """Where an account's phones are: the tones they play, and how they write dates."""

    US = "US", _("United States")
    CANADA = "CA", _("Canada")


class PhoneLanguage(models.TextChoices):
    """What an account's phones are written in."""

    ENGLISH = "en", _("English")
    SPANISH = "es", _("Spanish")
    FRENCH = "fr", _("French")


@tracked()
class Account(models.Model):
    """One company, the tenant: nothing of one account is visible to another."""

    name = models.CharField(_("name"), max_length=100)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    second_factor_required = models.BooleanField(
        _("second factor for all administrators"), default=False, db_default=False
    )

    # What its phones are set to (R47). Without a time zone, they get the operator's (settings).
    time_zone = models.CharField(_("time zone"), max_length=40, null=True, blank=True)
    country = models.CharField(
        _("country"), max_length=2, choices=Country, default=Country.US, db_default="US"
    )
    phone_language = models.CharField(
        _("language on phones"),
        max_length=2,
        choices=PhoneLanguage,
        default=PhoneLanguage.ENGLISH,
        db_default="en",
    )
    # Phones dial an extension of this length without waiting for more digits; others after a pause.
    ext_length = models.SmallIntegerField(_("digits of an extension"), default=3, db_default=3)
    outside_prefix = models.CharField(
        _("digit before outside numbers"), max_length=1, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name, verbose_name_plural = _("account"), _("accounts")
        constraints = [
            CheckConstraint(condition=Q(country__in=Country.values), name="users_account_country"),
            CheckConstraint(
                condition=Q(phone_language__in=PhoneLanguage.values),
                name="users_account_phone_language",
            ),
            CheckConstraint(
                condition=Q(ext_length__gte=2, ext_length__lte=10), name="users_account_ext_length"
            ),
            CheckConstraint(
                condition=Q(outside_prefix__regex=r"^[0-9]?$"), name="users_account_outside_prefix"
            ),
            UniqueConstraint(Func(F("name"), function="label_key"), name="users_account_name"),
            CheckConstraint(condition=~Q(name=""), name="users_account_name_given"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def lock(cls, pk: int) -> None:
        """Make others who lock this account wait until this transaction ends.

        Take this lock before you touch several of an account's people or phones: one lock taken
        first prevents deadlocks.
        """
        cls.objects.select_for_update(no_key=True).only("pk").get(pk=pk)


class UserManager(BaseUserManager["User"]):
    """Looks users up by the email they sign in with."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


@tracked(
    "password", "last_login", "language", "signed_out_at", "can_have_phone", "ext_number",
    "ext_kind", "name_key", "search",
)  # fmt: skip
class User(AbstractBaseUser, PermissionsMixin):
    """A person: of one account, or (is_staff) of the phone company's support and of no account.

    People sign in by email. One who lacks an email, name or extension can't have a phone.
    """

    account = models.ForeignKey(
        Account,
        models.PROTECT,
        verbose_name=_("account"),
        null=True,
        blank=True,
        related_name="users",
    )
    email = models.EmailField(_("email"), max_length=254, null=True, blank=True)
    first_name = models.CharField(_("first name"), max_length=60, blank=True)
    last_name = models.CharField(_("last name"), max_length=60, blank=True)
    ext = models.CharField(_("extension"), max_length=10, null=True, blank=True)
    plan = models.CharField(_("plan"), max_length=5, choices=Plan, default=Plan.BASIC)
    # One of the account's caller numbers: a foreign key in the migrations holds it (R67).
    caller_id = models.CharField(_("outbound caller ID"), max_length=16, null=True, blank=True)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    is_staff = models.BooleanField(_("support staff"), default=False)
    # Support staff without it see everything and change nothing (R35).
    may_act = models.BooleanField(_("support staff that may act"), default=False, db_default=False)
    is_active = models.BooleanField(_("active"), default=True)
    # Set by the link in the mail to a replaced address, and cleared when the block is lifted
    # (users.blocks). Only sign-in depends on it: the phone line and 911 keep working.
    sign_in_blocked_at = models.DateTimeField(
        _("sign-in blocked"), null=True, blank=True, editable=False
    )
    # Block links mailed before then no longer work.
    sign_in_cleared_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Sessions and mailed links from before then never work again (users.sessions).
    signed_out_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The language this person chose; "" means whatever the browser asks for.
    language = models.CharField(
        _("language"),
        max_length=7,
        choices=settings.LANGUAGES,
        blank=True,
        default="",
        db_default="",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # Set by a trigger on the table of second factors, so the history shows the first and last one.
    has_second_factor = models.BooleanField(
        _("second factor"), default=False, db_default=False, editable=False
    )

    # A phone's foreign key points here: true exactly for people who may have a phone
    # (R12, R13, R19, R23, R25).
    can_have_phone = models.GeneratedField(
        expression=sql_expression(
            "plan IN ('plus', 'pro') AND is_active AND first_name <> '' AND last_name <> ''"
            " AND email IS NOT NULL AND ext IS NOT NULL",
            models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # Extensions are digits as text ("007" isn't "7"); lists sort by the number.
    ext_number = models.GeneratedField(
        expression=sql_expression(
            "CASE WHEN ext ~ '^[0-9]{1,10}$' THEN ext::bigint END", models.BigIntegerField()
        ),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )
    # With it, the foreign key to the numbering plan finds a person's extension only.
    ext_kind = models.GeneratedField(
        expression=sql_expression(
            "CASE WHEN ext IS NOT NULL THEN 'person' END", models.CharField()
        ),
        output_field=models.CharField(max_length=6, null=True),
        db_persist=True,
    )
    name_key = models.GeneratedField(
        expression=sql_expression("fold(last_name || ' ' || first_name)", models.TextField()),
        output_field=models.TextField(),
        db_persist=True,
    )
    search = models.GeneratedField(
        expression=sql_expression(
            "search_words(first_name || ' ' || last_name || ' ' || coalesce(ext, '')"
            " || ' ' || coalesce(split_part(email, '@', 1), ''))",
            models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        verbose_name, verbose_name_plural = _("user"), _("users")
        indexes = [
            Index(fields=["account", "ext_number", "ext"], name="users_user_by_ext"),
            Index(fields=["account", "name_key", "id"], name="users_user_by_name"),
            Index(fields=["account", "plan", "name_key", "id"], name="users_user_by_plan"),
            # What administrators filter by.
            Index(
                fields=["account", "id"],
                name="users_user_incomplete",
                condition=~Q(plan="basic") & Q(is_active=True, can_have_phone=False),
            ),
            Index(
                fields=["account", "id"],
                name="users_user_own_administrators",
                condition=Q(is_administrator=True),
            ),
            Index(
                fields=["account", "id"],
                name="users_user_own_deactivated",
                condition=Q(is_active=False),
            ),
            # What support staff look for among all accounts' people, newest first.
            Index(fields=["account", "id"], name="users_user_of_one_account"),
            Index(
                fields=["id"], name="users_user_administrators", condition=Q(is_administrator=True)
            ),
            Index(fields=["id"], name="users_user_staff", condition=Q(is_staff=True)),
            Index(fields=["id"], name="users_user_deactivated", condition=Q(is_active=False)),
            Index(
                fields=["id"],
                name="users_user_like_emergency",
                condition=Q(ext__regex=LIKE_EMERGENCY),
            ),
        ]
        constraints = [
            UniqueConstraint(fields=["email"], name="users_user_email"),
            UniqueConstraint(fields=["account", "ext"], name="users_user_ext"),
            CheckConstraint(
                condition=Q(is_staff=Q(account__isnull=True)),
                name="users_user_account_unless_staff",
            ),
            CheckConstraint(condition=Q(is_superuser=False), name="users_user_no_superuser"),
            CheckConstraint(
                condition=Q(is_staff=True) | Q(may_act=False), name="users_user_may_act_is_staff"
            ),
            CheckConstraint(
                condition=Q(is_administrator=False) | Q(is_staff=False, email__isnull=False),
                name="users_user_administrator_has_email",
            ),
            CheckConstraint(condition=Q(plan__in=Plan.values), name="users_user_plan"),
            CheckConstraint(
                condition=Q(language__in=["", *dict(settings.LANGUAGES)]),
                name="users_user_language",
            ),
            CheckConstraint(
                condition=Q(email=Func(F("email"), function="lower")) & ~Q(email=""),
                name="users_user_email_lower_case",
            ),
            CheckConstraint(
                condition=Q(first_name=Func(F("first_name"), function="btrim"))
                & Q(last_name=Func(F("last_name"), function="btrim")),
                name="users_user_names_trimmed",
            ),
        ]

    # Set by users.sign_in on the person who sends a request.
    lacks_second_factor: bool

    def __str__(self) -> str:
        return self.name or self.email or f"#{self.pk}"

    @property
    def name(self) -> str:
        """First and last name as people say them, or just one if the other is missing."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def own_account_id(self) -> int:
        """The key of the person's account, which everyone but support staff has."""
        assert self.account_id is not None
        return self.account_id

    @property
    def mail_address(self) -> str:
        """The email address, for a person known to have one."""
        assert self.email is not None
        return self.email

    @property
    def may_sign_in(self) -> bool:
        """Whether any password, passkey or link can let this person in."""
        return self.is_active and self.sign_in_blocked_at is None

    @property
    def sign_in_epoch(self) -> str:
        """The value that sessions and mailed links are bound to; a new one signs the person out."""
        return self.signed_out_at.isoformat() if self.signed_out_at else ""

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Sessions from before the first epoch keep working, so an upgrade signs no one out.
        password = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # not in the stubs
        if not self.sign_in_epoch:
            return password
        bound = password + self.sign_in_epoch
        return salted_hmac("users.sessions", bound, secret, algorithm="sha256").hexdigest()

    @property
    def has_line(self) -> bool:
        """Whether the plan comes with a line, and so with SIP credentials."""
        return self.plan in PLANS_WITH_LINE

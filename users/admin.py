"""Let support staff see and act on accounts, people, and views of credentials (R35, R36)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from users import people
from users.acting import Act, answer, name_acts
from users.acts import ACTS
from users.acts.facts import load_people
from users.forms import NumberField
from users.models import LIKE_EMERGENCY, Account, CallerNumber, CredentialsRecord, User
from users.numbers import NAMED, is_unconfirmed, load_numbers, was_removed
from users.support import visits
from users.support.acting import Adding
from users.support.acts import ACTS as ACCOUNT_ACTS
from users.support.acts import AddAccount, Visit
from users.support.caller_numbers import ConfirmNumber, RemoveNumber, list_users
from users.support.lists import key_from, make_choice_filter, make_key_filter
from users.support.register import Register
from users.support.site import agent_of, site


@admin.register(Account, site=site)
class AccountRegister(Register):
    """Accounts: their pages, their people and phones, and new ones."""

    section, place = gettext_lazy("Look up"), 1
    list_display = ["name", "created_at"]
    fields = [
        "name", "created_at", "second_factor_required",
        "time_zone", "country", "phone_language", "ext_length", "outside_prefix",
    ]  # fmt: skip
    searched, searched_by = Account, "pk"
    row_acts = ACCOUNT_ACTS
    search_help_text = gettext_lazy("Name")

    def has_add_permission(self, request: HttpRequest, *args: object) -> bool:
        return agent_of(request).may_act

    def links(self, row: Account) -> Iterator[tuple[str, str]]:
        yield _("People"), reverse("admin:users_user_changelist") + f"?account={row.pk}"
        yield _("Phones"), reverse("admin:phones_phone_changelist") + f"?account={row.pk}"
        numbers = reverse("admin:users_callernumber_changelist")
        yield _("Telephone numbers"), f"{numbers}?account={row.pk}"
        yield _("Activity"), self.activity_of(row.pk)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add an account and invite its first administrator (R39)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return require_http_methods(["GET", "HEAD", "POST"])(self._add)(request)

    def _add(self, request: HttpRequest) -> HttpResponse:
        return answer(request, AddAccount(), 0, Adding(self))

    def accounts_of(self, act: Act[Any], row: Account) -> set[int]:
        return {row.pk}

    def answer_act(self, request: HttpRequest, act: Act[Any], key: int) -> HttpResponse:
        return super().answer_act(request, Visit(request) if act.name == "visit" else act, key)


@admin.register(CallerNumber, site=site)
class CallerNumberRegister(Register):
    """Telephone numbers of all accounts, and which of them nobody has checked (R67)."""

    section, place = gettext_lazy("Look up"), 5
    list_display = ["e164", "account", "confirmed_at"]
    list_select_related = ["account"]
    list_filter = [
        make_choice_filter(
            gettext_lazy("state"),
            "state",
            {"unconfirmed": (gettext_lazy("Not confirmed"), Q(confirmed_at=None))},
        ),
        make_key_filter(gettext_lazy("account"), "account", Account),
    ]
    fields = ["e164", "account", "confirmed_at", "used_by"]
    row_acts = name_acts([ConfirmNumber(), RemoveNumber()])
    search_help_text = gettext_lazy("The whole number")

    @admin.display(description=gettext_lazy("used by"))
    def used_by(self, row: CallerNumber) -> str:
        """Return the people and places that use it, the first of them if there are many."""
        users = list_users(row)
        return "; ".join([*users[:NAMED], *(["…"] if len(users) > NAMED else [])])

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> CallerNumber:
        row = super().get_object(request, *args, **kwargs)
        return self.rows_for_acts(request).get(pk=row.pk)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("e164",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CallerNumber], search_term: str
    ) -> tuple[QuerySet[CallerNumber], bool]:
        """Find one whole number in a usual notation."""
        if not search_term.strip():
            return queryset, False
        try:
            return queryset.filter(e164=NumberField().clean(search_term)), False
        except ValidationError:
            return queryset.none(), False

    def links(self, row: CallerNumber) -> Iterator[tuple[str, str]]:
        yield _("Account"), reverse("admin:users_account_change", args=[row.account_id])
        yield _("Activity"), self.activity_of(row.account_id)

    def rows_for_acts(self, request: HttpRequest) -> QuerySet[CallerNumber]:
        return load_numbers(super().get_queryset(request))

    def notices(self) -> Iterator[tuple[str, str]]:
        if CallerNumber.objects.filter(confirmed_at=None).exists():
            text = _("No one has confirmed some telephone numbers yet.")
            yield text, f"{self.get_url_of_list()}?state=unconfirmed"

    def was_done_to_gone_row(self, act: Act[Any], key: int) -> bool:
        return act.name == "remove-number" and was_removed(key)


# No new ones are possible: these are from before phones dialed emergency numbers at once (R13).
LIKE_EMERGENCY_FILTER = make_choice_filter(
    gettext_lazy("extension"),
    "ext",
    {"emergency": (gettext_lazy("Begins like 911"), Q(ext__regex=LIKE_EMERGENCY))},
)


@admin.register(User, site=site)
class UserRegister(Register):
    """People of all accounts, and support staff."""

    section, place = gettext_lazy("Look up"), 2
    list_display = ["__str__", "ext", "email", "plan", "account", "is_administrator", "is_active"]
    list_select_related = ["account"]
    list_filter = [
        make_choice_filter(
            gettext_lazy("role"),
            "role",
            {
                "administrator": (gettext_lazy("Administrators"), Q(is_administrator=True)),
                "support": (gettext_lazy("Support staff"), Q(is_staff=True)),
            },
        ),
        make_choice_filter(
            gettext_lazy("state"),
            "state",
            {"off": (gettext_lazy("Deactivated"), Q(is_active=False))},
        ),
        LIKE_EMERGENCY_FILTER,
        make_key_filter(gettext_lazy("account"), "account", Account),
    ]
    fields = [
        "account", "first_name", "last_name", "email", "ext", "plan", "caller_id_shown",
        "is_administrator", "is_active", "sign_in_blocked_at",
        "has_second_factor", "is_staff", "may_act", "created_at", "last_login",
    ]  # fmt: skip
    searched, searched_by = User, "pk"
    row_acts = ACTS
    search_help_text = gettext_lazy("Name, extension or email")

    @admin.display(description=gettext_lazy("caller number"))
    def caller_id_shown(self, row: User) -> str:
        """Return the number, and whether nobody has checked it."""
        number = row.caller_id or ""
        if User.objects.filter(is_unconfirmed(), pk=row.pk).exists():
            return _("%(number)s (not confirmed)") % {"number": number}
        return number

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).defer("search", "name_key")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Find a whole email at once: many addresses share the part before the @."""
        email = search_term.strip().lower()
        if (
            "@" in email
            and not key_from(request, "account")
            and queryset.filter(email=email).exists()
        ):
            return queryset.filter(email=email), False
        return super().get_search_results(request, queryset, search_term)

    def links(self, row: User) -> Iterator[tuple[str, str]]:
        if row.account_id:
            yield _("Activity"), self.activity_of(row.account_id, person=row.pk)
            yield _("Account’s pages"), reverse("admin:users_account_visit", args=[row.account_id])
            yield (
                _("Looks at credentials"),
                reverse("admin:users_credentialsrecord_changelist") + f"?user={row.pk}",
            )
            if hasattr(row, "phone"):
                yield _("Phone"), reverse("admin:phones_phone_change", args=[row.phone.pk])

    def notices(self) -> Iterator[tuple[str, str]]:
        if count := User.objects.filter(ext__regex=LIKE_EMERGENCY).count():
            text = ngettext(
                "%(count)d person has an extension that begins with an emergency number.",
                "%(count)d people have extensions that begin with an emergency number.",
                count,
            )
            yield text % {"count": count}, f"{self.get_url_of_list()}?ext=emergency"

    def rows_for_acts(self, request: HttpRequest) -> QuerySet[User]:
        of_accounts = super().get_queryset(request).filter(account__isnull=False)
        return load_people(of_accounts)

    def was_done_to_gone_row(self, act: Act[Any], key: int) -> bool:
        return act.name == "delete" and people.was_deleted(account_id=None, key=key)

    def has_acts(self, row: User) -> bool:
        return row.account_id is not None


@admin.register(CredentialsRecord, site=site)
class CredentialsRecordRegister(Register):
    """Who viewed someone's SIP credentials, or had them changed (R22)."""

    list_display = ["at", "user_name", "account", "what", "by_name"]
    list_select_related = ["account"]
    list_filter = [make_key_filter(gettext_lazy("person"), "user", User)]
    fields = ["at", "user_name", "username", "what", "by_name", "account"]
    searched, searched_by = User, "user__id"
    search_help_text = gettext_lazy("The person’s name, extension or email")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End a visit to an account's pages."""
    visits.end_visit(request)
    return redirect("admin:index")


leave.for_readers = True  # type: ignore[attr-defined]
site.page("leave/", leave, "leave")

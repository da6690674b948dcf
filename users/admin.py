"""Let support staff see and act on accounts, people, and views of credentials (R35, R36)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from users import blocks, invitations, people, second_factor
from users.forms import EmailField, PlanForm
from users.models import Account, CredentialsRecord, Plan, User
from users.refusals import ACCOUNT_REFUSALS
from users.support import visits
from users.support.acting import Question, ReasonForm, act, ask
from users.support.lists import key_from, make_choice_filter, make_key_filter
from users.support.register import Register
from users.support.site import agent_of, site
from users.tenancy import history
from users.tenancy.refusals import explain_refusals
from users.tenancy.text import TextField


class NewAccountForm(ReasonForm):
    """A new account, and the person to invite as its administrator."""

    name = TextField(label=gettext_lazy("Company"), max_length=100)
    email = EmailField(label=gettext_lazy("Email of the first administrator"), max_length=254)
    first_name = TextField(label=gettext_lazy("First name"), max_length=60, required=False)
    last_name = TextField(label=gettext_lazy("Last name"), max_length=60, required=False)


class EmailAndReasonForm(ReasonForm):
    """Another email address, and why."""

    email = EmailField(label=gettext_lazy("Email"), max_length=254)


class PlanAndReasonForm(ReasonForm, PlanForm):
    """Another plan, and why."""


@admin.register(Account, site=site)
class AccountRegister(Register):
    """Accounts: their pages, their people and phones, and new ones."""

    list_display = ["name", "created_at"]
    fields = ["name", "created_at", "second_factor_required"]
    searched, searched_by = Account, "pk"
    search_help_text = gettext_lazy("Name")

    def has_add_permission(self, request: HttpRequest, *args: object) -> bool:
        return agent_of(request).may_act

    def accounts_of(self, request: HttpRequest, row: Account) -> set[int]:
        return {row.pk}

    def links(self, row: Account) -> Iterator[tuple[str, str]]:
        yield _("People"), reverse("admin:users_user_changelist") + f"?account={row.pk}"
        yield _("Phones"), reverse("admin:phones_phone_changelist") + f"?account={row.pk}"
        yield _("Activity"), self.activity_of(row.pk)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add an account and invite its first administrator (R39)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return require_http_methods(["GET", "HEAD", "POST"])(self._add)(request)

    def _add(self, request: HttpRequest) -> HttpResponse:
        def do(name: str, **who: str) -> str:
            with explain_refusals(ACCOUNT_REFUSALS):
                Account.objects.create(name=name)
            user = invitations.add_administrator(account=name, **who)
            try:
                invitations.send_invitation(user, by=agent_of(request))
            except invitations.TooMany as refusal:
                return _("Made %(account)s.") % {"account": name} + f" {refusal.message}"
            return _("Made %(account)s, and invited %(email)s.") % {
                "account": name,
                "email": who["email"],
            }

        question = Question(
            title=_("Add an account"),
            button=_("Add account and invite"),
            consequences=[_("The administrator gets an email with a link to choose a password.")],
        )
        return ask(
            request,
            question,
            form=NewAccountForm(request.POST or None),
            do=do,
            back=reverse("admin:users_account_changelist"),
        )

    @act(gettext_lazy("Open the account’s pages"), for_readers=True)
    def visit(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Open the account's own pages, read-only (R35)."""

        def do() -> str:
            visits.start_visit(request, account)
            return ""

        question = Question(
            title=_("Open the pages of %(account)s?") % {"account": account},
            button=_("Open pages"),
            consequences=[
                _(
                    "You see them as its administrators do, for %(minutes)d minutes,"
                    " and can change nothing there."
                )
                % {"minutes": visits.LASTS.seconds // 60},
                _("The account’s Activity says that you looked, and why."),
            ],
        )
        return ask(
            request,
            question,
            form=ReasonForm(request.POST or None),
            do=do,
            back=self.url_of(account),
            then=reverse("user_phones"),
            account_id=account.pk,
        )


@admin.register(User, site=site)
class UserRegister(Register):
    """People of all accounts, and support staff."""

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
        make_key_filter(gettext_lazy("account"), "account", Account),
    ]
    fields = [
        "account", "first_name", "last_name", "email", "ext", "plan", "caller_id",
        "is_administrator", "is_active", "sign_in_blocked_at",
        "has_second_factor", "is_staff", "may_act", "created_at", "last_login",
    ]  # fmt: skip
    searched, searched_by = User, "pk"
    search_help_text = gettext_lazy("Name, extension or email")

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

    @act(gettext_lazy("Change plan"), when=lambda user: user.account_id)
    def plan(self, request: HttpRequest, user: User) -> HttpResponse:
        """Change the plan (R23, R24)."""

        def do(plan: str) -> str:
            people.change_plan(user, plan)
            return _("%(name)s is on %(plan)s now.") % {"name": user, "plan": Plan(plan).label}

        question = Question(
            title=_("Plan of %(name)s") % {"name": user},
            button=_("Change plan"),
            consequences=[
                _("Plus and Pro come with a line and SIP credentials. Basic has neither."),
                _("Who has a phone cannot go to Basic: unassign it first."),
            ],
            facts=[user.plan],
        )
        form = PlanAndReasonForm(request.POST or None, initial={"plan": user.plan})
        return self._ask(request, user, question, do, form)

    @act(gettext_lazy("Deactivate"), when=lambda user: user.account_id and user.is_active)
    def deactivate(self, request: HttpRequest, user: User) -> HttpResponse:
        """Keep a person out (R25)."""

        def do() -> str:
            people.set_active(user, False)
            return _("Deactivated %(name)s.") % {"name": user}

        question = Question(
            title=_("Deactivate %(name)s?") % {"name": user},
            button=_("Deactivate"),
            consequences=[
                _("This person can no longer sign in or be given a phone. Everything else stays.")
            ],
        )
        return self._ask(request, user, question, do)

    @act(gettext_lazy("Activate"), when=lambda user: user.account_id and not user.is_active)
    def activate(self, request: HttpRequest, user: User) -> HttpResponse:
        """Let a person in again (R25)."""

        def do() -> str:
            people.set_active(user, True)
            return _("Activated %(name)s.") % {"name": user}

        question = Question(
            title=_("Activate %(name)s?") % {"name": user},
            button=_("Activate"),
            consequences=[_("This person can sign in and be given a phone again.")],
        )
        return self._ask(request, user, question, do)

    @act(
        gettext_lazy("Reset second factors"),
        when=lambda user: user.account_id and user.has_second_factor,
    )
    def second_factor(self, request: HttpRequest, user: User) -> HttpResponse:
        """Remove the second factors of someone who lost them."""

        def do() -> str:
            second_factor.reset_factors(user)
            return _("%(name)s has no second factor any more, and is signed out everywhere.") % {
                "name": user
            }

        question = Question(
            title=_("Reset the second factors of %(name)s?") % {"name": user},
            button=_("Reset second factors"),
            consequences=[
                _(
                    "Passkeys, authenticator app and recovery codes go,"
                    " and the person is signed out everywhere."
                ),
                _(
                    "The person is told by email, and sets up new ones at the next sign-in"
                    " where they are demanded."
                ),
            ],
            dangers=[
                _(
                    "Until then the password alone lets in."
                    " Make sure by another way who asks for this."
                )
            ],
        )
        return self._ask(request, user, question, do)

    @act(gettext_lazy("Change email"), when=lambda user: user.account_id)
    def email(self, request: HttpRequest, user: User) -> HttpResponse:
        """Change the address that a person signs in with (R44)."""

        def do(email: str) -> str:
            people.edit(user, email=email)
            return _("The email of %(name)s is %(email)s now.") % {"name": user, "email": email}

        question = Question(
            title=_("Email of %(name)s") % {"name": user},
            button=_("Change email"),
            consequences=[
                _("They are signed out everywhere, and sign in with the new address from now on."),
                _("The old address, the new one and the administrators are told by email."),
                _("The mail to the old address has a link that can block this person’s sign-in."),
            ],
            dangers=[
                _("Whoever reads mail to the new address can sign in as this person."),
                _("Make sure by another way that it’s theirs."),
            ],
            facts=[user.email],
        )
        form = EmailAndReasonForm(request.POST or None, initial={"email": user.email})
        return self._ask(request, user, question, do, form)

    @act(
        gettext_lazy("Let them sign in again"),
        when=lambda user: user.account_id and user.sign_in_blocked_at,
    )
    def let_in_again(self, request: HttpRequest, user: User) -> HttpResponse:
        """Lift the block on a person's sign-in (R44)."""

        def do() -> str:
            blocks.lift_block(user)
            return _("%(name)s can sign in again.") % {"name": user}

        mailbox, email = blocks.mailbox_that_blocked(user) or "–", user.email or "–"
        question = Question(
            title=_("Let %(name)s sign in again?") % {"name": user},
            button=_("Let them sign in again"),
            consequences=[
                _("It was blocked by whoever reads mail to %(email)s.") % {"email": mailbox},
                _("%(email)s gets a link to choose a new password.") % {"email": email},
                _("The old password, passkeys, app and recovery codes stop working."),
            ],
            dangers=[
                _("Make sure by another way that %(email)s is theirs.") % {"email": email},
                _("If it isn’t, change the email first."),
            ],
        )
        return self._ask(request, user, question, do)

    @act(
        gettext_lazy("Send invitation"),
        when=lambda user: user.account_id and invitations.can_be_invited(user),
    )
    def invite(self, request: HttpRequest, user: User) -> HttpResponse:
        """Send the link to choose a password again (R39)."""

        def do() -> str:
            invitations.send_invitation(user, by=agent_of(request))
            history.record_action(user, history.INVITED)
            return _("An invitation is on its way to %(email)s.") % {"email": user.email}

        question = Question(
            title=_("Invite %(name)s?") % {"name": user},
            button=_("Send invitation"),
            consequences=[_("%(email)s gets a link to choose a password.") % {"email": user.email}],
        )
        return self._ask(request, user, question, do)

    def _ask(
        self,
        request: HttpRequest,
        user: User,
        question: Question,
        do: Any,
        form: ReasonForm | None = None,
    ) -> HttpResponse:
        return ask(
            request,
            question,
            form=form or ReasonForm(request.POST or None),
            do=do,
            back=self.url_of(user),
            account_id=user.account_id,
        )


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

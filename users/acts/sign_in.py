"""Decide who administers an account, and help people who can't sign in (R25, R39, R44)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from users import blocks, invitations, people, second_factor
from users.acting import Act, ActRefused, Confirmation, Done, Link
from users.acts import groups
from users.acts.facts import (
    ROLE_NEWS,
    facts_of,
    refuse_for_last_administrator,
    warn_of_own_access,
)
from users.models import User
from users.refusals import REFUSALS
from users.tenancy import history

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class MakeAdministrator(Act[User]):
    """Let a person administer the account (R25)."""

    name, label, icon = "make-administrator", _("Make administrator"), "shield-plus"
    group = groups.SIGN_IN

    def is_offered(self, row: User, by: User) -> bool:
        return row.is_active and not row.is_administrator

    def holds(self, row: User, **answers: Any) -> bool:
        return row.is_administrator

    def describe(self, row: User, by: User) -> Confirmation:
        if not row.email:
            code = "users_user_administrator_has_email"
            raise ActRefused(
                REFUSALS[code].sentence,
                code=code,
                first=Link(_("Edit user"), "user_edit", row.pk),
            )
        if not row.may_sign_in:
            raise ActRefused(
                REFUSALS["kept_out"].sentence, code="kept_out", facts={"name": str(row)}
            )
        gets_link = not row.has_usable_password()
        consequences = [
            _(
                "They’ll be able to change everything on these pages, including who is an"
                " administrator."
            )
        ]
        if gets_link:
            consequences.append(_("%(email)s gets a link to choose a password."))
        return Confirmation(
            title=_("Make %(name)s an administrator?"),
            button=_("Make administrator"),
            facts=facts_of(row, by) | {"gets_link": gets_link},
            consequences=[*consequences, ROLE_NEWS],
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        people.edit(row, is_administrator=True)
        return invite_if_new(row, by, _("%(name)s is an administrator now."))


class RemoveAdministrator(Act[User]):
    """Take the administrator's role from a person, who stays a user (R25)."""

    name, label, icon = "remove-administrator", _("Remove administrator"), "shield-minus"
    group = groups.SIGN_IN

    def holds(self, row: User, **answers: Any) -> bool:
        return not row.is_administrator

    def describe(self, row: User, by: User) -> Confirmation:
        refuse_for_last_administrator(row)
        return Confirmation(
            title=_("Remove %(name)s as an administrator?"),
            button=_("Remove administrator"),
            facts=facts_of(row, by),
            consequences=[
                _("They’re signed out and can no longer open these pages."),
                _("They keep their phone, extension and everything else."),
                ROLE_NEWS,
            ],
            dangers=warn_of_own_access(row, by),
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        people.edit(row, is_administrator=False)
        return Done(_("%(name)s is no longer an administrator."), {"name": str(row)})


class Invite(Act[User]):
    """Mail an administrator without a password the link to choose one (R39)."""

    name, label, icon = "invitation", _("Send invitation"), "message-square"
    group = groups.SIGN_IN

    def is_offered(self, row: User, by: User) -> bool:
        return row.is_administrator and row.may_sign_in and row.last_login is None

    def describe(self, row: User, by: User) -> Confirmation:
        if not invitations.can_be_invited(row):
            raise ActRefused(REFUSALS["not_invited"].sentence, code="not_invited")
        return Confirmation(
            title=_("Invite %(name)s?"),
            button=_("Send invitation"),
            facts=facts_of(row, by),
            consequences=[
                _("%(email)s gets a link to choose a password. It works once, within seven days.")
            ],
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        invitations.send_invitation(row, by=by)
        history.record_action(row, history.INVITED)
        return Done(_("An invitation is on its way to %(email)s."), {"email": row.email})


class ResetSecondFactors(Act[User]):
    """Remove the second factors of another person who lost them.

    People change their own under Password and security, which asks for proof.
    """

    name, label, icon = "second-factor", _("Reset second factors"), "shield-off"
    group = groups.SIGN_IN

    def is_offered(self, row: User, by: User) -> bool:
        return row.has_second_factor and row.pk != by.pk

    def holds(self, row: User, **answers: Any) -> bool:
        return not row.has_second_factor

    def describe(self, row: User, by: User) -> Confirmation:
        if row.pk == by.pk:
            code = "own_second_factor"
            raise ActRefused(REFUSALS[code].sentence, code=code)
        return Confirmation(
            title=_("Remove all second factors of %(name)s?"),
            button=_("Remove second factors"),
            facts=facts_of(row, by),
            consequences=[
                _("Their passkeys, authenticator app and recovery codes stop working."),
                _("They’re signed out everywhere and get an email about it."),
            ],
            dangers=[
                _("Until they set up a new one, their password alone is enough to sign in."),
                _("Make sure they’re the one asking: call them back at a number you know."),
            ],
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        second_factor.reset_factors(row)
        said = _("%(name)s has no second factor anymore, and is signed out everywhere.")
        return Done(said, {"name": str(row)})


class LiftBlock(Act[User]):
    """Let a person sign in again whose sign-in was blocked (R44)."""

    name, label, icon = "sign-in-block", _("Let them sign in again"), "log-in"
    group = groups.SIGN_IN

    def holds(self, row: User, **answers: Any) -> bool:
        return row.sign_in_blocked_at is None

    def describe(self, row: User, by: User) -> Confirmation:
        mailbox = blocks.mailbox_that_blocked(row)
        consequences = [
            *([_("Someone who can read mail sent to %(mailbox)s blocked it.")] if mailbox else []),
            _("The old password, passkeys, app and recovery codes stop working."),
        ]
        if row.email:
            consequences.append(_("%(email)s gets a link to choose a new password."))
            ask = _(
                "Call them at a number you know and ask whether %(email)s is their address. If it"
                " isn’t, change it first."
            )
        else:
            ask = _("They have no email address to sign in with. Enter one first.")
        return Confirmation(
            title=_("Let %(name)s sign in again?"),
            button=_("Let them sign in again"),
            facts=facts_of(row, by) | {"mailbox": mailbox},
            consequences=consequences,
            dangers=[ask],
            first=Link(_("Change email"), "user_edit", row.pk),
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        blocks.lift_block(row)
        return Done(_("%(name)s can sign in again."), {"name": str(row)})


def invite_if_new(user: User, by: User, said: StrOrPromise, **facts: str) -> Done:
    """Return what was said of a new administrator, with what became of their invitation.

    The change stays if the mail is refused; then the message says so.
    """
    named = {"name": str(user), "email": user.email} | facts
    if not invitations.can_be_invited(user):
        return Done(said, named)
    try:
        invitations.send_invitation(user, by=by)
    except invitations.TooMany as refusal:
        named["refusal"] = str(refusal.message)
        return Done(said, named, further="%(refusal)s", is_problem=True)
    return Done(said, named, further=_("An invitation is on its way to %(email)s."))

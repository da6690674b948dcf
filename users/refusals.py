"""What this app refuses: the one catalog of its constraints and rules, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from users.tenancy import text
from users.tenancy.refusals import Catalog, Refusal

# The constraint is declared in phones, which imports this app.
HAS_PHONE = "phones_phone_assigned_to_may_have_phone"

REFUSALS: Catalog = {
    **text.REFUSALS,
    # People: constraints of the database
    "users_user_email": Refusal(
        "email",
        _("This email address is already in use. If it isn’t one of your users, contact support."),
        "email-addresses",
    ),
    "users_user_administrator_has_email": Refusal(
        "email",
        _("An administrator needs an email address to sign in."),
        "email-addresses",
    ),
    "users_user_ext": Refusal(
        "ext", _("Someone in your account already has this extension."), "edit-people"
    ),
    "users_number_pkey": Refusal(
        "ext", _("A person or common-area phone already has this extension."), "edit-people"
    ),
    "users_number_digits": Refusal("ext", _("An extension is 1 to 10 digits."), "edit-people"),
    "users_number_no_emergency_number": Refusal(
        "ext",
        _(
            "An extension can’t start with 911, 933, 112 or 9911: phones wouldn’t dial emergency"
            " numbers right away."
        ),
        "edit-people",
    ),
    "users_user_caller_id_of_account": Refusal(
        "caller_id",
        _("This isn’t one of your company’s numbers. Support adds them."),
        "edit-people",
    ),
    HAS_PHONE: Refusal(
        "",
        _(
            "This person has a phone, so they need a first name, last name, email and extension. To"
            " take one away, unassign the phone first."
        ),
        "downgrade",
    ),
    # People: rules
    "caller_id": Refusal(
        "caller_id",
        _("Enter the number with + and the country code, such as +1 415 555 0100."),
        "edit-people",
    ),
    "nameless": Refusal(
        "",
        _("Enter a name or an email address, so that people can tell who this is."),
        "edit-people",
    ),
    "last_administrator": Refusal(
        "",
        _(
            "No other administrator can sign in yet. Make someone else an administrator first; it"
            " counts once they’ve accepted the invitation."
        ),
        "leaving",
    ),
    "kept_out": Refusal(
        "",
        _(
            "%(name)s can’t sign in: they’re deactivated, or their sign-in is blocked. End that"
            " first."
        ),
        "leaving",
    ),
    "not_invited": Refusal(
        "", _("Only an administrator who has no password yet can be invited."), "invitations"
    ),
    "form_sent": Refusal(
        "",
        _("This form was already sent with different answers. Check whether they were right."),
        "changed-meanwhile",
    ),
    # Signing in
    "email_password_mismatch": Refusal("", _("The email or the password is wrong."), "sign-in"),
    "enter_current_password": Refusal(
        "oldpassword", _("This isn’t your current password."), "passwords"
    ),
    "incorrect_password": Refusal("password", _("This isn’t your password."), "passwords"),
    "incorrect_code": Refusal(
        "code", _("This code is wrong or has expired. Enter a new one."), "second-factor"
    ),
    "passkey": Refusal("credential", _("The passkey didn’t work. Try again."), "second-factor"),
    "cannot_delete_authenticator": Refusal(
        "",
        _("You must have a second factor, and this is your only one. Add another first."),
        "second-factor",
    ),
    "own_second_factor": Refusal(
        "", _("Change your own second factors under Password and security."), "second-factor"
    ),
}
# The same constraint, for acts that would leave the person unable to keep the phone.
KEEPS_PHONE: Catalog = {
    HAS_PHONE: Refusal("", _("This person has a phone. Unassign it first."), "downgrade"),
}
# Only support staff do these, and the account's Help isn't for them.
ACCOUNT_REFUSALS: Catalog = {
    "users_account_name": Refusal("name", _("There’s already an account with this name."), ""),
}
NUMBER_REFUSALS: Catalog = {
    # The number may belong to another company, so the sentence must not say to which (R67).
    "users_callernumber_of_one_account": Refusal(
        "number", _("This number is already confirmed for another account."), ""
    ),
    "number_in_use": Refusal(
        "",
        _("%(number)s is used by %(users)s. Give them another number, or none, first."),
        "",
    ),
    "number_in_use_by_more": Refusal(
        "",
        _("%(number)s is used by %(users)s and others. Give them another number, or none, first."),
        "",
    ),
}

"""Every URL of the project. URLs are nouns, methods are verbs."""

from allauth.account import views as sign_in_views
from allauth.mfa.base import views as factor_views
from allauth.mfa.recovery_codes.views import view_recovery_codes
from allauth.mfa.webauthn import views as passkey_views
from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView

import users.access  # noqa: F401  (its path converter)
from phoneadmin.activity.views import activity, download_activity
from phoneadmin.help import views as help
from phoneadmin.views import preferences
from users import block_page, language, proving, second_factor, sessions
from users.sign_in import ADMIN, PREFIX
from users.support.site import site
from users.views import company, company_phones

handler400 = "phoneadmin.errors.bad_request"
handler429 = "phoneadmin.errors.too_many_requests"
handler500 = "phoneadmin.errors.server_error"

# Only the pages of allauth that we use: no one signs up, and each user's email is in their own row.
factors = [
    path("", factor_views.index, name="mfa_index"),
    path("ask/", factor_views.authenticate, name="mfa_authenticate"),
    path("again/", factor_views.reauthenticate, name="mfa_reauthenticate"),
    path("app/", second_factor.AddApp.as_view(), name="mfa_activate_totp"),
    path("app/remove/", second_factor.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("codes/", view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "codes/new/", second_factor.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"
    ),
    path("passkeys/add/", second_factor.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path(
        "passkeys/<key:pk>/remove/",
        second_factor.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path(
        "passkeys/again/", passkey_views.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"
    ),
    path("passkeys/sign-in/", passkey_views.login_webauthn, name="mfa_login_webauthn"),
]
sign_in = [
    path("", sign_in_views.login, name="account_login"),
    path("out/", sign_in_views.logout, name="account_logout"),
    path("language/", language.choose_language, name="account_language"),
    path("inactive/", sign_in_views.account_inactive, name="account_inactive"),
    path("block/<str:key>/", block_page.page, name="account_block"),
    path("again/", sign_in_views.reauthenticate, name="account_reauthenticate"),
    path("sessions/", sessions.Sessions.as_view(), name="usersessions_list"),
    path(
        "sessions/browsers/<key:key>/forget/",
        sessions.forget_browser,
        name="usersessions_forget_browser",
    ),
    path("second-factor/", include(factors)),
    path("password/change/", proving.ChangePassword.as_view(), name="account_change_password"),
    path("password/reset/", sign_in_views.password_reset, name="account_reset_password"),
    path(
        "password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path(
        "password/reset/sent/",
        sign_in_views.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "password/done/",
        sign_in_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

urlpatterns = [
    path(
        "",
        RedirectView.as_view(
            pattern_name="user_phones", http_method_names=["get", "head", "options"]
        ),
        name="home",
    ),
    path("phones/", include("phones.urls")),
    path("phones/", include("e911.urls")),
    path("users/", include("users.urls")),
    path("company/", company, name="company"),
    path("company/phones/", company_phones, name="company_phones"),
    path("activity/", activity, name="activity"),
    path("activity/activity.csv", download_activity, name="activity_csv"),
    path("preferences/", preferences, name="preferences"),
    path("help/", help.page, name="help"),
    path(PREFIX.lstrip("/"), include(sign_in)),
    path(ADMIN.lstrip("/"), site.urls),
]
if settings.DEBUG:
    from phoneadmin.style import style

    urlpatterns.append(path("style/", style, name="style"))

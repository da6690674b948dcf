"""Every URL of the project. Nouns are URLs, verbs are methods."""

from allauth.account import views as sign_in_views
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView, TemplateView

import users.access  # noqa: F401  (its path converter)
from phoneadmin.views import activity
from users.sign_in import PREFIX, admin_sign_in

handler400 = "phoneadmin.errors.bad_request"
handler500 = "phoneadmin.errors.server_error"
admin.site.login = admin_sign_in
admin.site.site_header = admin.site.site_title = "phoneadmin support"

# Only those of allauth's pages that we have a use for: nobody signs up, and emails are kept on the user.
sign_in = [
    path("", sign_in_views.login, name="account_login"),
    path("out/", sign_in_views.logout, name="account_logout"),
    path("inactive/", sign_in_views.account_inactive, name="account_inactive"),
    path("password/change/", sign_in_views.password_change, name="account_change_password"),
    path("password/reset/", sign_in_views.password_reset, name="account_reset_password"),
    path("password/reset/sent/", sign_in_views.password_reset_done, name="account_reset_password_done"),
    path("password/done/", sign_in_views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

urlpatterns = [
    path(
        "", RedirectView.as_view(pattern_name="user_phones", http_method_names=["get", "head", "options"]), name="home"
    ),
    path("phones/", include("phones.urls")),
    path("phones/", include("e911.urls")),
    path("users/", include("users.urls")),
    path("activity/", activity, name="activity"),
    path("help/", TemplateView.as_view(template_name="help.html"), name="help"),
    path(PREFIX.lstrip("/"), include(sign_in)),
    path("admin/", admin.site.urls),
]

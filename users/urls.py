from django.urls import path

from users import credentials, views

urlpatterns = [
    path("", views.users, name="users"),
    path("add/", views.add, name="add_user"),
    path("<key:key>/", views.edit, name="user_edit"),
    path("<key:key>/credentials/", credentials.credentials, name="user_credentials"),
    path("<key:key>/credentials/change/", credentials.change, name="user_credentials_change"),
    path("<key:key>/plan/", views.plan, name="user_plan"),
    path("<key:key>/activation/", views.activation, name="user_activation"),
    path("<key:key>/invitation/", views.invitation, name="user_invitation"),
    path("<key:key>/second-factor/", views.second_factor_reset, name="user_second_factor"),
    path("<key:key>/sign-in-block/", views.sign_in_block, name="user_sign_in_block"),
    path("<key:key>/delete/", views.delete, name="user_delete"),
]

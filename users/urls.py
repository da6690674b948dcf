from django.urls import path

from users import credentials, views
from users.act_pages import UserPages, list_pages
from users.acts import ACTS

urlpatterns = [
    path("", views.users, name="users"),
    path("add/", views.add, name="add_user"),
    path("<key:key>/credentials/", credentials.credentials, name="user_credentials"),
    path("<key:key>/credentials/change/", credentials.change, name="user_credentials_change"),
    *list_pages(ACTS.values(), UserPages()),
]

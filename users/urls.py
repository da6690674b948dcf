from django.urls import path

from users import views
from users.act_pages import UserPages, list_pages
from users.acts import ACTS
from users.credentials import PERSON_PAGES

urlpatterns = [
    path("", views.users, name="users"),
    path("users.csv", views.download_users, name="users_csv"),
    path("add/", views.add, name="add_user"),
    *PERSON_PAGES.list_urls(),
    *list_pages(ACTS.values(), UserPages()),
]

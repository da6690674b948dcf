from django.urls import path

from phones import assignment_views as assigning
from phones import setup, views
from phones.act_pages import PhonePages
from phones.acts import ACTS
from phones.credentials import PLACE_PAGES
from phones.giving import choose_phone
from phones.list_views import list_list_pages, show_changes
from phones.password_page import show_password
from users.act_pages import list_pages

urlpatterns = [
    *list_list_pages(),
    path("status/", show_changes, name="phones_status"),
    path("moves/", assigning.make_moves, name="phone_moves"),
    path("restart/", views.restart_phones, name="phones_restart"),
    path("for/<key:key>/", choose_phone, name="user_phone"),
    path("<key:key>/", views.show_phone, name="phone"),
    path("<key:key>/label/", views.edit_label, name="phone_label"),
    path("<key:key>/people/", assigning.show_people, name="phone_people"),
    path("<key:key>/assigned/", assigning.assign_phone, name="phone_assigned"),
    path("<key:key>/setup/", setup.show_setup, name="phone_setup"),
    path("<key:key>/progress/", setup.show_progress, name="phone_progress"),
    *PLACE_PAGES.list_urls(),
    path("<key:key>/password/", show_password, name="phone_password"),
    *list_pages(ACTS.values(), PhonePages()),
]

from django.urls import path

from phones import assignment_views as assigning
from phones import views
from phones.act_pages import PhonePages
from phones.acts import ACTS
from phones.password_page import show_password
from users.act_pages import list_pages

urlpatterns = [
    path("", views.show_user_phones, name="user_phones"),
    path("user-phones.csv", views.download_phones, name="phones_csv"),
    path("status/", views.show_changes, name="phones_status"),
    path("add/", views.add_phone, name="add_phone"),
    path("moves/", assigning.make_moves, name="phone_moves"),
    path("restart/", views.restart_phones, name="phones_restart"),
    path("<key:key>/", views.show_phone, name="phone"),
    path("<key:key>/label/", views.edit_label, name="phone_label"),
    path("<key:key>/people/", assigning.show_people, name="phone_people"),
    path("<key:key>/assigned/", assigning.assign_phone, name="phone_assigned"),
    path("<key:key>/setup/", views.show_setup, name="phone_setup"),
    path("<key:key>/password/", show_password, name="phone_password"),
    *list_pages(ACTS.values(), PhonePages()),
]

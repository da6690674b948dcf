from django.urls import path

from phones import assignment_views as assigning
from phones import views

urlpatterns = [
    path("", views.user_phones, name="user_phones"),
    path("user-phones.csv", views.phones_csv, name="phones_csv"),
    path("status/", views.status, name="phones_status"),
    path("add/", views.add_phone, name="add_phone"),
    path("moves/", assigning.moves, name="phone_moves"),
    path("restart/", views.restart, name="phones_restart"),
    path("<key:key>/", views.actions, name="phone"),
    path("<key:key>/label/", views.label, name="phone_label"),
    path("<key:key>/people/", assigning.people, name="phone_people"),
    path("<key:key>/assigned/", assigning.assigned, name="phone_assigned"),
    path("<key:key>/setup/", views.setup, name="phone_setup"),
    path("<key:key>/correct/", views.correct, name="phone_correct"),
    path("<key:key>/replace/", views.replace, name="phone_replace"),
    path("<key:key>/remove/", views.remove, name="phone_remove"),
]

from django.urls import path

from e911 import adding, views

urlpatterns = [
    path("add/", adding.add_phone, name="add_phone"),
    path("<key:key>/address/", views.address, name="phone_address"),
    path("<key:key>/addresses/", views.on_record, name="phone_addresses"),
]

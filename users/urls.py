from django.urls import path

from users import views

urlpatterns = [
    path("", views.users, name="users"),
    path("add/", views.add, name="add_user"),
    path("<key:key>/", views.edit, name="user_edit"),
    path("<key:key>/plan/", views.plan, name="user_plan"),
    path("<key:key>/activation/", views.activation, name="user_activation"),
    path("<key:key>/delete/", views.delete, name="user_delete"),
]

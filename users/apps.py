from django.apps import AppConfig
from django.db.models.signals import post_migrate


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users.tenancy import history

        post_migrate.connect(history.seal_triggers, sender=self)

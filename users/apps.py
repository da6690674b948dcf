from django.apps import AppConfig
from django.db.models.signals import post_migrate


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users import field_errors
        from users.tenancy import history

        field_errors.use_our_words()
        post_migrate.connect(history.seal_triggers, sender=self)

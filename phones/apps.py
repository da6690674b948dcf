from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PhonesConfig(AppConfig):
    name = "phones"

    def ready(self) -> None:
        from phones import catalog

        post_migrate.connect(catalog.add_models, sender=self)

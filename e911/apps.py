from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class E911Config(AppConfig):
    name = "e911"

    def ready(self) -> None:
        """Refuse to start if the settings of the chosen provider are incomplete.

        Imports of phones learn to read addresses.
        """
        from e911.importing import ImportedAddresses
        from e911.providers import Misconfigured, get_provider
        from phones.import_addresses import books

        books[:] = [ImportedAddresses()]
        try:
            get_provider()
        except Misconfigured as error:
            raise ImproperlyConfigured(str(error)) from error

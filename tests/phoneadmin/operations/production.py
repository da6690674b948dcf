"""The environment of a production installation on the tests' database."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings

HOST = "configure.example.com"


def environment(**variables: str) -> dict[str, str]:
    """Return what production must set behind a proxy that ends TLS; `variables` win."""
    app = settings.DATABASES["default"]
    user, password, folder = (quote(app[name], safe="") for name in ("USER", "PASSWORD", "HOST"))
    return {
        "DATABASE_APP_URL": f"postgres://{user}:{password}@{folder}:{app['PORT']}/{app['NAME']}",
        "PHONEADMIN_SECRET_KEY": settings.SECRET_KEY,
        "PHONEADMIN_SIP_KEYS": settings.SIP_KEYS[0],
        "PHONEADMIN_SIP_DOMAIN": settings.SIP_DOMAIN,
        "PHONEADMIN_URL": f"https://{HOST}",
        "PHONEADMIN_TRUSTED_PROXIES": "1",
    } | variables

"""The application as the web server runs it."""

import gc
import os
import re

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "phoneadmin.settings")
django_application = get_wsgi_application()


def application(environ, start_response):
    """Take every request for UTF-8, and no NUL from a cookie: either could break Django or the look-up of a session."""
    environ["CONTENT_TYPE"] = re.sub(r";\s*charset=[^;]*", "", environ.get("CONTENT_TYPE", ""), flags=re.IGNORECASE)
    environ["HTTP_COOKIE"] = environ.get("HTTP_COOKIE", "").replace(r"\0", "")
    return django_application(environ, start_response)


# What is loaded now stays: taken out of the garbage collector's sight, it no longer costs a long pause now and then.
gc.collect()
gc.freeze()

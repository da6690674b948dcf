"""The application as the web server runs it."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "phoneadmin.settings")
application = get_wsgi_application()

# What is loaded now stays: taken out of the garbage collector's sight, it no longer costs a long pause now and then.
gc.collect()
gc.freeze()

#!/usr/bin/env python3
"""Django's command line for phoneadmin."""

import gc
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "phoneadmin.settings")
    if sys.argv[1:] and sys.argv[1].isidentifier():
        os.environ["PHONEADMIN_COMMAND"] = sys.argv[1]
    # Everything loaded here stays. Searching it for garbage again and again would take a quarter of
    # the time of migrations.
    gc.disable()
    import django
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from phoneadmin.operations import releases

    django.setup()
    gc.freeze()
    gc.enable()
    try:
        releases.require_fit_for(sys.argv[1] if sys.argv[1:] else "help")
        execute_from_command_line(sys.argv)
    except releases.Unfit as reason:
        sys.exit(str(reason))
    except OperationalError as error:
        if settings.PRODUCTION or "No such file or directory" not in str(error):
            raise
        sys.exit(
            "The embedded PostgreSQL is not running. Start phoneadmin with `make run`, then try"
            " again."
        )

"""One of the web server's processes.

It imports nothing that needs Django's settings, so exceptions from those are logged like ours.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable

from phoneadmin.operations import logs

logger = logging.getLogger(__name__)
PR_SET_PDEATHSIG = 1  # prctl(2)


def load_application() -> Callable:
    """Load the WSGI application for granian. From now on, the process ends with its parent."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # granian handles it only once this has returned
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is None or os.getppid() != parent.pid:
        sys.exit("The web server's main process is gone.")
    logs.log_uncaught_errors()
    gc.disable()  # until everything is loaded and frozen
    try:
        from phoneadmin.wsgi import application

        refuse_unfit_data()
        listen_for_probes()
    except Exception as error:  # multiprocessing would print it
        logger.critical("The web server could not load phoneadmin", exc_info=error)
        sys.exit(1)
    gc.enable()
    return application


def refuse_unfit_data() -> None:
    """End the process with the reason if this release must not run on the data."""
    from phoneadmin.operations import releases

    try:
        releases.require_fit_if_there()
    except releases.Unfit as reason:
        sys.exit(str(reason))


def listen_for_probes() -> None:
    """Answer probes on their own port, if there is one."""
    from django.conf import settings

    from phoneadmin.operations import probes

    if settings.HEALTH:
        probes.listen_for_probes(*settings.HEALTH)

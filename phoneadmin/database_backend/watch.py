"""Watch whether the database server answers and confirms changes.

The kernel of a frozen server still acknowledges packets. So keepalives never end the wait for it,
nor does statement_timeout, which runs on the server's own clock. And COMMIT has no time limit at
all while no synchronous standby confirms it. So after one second of waiting, a connection starts a
thread that probes the server: it signs in again, with its own time limit. While no connection
waits, this costs nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import psycopg
from psycopg.errors import ConnectionTimeout, _WaitTimeout

logger = logging.getLogger(__name__)
PROBE = 2  # seconds the server has to let the probe sign in; psycopg's minimum
# Seconds that a probe of a silent server waits. It succeeds as soon as the server is back, whereas
# every abandoned probe fills one of the few hundred places in the server's queue.
LONG_PROBE = 30
AGAIN = 1.0  # seconds between two probes
STANDBY = 3.5  # seconds that a commit may wait for a standby
LONGEST = 35.0  # seconds for any answer; statement_timeout ends statements after 30
# Our sessions that wait for a standby. A busy server always has one that has just begun to.
WAITING = """
SELECT pid FROM pg_stat_activity WHERE usename = current_user AND wait_event = 'SyncRep'
AND clock_timestamp() - query_start > interval '1 s'
"""


class Probe(psycopg.Connection):
    """A connection that gives up waiting by itself."""

    def wait(self, *args: Any, **options: Any) -> Any:
        """Wait for an answer. Raises _WaitTimeout."""
        return super().wait(*args, **options | {"timeout": PROBE})


class Server:
    """The database server of this process's default connections."""

    SILENT = "the database server does not answer"
    UNCONFIRMED = "no standby confirms the change, which may still be made"

    def __init__(self) -> None:
        self.login: dict[str, Any] = {}  # what psycopg.connect takes
        self._silent = False
        self._waiting_for_standby: frozenset[int] = frozenset()  # ids of the server's processes
        self._gave_up_change = False
        self._probing = threading.Lock()
        self._probed_at = float("-inf")

    @property
    def takes_no_changes(self) -> bool:
        """Whether a change would wait in vain and hold locks and a session of the server."""
        return self._gave_up_change and bool(self._waiting_for_standby)

    def find_reason_to_give_up(self, backend: int = 0, waited: float = 0.0) -> str:
        """Return why a connection should stop waiting, "" if it should go on.

        It has waited for the server's process `backend`, for `waited` seconds.
        """
        if self._silent:
            self.start_probe()
        if self._silent or waited > LONGEST:
            return self.SILENT
        if waited > STANDBY and backend in self._waiting_for_standby:
            self._gave_up_change = True
            return self.UNCONFIRMED
        return ""

    def record_silence(self) -> None:
        """Note that the server didn't let us sign in."""
        self._note(silent=True)
        self.start_probe()

    def start_probe(self) -> None:
        """Start probing the server, unless a probe has just ended."""
        rested = time.monotonic() - self._probed_at > AGAIN
        if rested and self._probing.acquire(blocking=False):
            threading.Thread(target=self._probe, name="probes the database", daemon=True).start()

    def _probe(self) -> None:
        """Probe until the server answers and confirms changes."""
        try:
            self._sign_in()
            while self._silent or self._waiting_for_standby:
                time.sleep(AGAIN)
                self._sign_in()
            self._gave_up_change = False
        except BaseException:
            self._note(silent=False)  # otherwise nothing would start a probe again
            raise
        finally:
            self._probed_at = time.monotonic()
            self._probing.release()

    def _sign_in(self) -> None:
        limit = LONG_PROBE if self._silent else PROBE
        login = self.login | {"connect_timeout": limit, "autocommit": True}
        silent, waiting = False, frozenset[int]()
        try:
            with Probe.connect(**login) as probe:
                waiting = frozenset(pid for (pid,) in probe.execute(WAITING))
        except (ConnectionTimeout, _WaitTimeout):
            silent = True
        except psycopg.Error:
            pass  # it refuses us or is gone: each new connection gets that error at once
        self._note(silent=silent, waiting=waiting)

    def _note(self, *, silent: bool, waiting: frozenset[int] = frozenset()) -> None:
        if silent != self._silent:
            state = "does not answer" if silent else "answers again"
            logger.warning("The database server %s", state)
        if bool(waiting) != bool(self._waiting_for_standby):
            state = "wait for a standby" if waiting else "no longer wait for a standby"
            logger.warning("Changes %s", state)
        self._silent, self._waiting_for_standby = silent, waiting


server = Server()

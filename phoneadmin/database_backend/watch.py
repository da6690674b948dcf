"""What this process knows of the database server: whether it answers, and whether it confirms changes.

A frozen server's kernel still acknowledges packets. So no keepalive ends the wait for it, nor does statement_timeout,
which is measured by the server's own clock. And COMMIT has no time limit at all while no synchronous standby confirms
it. Whoever has waited for a second has the server asked by a thread: it signs in anew, with a time limit of its own.
As long as nobody waits, all of this costs nothing.
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
# Seconds for which a silent server is asked in one go. It answers at once when it's back; each attempt given up before
# takes one of a few hundred places in its queue.
LONG_PROBE = 30
AGAIN = 1.0  # seconds until it is asked again
STANDBY = 3.5  # seconds that a commit may wait for a standby
LONGEST = 35.0  # seconds for any answer; statement_timeout ends statements after 30
# Sessions of ours that wait for a standby. On a busy server there is always one that has just begun to.
WAITING = """
SELECT pid FROM pg_stat_activity
WHERE usename = current_user AND wait_event = 'SyncRep' AND clock_timestamp() - query_start > interval '1 s'
"""


class Probe(psycopg.Connection):
    """A connection that gives up waiting by itself."""

    def wait(self, *args: Any, **options: Any) -> Any:
        """Wait for an answer. Raises _WaitTimeout."""
        return super().wait(*args, **options | {"timeout": PROBE})


class Server:
    """The database server of this process's default connections."""

    SILENT = "the database server does not answer"
    UNCONFIRMED = "no standby confirms the change, which may have been made"

    def __init__(self) -> None:
        self.login: dict[str, Any] = {}  # what psycopg.connect takes
        self._silent = False
        self._waiting_for_standby: frozenset[int] = frozenset()  # process numbers of the server's
        self._given_up = False  # such a wait
        self._asking = threading.Lock()
        self._asked_at = float("-inf")

    @property
    def takes_no_changes(self) -> bool:
        """Whether changes would wait in vain, each holding locks and one of the server's few sessions."""
        return self._given_up and bool(self._waiting_for_standby)

    def reason_to_give_up(self, backend: int = 0, waited: float = 0.0) -> str:
        """Return why a connection should wait no longer, "" if it should go on.

        `backend` is the server's process that it has waited for, and for how many seconds.
        """
        if self._silent:
            self.doubt()
        if self._silent or waited > LONGEST:
            return self.SILENT
        if waited > STANDBY and backend in self._waiting_for_standby:
            self._given_up = True
            return self.UNCONFIRMED
        return ""

    def found_silent(self) -> None:
        """Note that the server let nobody sign in."""
        self._note(silent=True)
        self.doubt()

    def doubt(self) -> None:
        """Have the server asked, unless that was done just now."""
        if time.monotonic() - self._asked_at > AGAIN and self._asking.acquire(blocking=False):
            threading.Thread(target=self._ask, name="asks the database", daemon=True).start()

    def _ask(self) -> None:
        """Ask until the server answers and confirms what it is told."""
        try:
            self._look()
            while self._silent or self._waiting_for_standby:
                time.sleep(AGAIN)
                self._look()
            self._given_up = False
        except BaseException:
            self._note(silent=False)  # or nobody would ever ask again
            raise
        finally:
            self._asked_at = time.monotonic()
            self._asking.release()

    def _look(self) -> None:
        limit = LONG_PROBE if self._silent else PROBE
        waiting: frozenset[int] = frozenset()
        silent = False
        try:
            with Probe.connect(**self.login | {"connect_timeout": limit, "autocommit": True}) as probe:
                waiting = frozenset(pid for (pid,) in probe.execute(WAITING))
        except (ConnectionTimeout, _WaitTimeout):
            silent = True
        except psycopg.Error:
            pass  # it refuses, or is gone: whoever needs it hears that without waiting
        self._note(silent=silent, waiting=waiting)

    def _note(self, *, silent: bool, waiting: frozenset[int] = frozenset()) -> None:
        if silent != self._silent:
            logger.warning("The database server %s", "does not answer" if silent else "answers again")
        if bool(waiting) != bool(self._waiting_for_standby):
            logger.warning("Changes %s", "wait for a standby" if waiting else "wait for no standby any more")
        self._silent, self._waiting_for_standby = silent, waiting


server = Server()

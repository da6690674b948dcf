"""Run phoneadmin's services: start them, restart what dies, and end everything together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Protocol

from phoneadmin.operations.postgres_errors import Killed
from phoneadmin.operations.processes import spawn_process

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 15.0  # seconds a child has to end by itself
STABLE = 10.0  # seconds after which an earlier death no longer counts
LONGEST_PAUSE = 10.0
TICK, SHORT_TICK = 0.2, 0.05
MOST = 3  # deaths after which a service is not expected to become ready


class Service(Protocol):
    """A service that a supervisor can look after.

    `stop` also cleans up after a service that died. The supervisor calls `maintain` several times a
    second while the service runs.
    """

    name: str

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def is_running(self) -> bool: ...
    def maintain(self) -> None: ...


class Child:
    """A program as a service, in its own process group, so Ctrl-C reaches only the supervisor.

    If the supervisor dies, the program gets `death_signal`. `privileges` are options of setpriv(1).
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        *,
        death_signal: str = "TERM",
        privileges: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.argv = argv
        self.env = env
        self.cwd = cwd
        self.death_signal = death_signal
        self.privileges = privileges
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start the program. Raises OSError or PostgresError if that fails."""
        self.process = spawn_process(
            self.argv,
            death_signal=self.death_signal,
            privileges=self.privileges,
            env=self.env,
            cwd=self.cwd,
        )

    def is_running(self) -> bool:
        """Tell whether the program's main process is alive."""
        if self.process is None:
            return False
        # WNOWAIT leaves a zombie, so that the kernel can't reuse its id, which is also its group's.
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def maintain(self) -> None:
        """Do nothing: the program looks after itself."""

    def stop(self) -> None:
        """Ask the program to end, then kill what is left of its process group."""
        if self.process is None:
            return
        os.kill(self.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


class Supervisor:
    """Keep services running during a `with` block; a signal ends it with KeyboardInterrupt.

    Leaving the block, for whatever reason, stops them in reverse order, and further signals can't
    interrupt that.
    """

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.asked_to_end = False
        self._since: dict[str, float] = {}  # when each service was started
        self._pauses: dict[str, float] = {}
        self._due: dict[str, float] = {}  # when to restart each dead service
        self._deaths: Counter[str] = Counter()

    def __enter__(self) -> Supervisor:
        self.handlers = {number: signal.signal(number, self._interrupt) for number in SIGNALS}
        return self

    def __exit__(self, *failure: object) -> None:
        self._ignore_signals()
        try:
            with ExitStack() as reverse_order:
                for service in self.services:
                    reverse_order.callback(service.stop)
        finally:
            for number, handler in self.handlers.items():
                signal.signal(number, handler)

    def add(self, service: Service) -> None:
        """Start a service and look after it. Raises what starting raises, except Killed."""
        self.services.append(service)
        self._since[service.name] = time.monotonic()
        try:
            service.start()
        except Killed as error:
            logger.warning("%s", error)

    def wait_for(self, service: Service, ready: Callable[[], bool], seconds: float) -> bool:
        """Look after all services until one is ready, and return whether it is.

        Give up after `seconds`, or once it has died MOST times.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self._deaths[service.name] >= MOST or time.monotonic() > deadline:
                return False
            self.check_services()
            time.sleep(SHORT_TICK)
        return True

    def watch(self) -> None:
        """Look after the services until a signal raises KeyboardInterrupt."""
        while not self.asked_to_end:
            self.check_services()
            time.sleep(TICK)
        raise KeyboardInterrupt

    def check_services(self) -> None:
        """Maintain running services, and restart dead ones with growing pauses."""
        for service in self.services:
            name, now = service.name, time.monotonic()
            if service.is_running():
                service.maintain()
                continue
            if name not in self._due:
                self._deaths[name] += 1
                pause = min(self._pauses.get(name, 0.0) * 2 or 0.5, LONGEST_PAUSE)
                self._pauses[name] = pause = 0.0 if now - self._since[name] > STABLE else pause
                self._due[name] = now + pause
                logger.warning("%s has ended; it starts again in %.1f s.", name, pause)
            if now >= self._due[name]:
                del self._due[name]
                try:
                    service.stop()
                    service.start()
                except Exception as error:
                    logger.error("%s could not start: %s", name, error)
                self._since[name] = time.monotonic()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._ignore_signals()
        self.asked_to_end = True  # if something swallows the exception, `watch` still ends
        raise KeyboardInterrupt

    def _ignore_signals(self) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

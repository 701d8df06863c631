"""Keeps Tidegate serving: starts it, waits for its end, and starts the next one after a restart or a crash."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from app.core.errors import TidegateError

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0
_CALM_SECONDS = 300.0
"""A run as long as this was no part of a series of crashes."""
_BROKEN = "Something went wrong inside Tidegate; it starts again by itself."


class Stoppable(Protocol):
    """What a signal may end."""

    @property
    def stopping(self) -> bool: ...

    def stop(self) -> None: ...

    def stop_now(self) -> None: ...


class Run(Stoppable, Protocol):
    """One run of the server; `app.runtime` has more of it."""

    @property
    def restarting(self) -> bool: ...

    def start(self) -> None: ...

    def wait(self) -> int: ...


class Served(Protocol):
    """A built Tidegate."""

    @property
    def runtime(self) -> Run: ...


App = TypeVar("App", bound=Served)
Seen_contra = TypeVar("Seen_contra", contravariant=True)


class Watcher(Protocol[Seen_contra]):
    """Who wants to know; called on the supervisor's thread."""

    def serving(self, app: Seen_contra) -> None:
        """Requests are accepted."""
        ...

    def down(self, trouble: str) -> None:
        """It does not serve now; the sentence is empty when that is only for a moment."""
        ...


class Supervisor:
    """Lives from `run()` to its return. `stop`, `stop_now` and `retry` are thread-safe and fit for signal handlers."""

    def __init__(self, *, patient: bool, wait: Callable[[float], None] = time.sleep) -> None:
        """`patient`: there is an icon to say what is wrong, so go on trying, even where the very first start fails."""
        self._patient = patient
        self._wait = wait
        self._run: Run | None = None
        self._stopped = False
        self._retry = False

    def run(self, build: Callable[[App | None], App], watcher: Watcher[App]) -> int:
        """Serve until the end; returns the exit code. `build` gets the one before, if there was one.

        Raises what keeps the first from starting, unless `patient`.
        """
        app: App | None = None
        code, pause, has_served = 0, _FIRST_SECONDS, False
        while not self.stopping:
            begun = time.monotonic()
            try:
                app = build(app)
                code = self._served(app, watcher)
                has_served = True
                if app.runtime.restarting:
                    watcher.down("")
                    continue
                if app.runtime.stopping or code == 0:
                    break
                trouble = _BROKEN
            except TidegateError as error:
                if not (has_served or self._patient):
                    raise
                trouble, code = str(error), error.exit_code
            except Exception:  # a mistake of ours must not take the icon away, which is where it can be seen
                if not (has_served or self._patient):
                    raise
                log.exception("Tidegate could not start")
                trouble, code = _BROKEN, 1
            log.error("not serving: %s", trouble)
            watcher.down(trouble)
            if time.monotonic() - begun > _CALM_SECONDS:
                pause = _FIRST_SECONDS
            self._pause(pause)
            pause = min(pause * 2, _LONGEST_SECONDS)
        return code

    def stop(self) -> None:
        """Let running answers end, then end."""
        self._stopped = True
        if run := self._run:
            run.stop()

    def stop_now(self) -> None:
        self._stopped = True
        if run := self._run:
            run.stop_now()

    def retry(self) -> None:
        """Don't wait any longer before the next try."""
        self._retry = True

    @property
    def stopping(self) -> bool:
        """True once a stop was asked for."""
        return self._stopped

    def _served(self, app: App, watcher: Watcher[App]) -> int:
        run = self._run = app.runtime
        if self.stopping:  # it came while this one was built
            run.stop()
        run.start()
        if not run.stopping:
            try:
                watcher.serving(app)
            except Exception:  # whoever only watches must not stop the answers
                log.exception("the start could not be shown")
        return run.wait()

    def _pause(self, seconds: float) -> None:
        """In small steps, because whoever ends it may be a signal handler, which must not take locks."""
        self._retry = False
        waited = 0.0
        while waited < seconds and not (self._stopped or self._retry):
            self._wait(_POLL_SECONDS)
            waited += _POLL_SECONDS

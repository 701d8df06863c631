"""Lifetimes: one thread for the asyncio loop with everything that serves; the main thread stays free.

main thread                         thread "tidegate"
start() ──────────────────────────► engines start, sockets accept ──► ready
(signals now, the tray later)       …
stop() / stop_now() ──────────────► drain, hang up, engines close
wait() ◄─────────────────────────── ended; or the hard limit passed, and the process ends without it
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Protocol, TypeVar

from app.core.conditions import Condition
from app.core.errors import TidegateError
from app.core.logs import log_loops_mistakes
from app.interrupts import INTERRUPTED
from app.proxy.engines import Engine
from app.proxy.listeners import Listeners
from app.proxy.pipeline import Pipeline
from app.proxy.server import Server
from app.proxy.session_store import SessionStore

log = logging.getLogger(__name__)

Result = TypeVar("Result")
_AT_ONCE_SECONDS = 5.0
"""For a stop at once: a client that reads nothing costs two, engine processes that must be killed one or two more."""
_POLL_SECONDS = 0.25
"""How often `wait()` looks up: on Windows a thread that only waits hears no signal."""


class Service(Protocol):
    """Something beside the answers that lives as long as they can be asked for."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


class Runtime:
    """Lives from `start()` to the end of the process. Everything public belongs to other threads than its own."""

    def __init__(
        self,
        *,
        listeners: Listeners,
        server: Server,
        pipeline: Pipeline,
        engines: Sequence[Engine],
        store: SessionStore,
        hard_exit_seconds: float,
        services: Sequence[Service] = (),
        stop: asyncio.Event | None = None,
        on_ready: Callable[[], object] = lambda: None,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        """`services` start after the engines and close before them. `stop` is set when the server is to close.

        `on_ready` is called on the loop's thread when requests are accepted. `leave` ends the process with an exit code
        although threads still run.
        """
        self._listeners = listeners
        self._server = server
        self._pipeline = pipeline
        self._engines = tuple(engines)
        self._store = store
        self._hard_exit_seconds = hard_exit_seconds
        self._services = tuple(services)
        self._on_ready = on_ready
        self._leave = leave
        self._thread = threading.Thread(target=self._run, name="tidegate", daemon=True)
        self._ready: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._cutting: asyncio.Task[bool] | None = None
        self._stop = stop or asyncio.Event()
        self._deadline: float | None = None
        self._exit_code = 0
        self.restarting = False
        """True: whoever waits for the end should build and start another one."""

    def start(self) -> None:
        """Serve; returns when requests are accepted or a stop came first, raises what kept them from it."""
        self._thread.start()
        while not self._ready.done():
            self._end_if_late()
            concurrent.futures.wait([self._ready], timeout=_POLL_SECONDS)
        self._ready.result()

    @property
    def stopping(self) -> bool:
        """True once a stop was asked for."""
        return self._deadline is not None

    def call(self, work: Callable[[], Awaitable[Result]], *, limit_seconds: float) -> Result:
        """Run a coroutine function on the loop and wait for its result. Thread-safe.

        Raises TimeoutError, and TidegateError when the loop ends before that.
        """

        async def bounded() -> Result:
            async with asyncio.timeout(limit_seconds):
                return await work()

        assert self._loop is not None, "call() needs a started runtime"  # noqa: S101  a mistake of ours
        working = bounded()
        try:
            result = asyncio.run_coroutine_threadsafe(working, self._loop)
        except RuntimeError as error:  # it has ended
            working.close()
            raise TidegateError(Condition.SHUTTING_DOWN.sentence) from error
        while not concurrent.futures.wait([result], timeout=_POLL_SECONDS).done:
            if not (self._thread.is_alive() or result.done()):  # what comes last is neither done nor cancelled
                raise TidegateError(Condition.SHUTTING_DOWN.sentence)
        try:
            return result.result()
        except concurrent.futures.CancelledError as error:
            raise TidegateError(Condition.SHUTTING_DOWN.sentence) from error

    def stop(self) -> None:
        """Refuse new answers, let running ones end, then end. Thread-safe and fit for a signal handler."""
        self.restarting = False
        self._wind_down()

    def restart(self) -> None:
        """Like `stop()`, but only to begin anew; asked for twice it is one. Thread-safe."""
        if not self.stopping:
            self.restarting = True
            self._wind_down()

    def stop_now(self) -> None:
        """End at once; running answers fail. Thread-safe and fit for a signal handler."""
        soon = time.monotonic() + _AT_ONCE_SECONDS
        self._deadline = soon if self._deadline is None else min(self._deadline, soon)  # asked for again it is no later
        self._exit_code = INTERRUPTED
        self.restarting = False
        self._soon(self._cut_short)

    def wait(self) -> int:
        """Wait for the end; returns the exit code. Past the hard limit it ends the process itself."""
        while self._thread.is_alive():
            self._end_if_late()
            self._thread.join(_POLL_SECONDS)
        return self._exit_code

    def _wind_down(self) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + self._hard_exit_seconds
            self._soon(self._stop.set)

    def _end_if_late(self) -> None:
        if self._deadline is not None and time.monotonic() > self._deadline and self._thread.is_alive():
            log.error("something did not end in time; leaving it behind")
            logging.shutdown()
            self._leave(self._exit_code)

    def _cut_short(self) -> None:
        self._stop.set()
        self._cutting = asyncio.create_task(self._pipeline.drain(0), name="cut short")

    def _soon(self, action: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nothing is left to stop
            if self._loop is not None:
                self._loop.call_soon_threadsafe(action)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception as error:
            if not self._ready.done():
                self._ready.set_exception(error)
                return
            log.exception("the server failed")
            self._exit_code = 1
        finally:
            if not self._ready.done():
                self._ready.set_result(None)

    async def _live(self) -> None:
        """What starts last stops first."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(log_loops_mistakes)
        if self.stopping:
            self._stop.set()
        async with AsyncExitStack() as stack:
            stack.callback(self._listeners.close)
            stack.push_async_callback(self._store.close)
            for engine in self._engines:
                stack.push_async_callback(engine.close)
                await engine.start()
            for service in self._services:
                stack.push_async_callback(service.close)
                await service.start()
            await self._server.run(self._listeners.sockets, self._stop, self._pipeline, on_ready=self._accepting)

    def _accepting(self) -> None:
        self._ready.set_result(None)
        self._on_ready()

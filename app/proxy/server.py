"""Serves the application on open sockets until told to stop, and then stops, whatever the clients do.

The protocol is Hypercorn's; accepting and ending connections is ours, because Hypercorn's own shutdown waits for
clients: for a streaming one forever on Python 3.12 and later, for one that never reads forever on all.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import msgspec
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework

from app.proxy.admission import HEADER_BYTES_LIMIT
from app.proxy.asgi import AsgiApp
from app.proxy.connection import Connection
from app.proxy.lingering import Lingering

log = logging.getLogger(__name__)

_BACKLOG = 256
_FLUSH_SECONDS = 2.0
_UNASKED_SECONDS = 2.0


class ServerLimits(msgspec.Struct, frozen=True):
    """Seconds a client may take, and Tidegate to close."""

    header: float = 10.0
    """From connecting, or from the last answer, to the end of the next request's headers."""
    write: float = 60.0
    """A client that reads nothing for this long is hung up on, and its answer stopped."""
    linger: float = 3.0
    """A client that was answered early may go on sending for this long before it is hung up on."""
    drain: float = 10.0
    """Running answers may finish within this after the stop."""
    hard_exit: float = 15.0
    """All ends within this after the stop; not less than `drain`."""


class Drainable(Protocol):
    """What makes answers: the pipeline."""

    async def drain(self, limit_seconds: float) -> bool:
        """Refuse new answers and wait for the running ones; False when some still ran at the limit."""
        ...


class Server:
    """One run of the server; owns every connection and its task.

    Event streams that would go on for ever (the dashboard's) have to watch the same `stop` event and end themselves;
    answers are waited for, and whoever is left then is hung up on, which is the way a client's own hang-up takes.
    """

    def __init__(self, app: AsgiApp, *, limits: ServerLimits | None = None) -> None:
        self._limits = limits or ServerLimits()
        self._app = ASGIWrapper(
            cast("ASGIFramework", Lingering(app, limit_seconds=self._limits.linger))
        )  # Hypercorn spells ASGI in classes of its own
        self._config = _config(self._limits)
        self._context = WorkerContext(None)
        self._connections: dict[asyncio.Task[None], Connection] = {}

    async def run(
        self,
        sockets: Sequence[socket.socket],
        stop: asyncio.Event,
        answers: Drainable,
        *,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve until `stop` is set, then drain and return within the hard limit. Closes `sockets`."""
        loop = asyncio.get_running_loop()
        servers = [await asyncio.start_server(self._accept, sock=each, backlog=_BACKLOG) for each in sockets]
        until = None
        try:
            on_ready()
            await stop.wait()
            until = loop.time() + self._limits.hard_exit
            await answers.drain(self._limits.drain)  # still accepting: who comes now is told, not left alone
        finally:
            for server in servers:
                server.close()
            await self._end_connections(until or loop.time() + _UNASKED_SECONDS)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(
            self._app, self._config, self._context, reader, writer, write_seconds=self._limits.write
        )
        task = asyncio.create_task(_serve(connection), name="connection")
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)

    async def _end_connections(self, until: float) -> None:
        """Let what was answered be read, then hang up, then cancel, then give up."""
        await self._context.terminated.set()  # idle connections close now, the others after their answer
        await self._gone(min(_half_way(until), _FLUSH_SECONDS))
        for connection in tuple(self._connections.values()):
            connection.hang_up()
        await self._gone(_half_way(until))
        for task in tuple(self._connections):
            task.cancel()
        await self._gone(_half_way(until))
        if self._connections:
            log.error("%d connections did not end in time; leaving them", len(self._connections))

    async def _gone(self, seconds: float) -> None:
        if self._connections:
            await asyncio.wait(tuple(self._connections), timeout=seconds)


def _half_way(until: float) -> float:
    return max(until - asyncio.get_running_loop().time(), 0) / 2


async def _serve(connection: Connection) -> None:
    try:
        await connection
    except Exception:  # one client's fault must not reach the others
        log.debug("a connection ended badly", exc_info=True)


def _config(limits: ServerLimits) -> Config:
    config = Config()
    config.errorlog = logging.getLogger("app.proxy.hypercorn")
    config.accesslog = None
    config.include_server_header = False
    config.keep_alive_timeout = limits.header  # Hypercorn's one clock for idle and for half-sent headers
    config.h11_max_incomplete_size = HEADER_BYTES_LIMIT
    config.read_timeout = None  # it would cut streams; the body has its own deadline in the application
    return config

"""One client's connection: Hypercorn's, kept to HTTP/1.1 and never waiting for a client for ever.

Built on Hypercorn's inner classes, which is why its version is pinned.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import h11
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import AppWrapper

_CLOSE_SECONDS = 2.0


class Connection(TCPServer):
    """Lives from accept to close; awaiting it serves the client."""

    def __init__(
        self,
        app: AppWrapper,
        config: Config,
        context: WorkerContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        write_seconds: float,
    ) -> None:
        super().__init__(app, asyncio.get_running_loop(), config, context, {}, reader, writer)
        self._write_seconds = write_seconds
        self._reading = False
        self._client_left = False
        # asyncio does so only for sockets that were made with a protocol number; without it each small write waits
        # for the client to acknowledge the one before, up to 40 ms.
        with suppress(OSError):  # a client that has left already; macOS says so here
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def hang_up(self) -> None:
        """End now, as if the client had gone: the application stops its work, what is unsent is dropped."""
        self.writer.transport.abort()
        if self._reading:  # it may be waiting for something else than the socket, and not notice
            self._task_group.spawn(self.protocol.handle, Closed())

    async def _read_data(self) -> None:
        self.protocol.protocol = _OnlyHttp1(self.protocol)
        self._reading = True
        try:
            await super()._read_data()
        finally:
            self._reading, self._client_left = False, True
            await self.idle_task.stop()  # Hypercorn would keep the socket until its clock for the next request rings

    async def protocol_send(self, event: Event) -> None:
        if isinstance(event, Updated) and self._client_left:
            return  # the clock is not set again
        if not isinstance(event, RawData):
            await super().protocol_send(event)
            return
        try:
            async with asyncio.timeout(self._write_seconds):
                await super().protocol_send(event)
        except TimeoutError:
            self.hang_up()

    async def _close(self) -> None:
        # Closing politely waits until the client has read everything, which it may never do.
        abort = self.loop.call_later(_CLOSE_SECONDS, self.writer.transport.abort)
        try:
            await super()._close()
        finally:
            abort.cancel()


class _OnlyHttp1(H11Protocol):
    """Hypercorn has no switch for cleartext HTTP/2: here an upgrade to it is ignored, as HTTP allows.

    HTTP/2 without asking comes through as a request of version 2.0, which the guard refuses.
    """

    def __init__(self, wrapper: ProtocolWrapper) -> None:
        super().__init__(
            wrapper.app,
            wrapper.config,
            wrapper.context,
            wrapper.task_group,
            wrapper.state,
            wrapper.ssl,
            wrapper.client,
            wrapper.server,
            wrapper.send,
        )

    async def _check_protocol(self, event: h11.Request) -> None:
        """Never switch."""

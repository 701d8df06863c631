"""What one connection asks of the operating system."""

from __future__ import annotations

import asyncio
import socket

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config

from app.proxy.connection import Connection
from app.proxy.listeners import open_listeners


async def never(*_: object) -> None:
    raise AssertionError("nobody asks")


async def test_a_small_write_does_not_wait_until_the_one_before_is_acknowledged() -> None:
    listeners = open_listeners("127.0.0.1", 0)
    accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        Connection(ASGIWrapper(never), Config(), WorkerContext(None), reader, writer, write_seconds=1)
        accepted.put_nowait(writer)

    server = await asyncio.start_server(accept, sock=listeners.sockets[0])
    _, client = await asyncio.open_connection("127.0.0.1", listeners.port)
    writer = await accepted.get()
    assert writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    for end in (writer, client):
        end.close()
        await end.wait_closed()
    server.close()
    listeners.close()

"""What one connection asks of the operating system, and what it gives back."""

from __future__ import annotations

import asyncio
import socket

import pytest
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config

from app.proxy.connection import Connection
from app.proxy.listeners import open_listeners
from app.proxy.server import ServerLimits
from tests.proxy.live import serving


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


@pytest.mark.parametrize("asks_last", [False, True], ids=["in between", "as soon as it asked"])
async def test_nothing_is_kept_of_a_client_that_left(asks_last: bool) -> None:
    patient = ServerLimits(header=3_600, write=5, linger=0.5, drain=0.3, hard_exit=3)
    async with serving(limits=patient) as live:
        reader, client = await asyncio.open_connection("127.0.0.1", live.port)
        client.write(live.raw(close=False))
        await reader.readuntil(b"\r\n\r\n")
        kept = {task for task in asyncio.all_tasks() if task.get_name() == "connection"}
        assert kept
        if asks_last:
            client.write(live.raw(close=False))
            client.write_eof()
        client.close()
        async with asyncio.timeout(10):
            await asyncio.wait(kept)

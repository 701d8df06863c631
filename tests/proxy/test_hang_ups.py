"""Clients that leave: their answers stop, and nothing of them stays."""

from __future__ import annotations

import asyncio
import json
import socket
import struct

import pytest

from app.core.events import ExchangeEnded, Outcome
from tests.proxy.live import engine_works, opened, saying, serving


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_hangs_up_stops_the_engine(stream: bool) -> None:
    engine = saying("first", asyncio.Event())
    async with serving(engine) as live:
        reader, writer = await opened(live, live.chat(stream=stream))
        if stream:
            await reader.readuntil(b"first")
        else:
            await engine_works(engine)
        writer.close()
        async with asyncio.timeout(5):
            await engine.stopped.wait()
    assert [event.outcome for event in live.events if isinstance(event, ExchangeEnded)] == [Outcome.CLIENT_LEFT]


async def test_a_connection_reset_stops_the_engine_too() -> None:
    engine = saying("first", asyncio.Event())
    async with serving(engine) as live:
        reader, writer = await opened(live, live.chat(stream=True))
        await reader.readuntil(b"first")
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        async with asyncio.timeout(5):
            await engine.stopped.wait()


@pytest.mark.parametrize("target", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
async def test_clients_that_hang_up_as_soon_as_they_have_asked_keep_no_answer_going(target: str) -> None:
    body = {"model": "claude-scripted-1", "stream": True, "max_tokens": 9, "input": "hello"}
    asked = json.dumps({**body, "messages": [{"role": "user", "content": "hello"}]}).encode()
    async with serving(saying("first", asyncio.Event())) as live:
        for _ in range(20):
            _, writer = await opened(live, live.raw("POST", target, body=asked))
            writer.close()
            await writer.wait_closed()
        await live.request()  # by now all of them have been read
        async with asyncio.timeout(5):
            while live.pipeline.running or live.engine.answering:  # noqa: ASYNC110 - nothing tells that all have ended
                await asyncio.sleep(0.01)

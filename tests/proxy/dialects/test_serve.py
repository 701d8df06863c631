from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from app.proxy.dialects import serve
from app.proxy.neutral.stream import Accepted, StreamEvent
from app.proxy.pump import Pump


class Encoder:
    """A shape that has no place for any event."""

    heartbeat = b"alive"

    def opening(self) -> bytes:
        return b"open"

    def encode(self, event: StreamEvent) -> bytes:
        return b""


async def test_a_stream_whose_events_say_nothing_to_the_app_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "HEARTBEAT_SECONDS", 0.02)

    async def busy() -> AsyncGenerator[StreamEvent, None]:
        while True:
            yield Accepted()
            await asyncio.sleep(0)

    body = serve._Body(Pump(busy()), [], Encoder())
    async with asyncio.timeout(5), aclosing(aiter(body)) as pieces:
        assert [await anext(pieces) for _ in range(3)] == [b"open", b"alive", b"alive"]

"""Runs a stream of events ahead of whoever writes it out, so that what arrived together is written together.

A writer that pulled one event at a time would pay one socket write per token and could not send a heartbeat while
the engine is silent. The pump's own task pulls; the writer takes all that waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Generic, TypeVar

Event = TypeVar("Event")

BACKLOG_LIMIT = 2_000
"""Events that may wait for a slow reader before the engine is held back: some 10 s of the fastest model."""


class Pump(Generic[Event]):
    """Owns one task that drains one generator; `close()` cancels it and waits until the generator has ended.

    An exception of the generator reaches the reader after the events before it.
    """

    def __init__(self, source: AsyncGenerator[Event, None], *, backlog_limit: int = BACKLOG_LIMIT) -> None:
        self._source = source
        self._backlog_limit = backlog_limit
        self._waiting: list[Event] = []
        self._arrived = asyncio.Event()
        self._drained = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="pump")
        self._task.add_done_callback(lambda _: self._arrived.set())

    async def take(self, timeout_seconds: float | None = None) -> list[Event] | None:
        """All events that wait; an empty list when none came in time; None when the stream has ended."""
        if not self._waiting and not self._task.done():
            self._arrived.clear()
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        if self._waiting:
            taken, self._waiting = self._waiting, []
            self._drained.set()
            return taken
        await self._task
        return None

    async def batches(self, heartbeat_seconds: float) -> AsyncIterator[list[Event]]:
        """Batches until the end; an empty one each time nothing came for `heartbeat_seconds`."""
        while (batch := await self.take(heartbeat_seconds)) is not None:
            yield batch

    def cancel(self) -> None:
        """Stop soon without waiting; for a reader that vanished."""
        self._task.cancel()

    async def close(self) -> None:
        """Stop the source and wait for its clean-up; safe to call twice."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            async for event in self._source:
                self._waiting.append(event)
                self._arrived.set()
                if len(self._waiting) >= self._backlog_limit:
                    self._drained.clear()
                    await self._drained.wait()
        finally:
            await self._source.aclose()

"""Lets so many turns run at once, so many more wait, and turns the rest away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.conditions import Condition
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Refused

_RETRY_AFTER_SECONDS = 5


class Turnstile:
    """First come, first served."""

    def __init__(self, *, running: int, waiting: int, wait_seconds: float) -> None:
        self._places = asyncio.Semaphore(running)
        self._most_waiting = waiting
        self._wait_seconds = wait_seconds
        self._waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place; raises Refused (429) when too many wait, or when none came free in time."""
        if self._places.locked() and self._waiting >= self._most_waiting:
            raise Refused(fault_of(Condition.QUEUE_FULL, retry_after_seconds=_RETRY_AFTER_SECONDS))
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise Refused(fault_of(Condition.QUEUE_FULL, retry_after_seconds=_RETRY_AFTER_SECONDS)) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()

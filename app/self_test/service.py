"""The model's service, played in this process by the mirror that also proves the agent engine's mechanisms."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.proxy.engines.agent_sdk.mirror import Mirror

_START_SECONDS = 10.0


class Service:
    """Lives inside `listening()`, on a thread of its own."""

    def __init__(self) -> None:
        self._mirror = Mirror()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="played service", daemon=True)

    @property
    def url(self) -> str:
        return self._mirror.url

    @property
    def asked(self) -> int:
        """How many answers were asked for so far."""
        return len(self._mirror.bodies)

    @contextmanager
    def listening(self) -> Iterator[Service]:
        """Serve until the end of the block."""
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise TimeoutError("the played service did not start")
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(_START_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with self._mirror.listening():
            self._ready.set()
            await self._end.wait()

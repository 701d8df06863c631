"""Ends the wait for an engine that takes too long, without a timer of its own for every event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

Event = TypeVar("Event")


class Watch:
    """Watches over the waits of one answer, until `close()`.

    An `asyncio.timeout` around each event would cost as much as everything else that is done with the event. One
    timer does: it is left alone when an event comes, and looks how late it really is when it rings.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._until = 0.0
        self._rang = False
        self.over = False
        """True once `cut_short` was called: no wait is granted any more."""

    async def next(self, source: AsyncIterator[Event], until: float) -> Event:
        """The next event of `source`; raises TimeoutError when it has not come until then, in the loop's time."""
        task = asyncio.current_task()
        assert task is not None, "only a task can be told that it waited too long"  # noqa: S101  a mistake of ours
        cancelling = task.cancelling()
        self._waiting, self._until = task, 0.0 if self.over else until
        if self._timer is None or self._timer.when() > self._until:
            self._set(self._until)
        try:
            return await anext(source)
        except asyncio.CancelledError as cancelled:
            if not self._rang or task.cancelling() > cancelling + 1:  # somebody else wants it cancelled
                raise
            raise TimeoutError from cancelled
        finally:
            self._waiting = None
            if self._rang:
                self._rang = False
                task.uncancel()

    def cut_short(self) -> None:
        """End the wait that goes on, and every later one as soon as it begins."""
        self.over = True
        if self._waiting:
            self._until = 0.0
            self._set(0.0)

    def close(self) -> None:
        """Give the timer back."""
        if self._timer:
            self._timer.cancel()

    def _set(self, at: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiting is None:
            return  # the answer waits for its reader just now; the next wait sets the timer
        if self._until > self._loop.time():
            self._set(self._until)
            return
        self._rang = True
        self._waiting.cancel()

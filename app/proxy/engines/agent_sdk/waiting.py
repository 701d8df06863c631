"""Turns that wait for a busy process with their system prompt, where that is likely to be sooner than another one.

Whether it is depends on how long turns take: a chat's answer goes on for many seconds and is not worth a wait, while
an app that asks a hundred short questions at once would have a process started for each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import msgspec

_WEIGHT_OF_THE_NEWEST = 0.25


class Bound(Protocol):
    """A process, as far as waiting for it goes."""

    @property
    def system(self) -> str | None:
        """The system prompt it is bound to."""
        ...


Process = TypeVar("Process", bound=Bound)


class _Waiter(msgspec.Struct, Generic[Process], frozen=True):
    """A turn that waits."""

    suits: Callable[[Process], bool]
    process: asyncio.Future[Process]


class Waiting(Generic[Process]):
    """Knows the busy processes, how long turns take, and who waits; belongs to one pool."""

    def __init__(self, unclaimed: Callable[[Process], object], clock: Callable[[], float] = time.monotonic) -> None:
        """`unclaimed` takes a process back whose taker went away in the moment it was handed over."""
        self._unclaimed = unclaimed
        self._clock = clock
        self._begun: dict[Process, float] = {}
        self._waiters: list[_Waiter[Process]] = []
        self._usual_seconds: float | None = None

    def begun(self, process: Process) -> None:
        """A turn has it now."""
        self._begun[process] = self._clock()

    def ended(self, process: Process) -> None:
        """Its turn is over."""
        begun = self._begun.pop(process, None)
        if begun is None:
            return
        took = self._clock() - begun
        before = took if self._usual_seconds is None else self._usual_seconds
        self._usual_seconds = before + (took - before) * _WEIGHT_OF_THE_NEWEST

    def hand_over(self, process: Process) -> bool:
        """Give it to whoever has waited longest and can use it; False when nobody does."""
        for waiter in self._waiters:
            if not waiter.process.done() and waiter.suits(process):
                waiter.process.set_result(process)
                return True
        return False

    async def soon(self, system: str, suits: Callable[[Process], bool], within_seconds: float) -> Process | None:
        """The next process that suits; None at once where none with this prompt is likely to be free in time."""
        busy = any(process.system == system for process in self._begun)
        if not busy or self._usual_seconds is None or self._usual_seconds > within_seconds:
            return None
        waiter: _Waiter[Process] = _Waiter(suits, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(within_seconds):
                return await waiter.process
        except TimeoutError:
            return _handed(waiter.process)  # both may come in the same moment
        except asyncio.CancelledError:
            if process := _handed(waiter.process):
                self._unclaimed(process)
            raise
        finally:
            self._waiters.remove(waiter)


def _handed(process: asyncio.Future[Process]) -> Process | None:
    return process.result() if process.done() and not process.cancelled() else None

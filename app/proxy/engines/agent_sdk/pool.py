"""Which process a turn gets, and when processes end.

A turn gets the first that fits; each kind is only a cache over the next, the model receives the same either way:

    live     an idle process that already holds the beginning of this conversation
    same     an idle process with the same system prompt, emptied
    spare    one that was started ahead and is bound now
    cold     one that is started now; one that reads the history at its start, when there is too much to be told
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import psutil

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.background import Background
from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.limits import PoolLimits
from app.proxy.engines.agent_sdk.orphans import Ledger
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.process import CliProcess
from app.proxy.engines.agent_sdk.self_test import ALL
from app.proxy.engines.agent_sdk.starts import Starts
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.transport import Frame
from app.proxy.engines.agent_sdk.waiting import Waiting
from app.proxy.engines.agent_sdk.wanted import Wanted
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Refused

log = logging.getLogger(__name__)

_TURNS_BETWEEN_WEIGHINGS = 10
_SURPLUS_SECONDS = 30.0


class Pool:
    """Owns every process; `close()` ends them all."""

    def __init__(
        self,
        command: Callable[[], Command],
        limits: PoolLimits,
        on_bound: Callable[[Frame], None],
        ledger: Ledger,
        may_start: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`on_bound` is told what each process says of itself: account and models.

        `may_start` is waited for before a turn or a process starts; it raises Refused when nothing may.
        """
        self._limits = limits
        self._ledger = ledger
        self._may_start = may_start
        self._background = Background()
        self._starts = Starts(command, limits, on_bound, ledger, self._background, may_start=may_start)
        self._idle: list[CliProcess] = []
        self._waiting: Waiting[CliProcess] = Waiting(self._keep)
        self._closed = False
        self.mechanisms = ALL
        """What of the CLI may be relied on; set before the first lease."""

    def start(self) -> None:
        """End what an earlier run left behind; the first lease begins to start spares."""
        self._ledger.sweep()

    async def lease(self, wanted: Wanted, settings: Settings, toolbox: Toolbox) -> CliProcess:
        """A bound process for a turn; raises Refused when none can be had."""
        if self._closed:
            raise Refused(fault_of(Condition.SHUTTING_DOWN, retry_after_seconds=2))
        if self._may_start:
            await self._may_start()
        if not self.mechanisms.history and wanted.messages:
            return await self._starts.cold(wanted.system, settings, toolbox, wanted.messages)
        if not self.mechanisms.adjustable:
            return await self._starts.cold(wanted.system, settings, toolbox)
        process = self._best_idle(wanted) or await self._soon_free(wanted) or await self._another(wanted)
        self._waiting.begun(process)
        return process

    def give_back(self, process: CliProcess) -> None:
        """The turn is over, well or not; the process is made ready again or ended, in the background."""
        self._waiting.ended(process)
        if not process.reusable:
            self._starts.end_soon(process)
        elif process.settled and not self._worn(process):
            self._keep(process)  # at once: the next turn of the same chat may already be on its way
        else:
            self._background.run(self._take_back(process))

    async def close(self) -> None:
        """End every process; nothing is left when this returns."""
        self._closed = True
        await self._background.close()
        await self._starts.close()

    def sweep(self) -> None:
        """End what has been idle for too long or has died, and replace dead spares; called now and then."""
        oldest = time.monotonic() - self._limits.idle_seconds
        for process in tuple(self._idle):
            if process.idle_since < oldest or not process.alive:
                self._idle.remove(process)
                self._starts.end_soon(process)
        if self._starts.end_useless_spares():
            self._refill()

    def forget_all(self) -> None:
        """End every process that serves nobody now, and the others after their turn: the account has changed."""
        for process in self._idle:
            self._starts.end_soon(process)
        self._idle.clear()
        self._starts.forget_all()
        self._refill()

    def _best_idle(self, wanted: Wanted) -> CliProcess | None:
        """The idle process that suits the turn best; it is not idle any more."""
        self.sweep()
        fitting: dict[CliProcess, tuple[int, int]] = {}
        for process in self._idle:
            stays = self._stays(process, wanted)
            if stays is not None and (self.mechanisms.rewind or stays == len(process.held)):
                fitting[process] = stays, -len(process.held)
        # The one that keeps most; among equals the one that loses least, so that other chats stay where they are.
        best = max(fitting, key=lambda process: fitting[process], default=None)
        if best:
            self._idle.remove(best)
        return best

    async def _soon_free(self, wanted: Wanted) -> CliProcess | None:
        """A process with this prompt whose turn ends before another one could serve."""
        if not self.mechanisms.rewind:
            return None

        def suits(process: CliProcess) -> bool:
            return self._stays(process, wanted) is not None

        return await self._waiting.soon(wanted.system, suits, self._starts.seconds)

    async def _another(self, wanted: Wanted) -> CliProcess:
        if self._is_too_much(wanted, 0):
            try:
                return await self._starts.resumed(wanted.system, wanted.resumable, wanted.model)
            except OSError as error:  # a full disk must not cost an answer
                log.warning("a long chat can't be written down to be read and is told: %s", error.strerror)
        process = await self._starts.bound(wanted.system)
        self._refill()
        return process

    def _stays(self, process: CliProcess, wanted: Wanted) -> int | None:
        """How many of the messages it holds can stay; None when it can't serve the turn, or another could sooner."""
        stays = process.keepable(wanted) if process.system == wanted.system else None
        return None if stays is None or self._is_too_much(wanted, stays) else stays

    def _is_too_much(self, wanted: Wanted, stays: int) -> bool:
        """Whether telling a process that keeps `stays` messages the others takes longer than starting one with them."""
        too_many = wanted.questions_after(stays) > self._limits.told
        return too_many and self.mechanisms.resume and bool(wanted.resumable)

    async def _take_back(self, process: CliProcess) -> None:
        try:
            await process.settle()
        except Exception as error:  # noqa: BLE001 - whatever it was, this process must not serve again
            log.info("a process could not be made ready again and is ended: %s", type(error).__name__)
            await self._starts.end(process)
            return
        if self._worn(process):
            await self._starts.end(process)
        else:
            self._keep(process)

    def _keep(self, process: CliProcess) -> None:
        process.idle_since = time.monotonic()
        if self._waiting.hand_over(process):
            return
        self._idle.append(process)
        if len(self._idle) > max(self._limits.idle, self._limits.burst):
            self._starts.end_soon(self._idle.pop(0))
        if len(self._idle) > self._limits.idle:
            asyncio.get_running_loop().call_later(_SURPLUS_SECONDS, self._trim)

    def _trim(self) -> None:
        """End what is idle beyond the limit and was not needed for a while: a burst of turns needs them all."""
        unneeded = time.monotonic() - _SURPLUS_SECONDS
        while len(self._idle) > self._limits.idle and self._idle[0].idle_since <= unneeded:
            self._starts.end_soon(self._idle.pop(0))

    def _worn(self, process: CliProcess) -> bool:
        """Whether it has served its time, or is of no use any more."""
        if self._closed or process.forgotten or not process.alive or process.served >= self._limits.turns:
            return True
        if process.served % _TURNS_BETWEEN_WEIGHINGS:
            return False
        try:
            return psutil.Process(process.pid).memory_info().rss > self._limits.megabytes * 1_000_000
        except psutil.Error:
            return True

    def _refill(self) -> None:
        if not self._closed and self.mechanisms.adjustable:
            self._starts.refill()

"""Which CLI processes live, who may have one, and when they end.

A turn gets the first that fits; each kind is only a cache over the next, the model receives the same either way:

    live     an idle process that already holds the beginning of this conversation
    same     an idle process with the same system prompt, emptied
    spare    one that was started ahead and is bound now
    cold     one that is started now
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import psutil

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.cold import cold_command
from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.history import digest, resumed
from app.proxy.engines.agent_sdk.limits import PoolLimits
from app.proxy.engines.agent_sdk.orphans import Ledger
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.process import CliProcess
from app.proxy.engines.agent_sdk.self_test import ALL
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.transport import Frame, ProcessEnded
from app.proxy.engines.agent_sdk.waiting import Waiting
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import Message

log = logging.getLogger(__name__)

_TURNS_BETWEEN_WEIGHINGS = 10
_LOADING_SECONDS = 0.4
"""A started process keeps a core busy for about so long; the next spare waits until it is done."""
_BINDING_SECONDS = 0.15
"""Until a spare has its prompt and is as quick as a process that served before."""
_SURPLUS_SECONDS = 30.0


class Pool:
    """Owns every process it started; `close()` ends them all."""

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
        self._command = command
        self._limits = limits
        self._on_bound = on_bound
        self._ledger = ledger
        self._may_start = may_start
        self._spares: list[CliProcess] = []
        self._idle: list[CliProcess] = []
        self._everyone: set[CliProcess] = set()
        self._starting = asyncio.Semaphore(os.cpu_count() or 1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._refilling: asyncio.Task[None] | None = None
        self._waiting: Waiting[CliProcess] = Waiting(self._keep)
        self._closed = False
        self.mechanisms = ALL
        """What of the CLI may be relied on; set before the first lease."""

    def start(self) -> None:
        """End what an earlier run left behind; the first lease begins to start spares."""
        self._ledger.sweep()

    async def lease(self, system: str, messages: Sequence[Message], settings: Settings, toolbox: Toolbox) -> CliProcess:
        """A bound process for a turn whose history is `messages`; raises Refused when none can be had."""
        if self._closed:
            raise Refused(fault_of(Condition.SHUTTING_DOWN, retry_after_seconds=2))
        if self._may_start:
            await self._may_start()
        if not self.mechanisms.history and messages:
            return await self._cold(system, settings, toolbox, messages)
        if not self.mechanisms.adjustable:
            return await self._cold(system, settings, toolbox, ())
        wanted = [digest(message) for message in messages]
        process = (
            self._best_idle(system, wanted, settings.model)
            or await self._soon_free(system, wanted, settings.model)
            or await self._another(system)
        )
        self._waiting.begun(process)
        return process

    def give_back(self, process: CliProcess) -> None:
        """The turn is over, well or not; the process is made ready again or ended, in the background."""
        self._waiting.ended(process)
        if not process.reusable:
            self._in_background(self._end(process))
        elif process.settled and not self._worn(process):
            self._keep(process)  # at once: the next turn of the same chat may already be on its way
        else:
            self._in_background(self._take_back(process))

    async def close(self) -> None:
        """End every process; nothing is left when this returns."""
        self._closed = True
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.gather(*(self._end(process) for process in tuple(self._everyone)), return_exceptions=True)

    def sweep(self) -> None:
        """End what has been idle for too long or has died, and replace dead spares; called now and then."""
        oldest = time.monotonic() - self._limits.idle_seconds
        for process in tuple(self._idle):
            if process.idle_since < oldest or not process.alive:
                self._idle.remove(process)
                self._in_background(self._end(process))
        dead = [spare for spare in self._spares if not spare.alive]
        for process in dead:
            self._spares.remove(process)
            self._in_background(self._end(process))
        if dead:
            self._refill()

    def forget_all(self) -> None:
        """End every process that serves nobody now: the account has changed."""
        for process in (*self._idle, *self._spares):
            self._in_background(self._end(process))
        self._idle.clear()
        self._spares.clear()
        self._refill()

    def _best_idle(self, system: str, wanted: Sequence[bytes], model: str) -> CliProcess | None:
        """The idle process that suits the turn best; it is not idle any more."""
        self.sweep()
        fitting: dict[CliProcess, tuple[int, int]] = {}
        for process in self._idle:
            stays = process.keepable(wanted, model) if process.system == system else None
            if stays is not None and (self.mechanisms.rewind or stays == len(process.held)):
                fitting[process] = stays, -len(process.held)
        # The one that keeps most; among equals the one that loses least, so that other chats stay where they are.
        best = max(fitting, key=lambda process: fitting[process], default=None)
        if best:
            self._idle.remove(best)
        return best

    async def _soon_free(self, system: str, wanted: Sequence[bytes], model: str) -> CliProcess | None:
        """A process with this prompt whose turn ends before another one could serve."""
        if not self.mechanisms.rewind:
            return None

        def suits(process: CliProcess) -> bool:
            return process.system == system and process.keepable(wanted, model) is not None

        return await self._waiting.soon(system, suits, _BINDING_SECONDS if self._spares else _LOADING_SECONDS)

    async def _another(self, system: str) -> CliProcess:
        """A spare or, without one, a process that is started now; bound to the prompt."""
        try:
            async with asyncio.timeout(self._limits.start_seconds), self._starting:
                if self._may_start:
                    await self._may_start()  # once more: much may have happened in the queue
                process = self._spare() or await self._spawned(CliProcess(self._command()))
                await self._bind(process, system)
        except TimeoutError:
            raise Refused(fault_of(Condition.TIMED_OUT)) from None
        self._refill()
        return process

    def _spare(self) -> CliProcess | None:
        while self._spares:
            process = self._spares.pop(0)
            if process.alive:
                return process
            self._in_background(self._end(process))
        return None

    async def _cold(self, system: str, settings: Settings, toolbox: Toolbox, history: Sequence[Message]) -> CliProcess:
        """`history`: what it has to know from the start, because it can't be told later."""
        try:
            with cold_command(self._command(), system, settings, history) as command:
                async with asyncio.timeout(self._limits.start_seconds), self._starting:
                    process = await self._spawned(CliProcess(command, fixed=(settings, toolbox)))
                    process.held += resumed(history)
                    await self._bind(process, system)
        except TimeoutError:
            raise Refused(fault_of(Condition.TIMED_OUT)) from None
        return process

    async def _spawned(self, process: CliProcess) -> CliProcess:
        self._everyone.add(process)
        try:
            await process.spawn()
            if process.pid:
                self._ledger.add(process.pid)
        except OSError as error:
            self._everyone.discard(process)
            log.warning("the engine can't be started: %s", error.strerror)
            raise Refused(fault_of(Condition.ENGINE_MISSING)) from error
        except BaseException:
            self._in_background(self._end(process))
            raise
        return process

    async def _bind(self, process: CliProcess, system: str) -> None:
        try:
            self._on_bound(await process.bind(system))
        except BaseException:
            self._in_background(self._end(process))
            raise

    async def _take_back(self, process: CliProcess) -> None:
        try:
            await process.settle()
        except Exception as error:  # noqa: BLE001 - whatever it was, this process must not serve again
            log.info("a process could not be made ready again and is ended: %s", type(error).__name__)
            await self._end(process)
            return
        if self._worn(process):
            await self._end(process)
        else:
            self._keep(process)

    def _keep(self, process: CliProcess) -> None:
        process.idle_since = time.monotonic()
        if self._waiting.hand_over(process):
            return
        self._idle.append(process)
        if len(self._idle) > self._limits.idle:
            asyncio.get_running_loop().call_later(_SURPLUS_SECONDS, self._trim)

    def _trim(self) -> None:
        """End what is idle beyond the limit and was not needed for a while: a burst of turns needs them all."""
        unneeded = time.monotonic() - _SURPLUS_SECONDS
        while len(self._idle) > self._limits.idle and self._idle[0].idle_since <= unneeded:
            self._in_background(self._end(self._idle.pop(0)))

    def _worn(self, process: CliProcess) -> bool:
        """Whether it has served its time, or is of no use any more."""
        if self._closed or not process.alive or process.served >= self._limits.turns:
            return True
        if process.served % _TURNS_BETWEEN_WEIGHINGS:
            return False
        try:
            return psutil.Process(process.pid).memory_info().rss > self._limits.megabytes * 1_000_000
        except psutil.Error:
            return True

    async def _end(self, process: CliProcess) -> None:
        await process.kill()
        self._everyone.discard(process)  # only now: what is broken off here is ended by `close`
        if process.pid:
            self._ledger.remove(process.pid)

    def _refill(self) -> None:
        """Start missing spares, one at a time, after whoever waits for a start."""
        if self._closed or not self.mechanisms.adjustable or (self._refilling and not self._refilling.done()):
            return
        self._refilling = self._in_background(self._fill_up())

    async def _fill_up(self) -> None:
        while len(self._spares) < self._limits.spares:
            async with self._starting:
                try:
                    if self._may_start:
                        await self._may_start()
                    process = await self._spawned(CliProcess(self._command()))
                except Refused:
                    return
                self._spares.append(process)
            await asyncio.sleep(_LOADING_SECONDS)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, ProcessEnded):
            log.error("the pool's work failed", exc_info=error)

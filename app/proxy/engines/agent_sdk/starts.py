"""Starts processes of the CLI, as many at once as there are cores, and ends them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.at_start import cold_command, resuming_command
from app.proxy.engines.agent_sdk.background import Background
from app.proxy.engines.agent_sdk.command import Command, leaves_words_alone
from app.proxy.engines.agent_sdk.limits import PoolLimits
from app.proxy.engines.agent_sdk.orphans import Ledger
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.process import CliProcess
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.transport import Frame
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import Message

log = logging.getLogger(__name__)

_LOADING_SECONDS = 0.4
"""A started process keeps a core busy for about so long; the next spare waits until it is done."""
_BINDING_SECONDS = 0.15
"""Until a spare has its prompt and is as quick as a process that served before."""


class Starts:
    """Owns every process it started and the spares, which have no system prompt yet; `close()` ends them all.

    Whatever gives a process raises Refused when none can be had.
    """

    def __init__(
        self,
        command: Callable[[], Command],
        limits: PoolLimits,
        on_bound: Callable[[Frame], None],
        ledger: Ledger,
        background: Background,
        *,
        may_start: Callable[[], Awaitable[None]] | None,
    ) -> None:
        """Parameters as for the pool; `background` does what nobody waits for."""
        self._command = command
        self._limits = limits
        self._on_bound = on_bound
        self._ledger = ledger
        self._may_start = may_start
        self._background = background
        self._spares: list[CliProcess] = []
        self._everyone: set[CliProcess] = set()
        self._starting = asyncio.Semaphore(os.cpu_count() or 1)
        self._refilling: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def seconds(self) -> float:
        """How long the next start takes, about."""
        return _BINDING_SECONDS if self._spares else _LOADING_SECONDS

    async def bound(self, system: str) -> CliProcess:
        """A spare or, without one, a process that is started now; with this prompt and an empty history."""
        async with self._place():
            process = self._spare() or await self._spawned(CliProcess(self._command()))
            await self._bind(process, system)
        return process

    async def resumed(self, system: str, history: Sequence[Message], model: str) -> CliProcess:
        """A process that has read this history at its start, and is like any other from then on."""
        with resuming_command(self._command(), history, model) as (command, held):
            async with self._place():
                process = await self._spawned(CliProcess(command, held=held))
                await self._bind(process, system)
        return process

    async def cold(
        self, system: str, settings: Settings, toolbox: Toolbox, history: Sequence[Message] = ()
    ) -> CliProcess:
        """A process for one turn. `history`: what it has to know from the start, because it can't be told later."""
        with cold_command(self._command(), system, settings, history) as (command, held):
            async with self._place():
                process = await self._spawned(CliProcess(command, fixed=(settings, toolbox), held=held))
                await self._bind(process, system)
        return process

    def refill(self) -> None:
        """Start missing spares in the background, one at a time, after whoever waits for a start."""
        if not self._refilling or self._refilling.done():
            self._refilling = self._background.run(self._fill_up())

    def end_useless_spares(self) -> bool:
        """Those that have died, or began with what has changed since; whether there were any."""
        useless = [spare for spare in self._spares if not _is_of_use(spare)]
        for process in useless:
            self._spares.remove(process)
            self.end_soon(process)
        return bool(useless)

    def forget_all(self) -> None:
        """End the spares; what serves a turn now, or is just being started, serves no other."""
        for process in self._everyone:
            process.forgotten = True
        self.end_useless_spares()

    def end_soon(self, process: CliProcess) -> None:
        """End it in the background."""
        self._background.run(self.end(process))

    async def end(self, process: CliProcess) -> None:
        await process.kill()
        self._everyone.discard(process)  # only now: what is broken off here is ended by `close`
        if process.pid:
            self._ledger.remove(process.pid)

    async def close(self) -> None:
        """End every process; nothing is left when this returns, and nothing starts any more."""
        self._closed = True
        await asyncio.gather(*(self.end(process) for process in tuple(self._everyone)), return_exceptions=True)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the few starts at once, within the time that one may take."""
        try:
            async with asyncio.timeout(self._limits.start_seconds), self._starting:
                if self._may_start:
                    await self._may_start()  # only now: much may have happened in the queue
                if self._closed:
                    raise Refused(fault_of(Condition.SHUTTING_DOWN, retry_after_seconds=2))
                yield
        except TimeoutError:
            raise Refused(fault_of(Condition.TIMED_OUT)) from None

    def _spare(self) -> CliProcess | None:
        while self._spares:
            process = self._spares.pop(0)
            if _is_of_use(process):
                return process
            self.end_soon(process)
        return None

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
            self.end_soon(process)
            raise
        return process

    async def _bind(self, process: CliProcess, system: str) -> None:
        try:
            told = await process.bind(system)
            if not leaves_words_alone(told.get("claude_code_version")):
                log.error("the engine's program is too old to be asked anything")
                raise Refused(fault_of(Condition.ENGINE_MISSING))
            self._on_bound(told)
        except BaseException:
            self.end_soon(process)
            raise

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


def _is_of_use(spare: CliProcess) -> bool:
    return spare.alive and not spare.forgotten

"""An engine whose library takes a second to load: it is loaded in a thread, while the program already serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import msgspec

from app.core.conditions import Condition
from app.core.garbage import loading
from app.proxy.engines import Engine, TokenCount
from app.proxy.engines.faults import fault_of
from app.proxy.engines.reach import EngineFacts
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.stream import Failed, StreamEvent
from app.proxy.neutral.turn import Turn

log = logging.getLogger(__name__)


class Loaded(msgspec.Struct, frozen=True):
    """The engine behind it, and what else is asked of it."""

    engine: Engine
    facts: Callable[[], EngineFacts]
    sweep: Callable[[], object]


class LateEngine:
    """Implements `app.proxy.engines.Engine` with one that `load` makes; whoever needs it first waits for that."""

    def __init__(self, name: str, load: Callable[[], Loaded]) -> None:
        """`load` is called on a thread of its own; an ImportError or OSError means that files are missing.

        What could not be loaded is tried again for whoever asks next: somebody may have put the files back.
        """
        self._name = name
        self._load = load
        self._loading: asyncio.Task[Loaded] | None = None
        self._loaded: Loaded | None = None

    @property
    def name(self) -> str:
        return self._name

    async def start(self) -> None:
        """Begin to load; the engine starts as soon as it is there."""
        self._begin()

    async def close(self) -> None:
        if self._loading:
            await asyncio.wait([self._loading])
        if self._loaded:
            await self._loaded.engine.close()

    def notices(self) -> tuple[str, ...]:
        return self._loaded.engine.notices() if self._loaded else ()

    def facts(self) -> EngineFacts:
        """What the engine learned in passing; nothing before it is loaded."""
        return self._loaded.facts() if self._loaded else EngineFacts()

    def sweep(self) -> None:
        """End what has been idle for too long."""
        if self._loaded:
            self._loaded.sweep()

    async def models(self) -> tuple[ServedModel, ...]:
        return await (await self._engine()).models()

    async def count_tokens(self, turn: Turn) -> TokenCount:
        return await (await self._engine()).count_tokens(turn)

    async def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        try:
            engine = await self._engine()
        except Refused as refused:
            yield Failed(refused.fault)
            return
        async with aclosing(engine.answer(turn)) as events:
            async for event in events:
                yield event

    async def _engine(self) -> Engine:
        try:
            return (await asyncio.shield(self._begin())).engine
        except (ImportError, OSError) as error:  # files missing or blocked
            raise Refused(fault_of(Condition.ENGINE_MISSING)) from error

    def _begin(self) -> asyncio.Task[Loaded]:
        failed = self._loading is not None and self._loading.done() and self._loaded is None
        if self._loading is None or failed:
            self._loading = asyncio.create_task(self._start(), name=f"loading {self._name}")
            self._loading.add_done_callback(_report)
        return self._loading

    async def _start(self) -> Loaded:
        loaded = await asyncio.to_thread(self._load_at_once)
        await loaded.engine.start()
        self._loaded = loaded
        return loaded

    def _load_at_once(self) -> Loaded:
        with loading():
            return self._load()


def _report(task: asyncio.Task[Loaded]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("the engine can't be loaded: %s", type(error).__name__, exc_info=error)

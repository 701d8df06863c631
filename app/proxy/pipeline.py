"""One exchange: a turn goes to the engine that serves its model, and its events come back within the limits."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial

import msgspec
from msgspec.structs import replace

from app.core.bus import Bus
from app.core.conditions import Condition
from app.core.events import ExchangeEnded, ExchangeStarted, Outcome
from app.proxy.engines import TokenCount
from app.proxy.engines.faults import fault_of
from app.proxy.models import Catalogue
from app.proxy.neutral.errands import is_errand
from app.proxy.neutral.fault import Fault, Refused
from app.proxy.neutral.stream import (
    Accepted,
    Failed,
    Finished,
    Started,
    StreamEvent,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import Image, ToolResult, Turn, UserMessage
from app.proxy.sessions import Sessions
from app.proxy.watch import Watch

log = logging.getLogger(__name__)

UNREADABLE = "?"
"""Stands in the history where the model's name would be."""


class Caller(msgspec.Struct, frozen=True):
    """Who asked and how: metadata for the history, never content."""

    request_id: str
    path: str
    key_name: str
    streaming: bool


class Deadlines(msgspec.Struct, frozen=True):
    """How long an answer may take, in seconds; past one of them it fails and the engine is stopped."""

    first_event: float
    """From asking the engine to the model's first sign of life."""
    idle: float
    """Between two events after that."""
    total: float


class Pipeline:
    """Lives as long as the program; `drain()` ends it."""

    def __init__(
        self,
        catalogue: Catalogue,
        deadlines: Deadlines,
        bus: Bus,
        *,
        sessions: Sessions | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`sessions`: None answers every turn as if it had no session key."""
        self.catalogue = catalogue
        self._sessions = sessions
        self._deadlines = deadlines
        self._bus = bus
        self._clock = clock
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._draining = False
        self.paused = False
        """True: a person wants no answers now; running ones go on."""
        self._watches: set[Watch] = set()

    @property
    def running(self) -> int:
        """Answers under way."""
        return self._running

    @property
    def draining(self) -> bool:
        """True once the program is closing: new turns are refused."""
        return self._draining

    async def answer(self, turn: Turn, caller: Caller) -> AsyncGenerator[StreamEvent, None]:
        """Answer one turn; ends with exactly one Finished or Failed, and never raises for a failed answer."""
        if self._draining:
            yield Failed(fault_of(Condition.SHUTTING_DOWN, retry_after_seconds=2))
            return
        if self.paused:
            yield Failed(replace(fault_of(Condition.PAUSED), retryable=False))
            return
        record = _Record(self._bus, self._clock, turn, caller)
        watch = Watch()
        self._watches.add(watch)
        self._running += 1
        self._idle.clear()
        try:
            async with aclosing(self._events(turn, caller.key_name, watch)) as events:
                async for event in events:
                    record.note(event)
                    yield event
        finally:
            watch.close()
            self._watches.discard(watch)
            self._running -= 1
            if not self._running:
                self._idle.set()
            record.close()

    def note_refusal(self, fault: Fault, caller: Caller, model: str = UNREADABLE) -> None:
        """Put on record what could not be read, or not be asked: whoever's app fails looks for it in the history."""
        record = _Record(self._bus, self._clock, Turn(model, ()), caller)
        record.note(Failed(fault))
        record.close()

    async def count_tokens(self, turn: Turn, key_name: str) -> TokenCount:
        """Count the input of a turn; raises Refused."""
        if self._sessions:
            turn = await self._sessions.whole(key_name, turn)
        engine, model = await self.catalogue.resolve(turn.model)
        return await engine.count_tokens(_for(model, turn))

    def refuse_new(self) -> None:
        """From now on every new turn fails with SHUTTING_DOWN."""
        self._draining = True

    async def drain(self, limit_seconds: float) -> bool:
        """Refuse new turns and wait for the running ones; False when some still ran at the limit.

        Those fail with SHUTTING_DOWN, so that their readers are told instead of just cut off.
        """
        self.refuse_new()
        try:
            async with asyncio.timeout(limit_seconds):
                await self._idle.wait()
        except TimeoutError:
            for watch in self._watches:
                watch.cut_short()
            return False
        return True

    def _events(self, turn: Turn, key_name: str, watch: Watch) -> AsyncGenerator[StreamEvent, None]:
        if self._sessions is None or turn.session_key is None:
            return self._answered(turn, watch)
        return self._sessions.answer(key_name, turn, partial(self._answered, watch=watch))

    async def _answered(self, turn: Turn, watch: Watch) -> AsyncGenerator[StreamEvent, None]:
        try:
            engine, model = await self.catalogue.resolve(turn.model)
        except Refused as refused:
            yield Failed(refused.fault)
            return
        ignored = turn.ignored
        async with aclosing(engine.answer(_for(model, turn))) as source:
            async for event in _within(source, self._deadlines, watch):
                match event:
                    case Accepted(more):
                        yield Accepted(tuple(dict.fromkeys((*ignored, *more))))
                    case Failed(fault) if fault.code == Condition.MODEL_UNAVAILABLE.code:
                        yield Failed(await self.catalogue.unknown(turn.model))
                    case _:
                        yield event


def _for(model: str, turn: Turn) -> Turn:
    return replace(turn, model=model, system=(*turn.system, *turn.once), once=())


async def _within(
    source: AsyncGenerator[StreamEvent, None], deadlines: Deadlines, watch: Watch
) -> AsyncGenerator[StreamEvent, None]:
    """Pass events on until the end or a deadline; what ends without an end, or raises, becomes a Failed."""
    time_now = asyncio.get_running_loop().time
    last = time_now() + deadlines.total
    started = False
    while True:
        allowed = deadlines.idle if started else deadlines.first_event
        try:
            event = await watch.next(source, min(time_now() + allowed, last))
        except TimeoutError:
            if watch.over:
                yield Failed(fault_of(Condition.SHUTTING_DOWN, retry_after_seconds=2))
            else:
                yield Failed(fault_of(Condition.STALLED if started else Condition.TIMED_OUT))
            return
        except StopAsyncIteration:
            yield Failed(fault_of(Condition.STALLED))
            return
        except Exception:
            log.exception("an engine raised in the middle of an answer")
            yield Failed(fault_of(Condition.INTERNAL_ERROR))
            return
        yield event
        if isinstance(event, Finished | Failed):
            return
        started = started or not isinstance(event, Accepted)


class _Record:
    """What the history gets to know of one exchange: numbers and names, no text."""

    def __init__(self, bus: Bus, clock: Callable[[], float], turn: Turn, caller: Caller) -> None:
        self._bus, self._clock, self._caller = bus, clock, caller
        self._begun = clock()
        self._first_token: float | None = None
        self._model: str | None = None
        self._usage = Usage()
        self._end: Finished | Failed | None = None
        bus.publish(
            ExchangeStarted(
                request_id=caller.request_id,
                path=caller.path,
                key_name=caller.key_name,
                model=turn.model,
                session_key=turn.session_key,
                streaming=caller.streaming,
                messages=len(turn.messages),
                images=_images(turn),
                tools=len(turn.tools),
                errand=is_errand(turn),
            )
        )

    def note(self, event: StreamEvent) -> None:
        match event:
            case Started(model, usage):
                self._model, self._usage = model, usage
            case UsageReported(usage):
                self._usage = usage
            case Finished() | Failed():
                self._end = event
            case Accepted():
                pass
            case _ if self._first_token is None:
                self._first_token = self._clock()
            case _:
                pass

    def close(self) -> None:
        fault: Fault | None = None
        match self._end:
            case Finished(reason):
                outcome, detail = Outcome.OK, reason.value
            case Failed(fault):
                outcome, detail = Outcome.FAILED, fault.code or fault.kind.label
            case None:
                outcome, detail = Outcome.CLIENT_LEFT, "client_disconnect"
        first = self._first_token
        self._bus.publish(
            ExchangeEnded(
                request_id=self._caller.request_id,
                outcome=outcome,
                detail=detail,
                status=fault.kind.status if fault else 200,
                served_model=self._model,
                duration_seconds=self._clock() - self._begun,
                first_token_seconds=None if first is None else first - self._begun,
                input_tokens=self._usage.whole_input_tokens,
                output_tokens=self._usage.output_tokens,
                cache_read_tokens=self._usage.cache_read_tokens,
                cache_creation_tokens=self._usage.cache_creation_tokens,
                cost_usd=self._usage.cost_usd,
                until=fault.until if fault else None,
            )
        )


def _images(turn: Turn) -> int:
    count = 0
    for message in turn.messages:
        if isinstance(message, UserMessage):
            for block in message.content:
                inner = block.content if isinstance(block, ToolResult) else (block,)
                count += sum(isinstance(part, Image) for part in inner)
    return count

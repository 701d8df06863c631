"""Conversations that go on under a key, although the app sends only what is new.

A turn without a key never comes here: nothing is guessed. Each app, known by the name of its key for Tidegate, has
conversations of its own: two apps that use the same session key mean two. Under one key answers are made one after the
other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeAlias

from app.core.bus import Bus
from app.core.conditions import Condition
from app.core.events import SessionCreated, SessionExpired, SessionUpdated
from app.proxy.continuation import Continuation, continued
from app.proxy.neutral.cache_marks import unmarked
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.stream import Failed, Finished, StopReason, StreamEvent
from app.proxy.neutral.turn import AssistantMessage, Turn
from app.proxy.session_file import StoreUnavailable
from app.proxy.session_store import Name, SessionStore, SessionSummary, StoredSession

log = logging.getLogger(__name__)

Ask: TypeAlias = Callable[[Turn], AsyncGenerator[StreamEvent, None]]
SWEEP_SECONDS = 300.0
"""Between two looks for what nobody continued, when nothing else asks for one."""


class Sessions:
    """Lives as long as the program; `close()` gives the store's file back."""

    def __init__(
        self,
        store: SessionStore,
        bus: Bus,
        *,
        ttl_seconds: float,
        wait_seconds: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`wait_seconds`: how long a turn waits for another one under the same key. `clock`: Unix seconds."""
        self.store = store
        self.ttl_seconds = ttl_seconds
        self._bus = bus
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._open: dict[Name, _Place] = {}
        self._swept = 0.0

    async def answer(self, app: str, turn: Turn, ask: Ask) -> AsyncGenerator[StreamEvent, None]:
        """Answer the whole conversation behind a turn with a key, and keep it once the answer is finished.

        Nothing is kept of an answer that failed, was refused by the model or whose reader left, nor of what the user
        said for it: the app sends that again, or it never happened. The end is passed on when the answer is stored,
        so that an app that speaks again at once is understood.
        """
        assert turn.session_key is not None, "a turn without a key has no session"  # noqa: S101  a mistake of ours
        name = (app, turn.session_key)
        place = self._open.setdefault(name, _Place())
        place.users += 1
        try:
            try:
                await place.enter(self._wait_seconds)
            except TimeoutError:
                yield Failed(_occupied())
                return
            try:
                async with aclosing(self._answer_alone(turn, name, ask, place)) as events:
                    async for event in events:
                        yield event
            finally:
                place.leave()
        finally:
            place.users -= 1
            if not place.users:
                del self._open[name]

    async def whole(self, app: str, turn: Turn) -> Turn:
        """The turn with its whole conversation, for a look that changes nothing; raises Refused."""
        if turn.session_key is None:
            return turn
        return continued(turn, await self._stored((app, turn.session_key))).turn

    async def listed(self, app: str | None = None) -> tuple[SessionSummary, ...]:
        """Those alive, of one app or of all, the last used first; raises Refused when the store can't be read."""
        oldest = self._clock() - self.ttl_seconds
        try:
            found = await self.store.sessions()
        except StoreUnavailable as error:
            raise _unreadable(error) from error
        return tuple(summary for summary in found if summary.used >= oldest and app in (None, summary.app))

    async def count(self) -> int | None:
        """How many are alive; None when the store can't be read."""
        try:
            return len(await self.listed())
        except Refused:
            return None

    async def end(self, app: str, key: str) -> bool:
        """Forget one session, also what an answer under way would store; False when there is none."""
        if place := self._open.get((app, key)):
            place.generation += 1
        try:
            there = await self.store.delete_session(app, key)
        except StoreUnavailable as error:
            raise _unreadable(error) from error
        if there:
            self._bus.publish(SessionExpired(app, key, "manual"))
        return there

    async def end_all(self, app: str | None = None) -> int:
        """Forget every session of one app, or of all; returns how many there were."""
        for name, place in self._open.items():
            if app in (None, name[0]):
                place.generation += 1
        try:
            gone = await self.store.delete_all_sessions(app)
        except StoreUnavailable as error:
            raise _unreadable(error) from error
        for name in gone:
            self._bus.publish(SessionExpired(*name, "manual_all"))
        return len(gone)

    async def sweep(self) -> None:
        """Forget what nobody continued for too long; never raises for a store that can't be used."""
        self._swept = self._clock()
        try:
            gone = await self.store.expire(self._swept - self.ttl_seconds, spare=tuple(self._open))
        except StoreUnavailable:
            log.exception("expired conversations could not be removed")
            return
        for name in gone:
            self._bus.publish(SessionExpired(*name, "ttl"))

    async def sweep_when_due(self) -> None:
        """Sweep unless that was done lately; for whoever stores something."""
        if self._clock() - self._swept > SWEEP_SECONDS:
            await self.sweep()

    async def close(self) -> None:
        """Safe to call twice."""
        await self.store.close()

    async def _answer_alone(self, turn: Turn, name: Name, ask: Ask, place: _Place) -> AsyncGenerator[StreamEvent, None]:
        await self.sweep_when_due()
        generation = place.generation
        try:
            stored = await self._stored(name, forget_expired=True)
            continuation = continued(turn, stored)
        except Refused as refused:
            yield Failed(refused.fault)
            return
        builder = ReplyBuilder()
        async with aclosing(ask(continuation.turn)) as events:
            async for event in events:
                builder.add(event)
                if isinstance(event, Finished) and place.generation == generation:
                    await self._keep(name, continuation, stored, builder.result())
                yield event

    async def _stored(self, name: Name, *, forget_expired: bool = False) -> StoredSession | None:
        try:
            found = await self.store.session(*name)
            if found is None or found.used >= self._clock() - self.ttl_seconds:
                return found
            if forget_expired and await self.store.delete_session(*name):
                self._bus.publish(SessionExpired(*name, "ttl"))
        except StoreUnavailable as error:
            raise _unreadable(error) from error
        return None

    async def _keep(
        self, name: Name, continuation: Continuation, stored: StoredSession | None, result: Reply | Fault
    ) -> None:
        if not isinstance(result, Reply) or result.reason is StopReason.REFUSAL:
            return  # with a refused exchange in its history the model goes on refusing
        turn, now = continuation.turn, self._clock()
        app, key = name
        session = StoredSession(
            app=app,
            key=key,
            model=turn.model,
            messages=(*map(unmarked, turn.messages), *([AssistantMessage(result.content)] if result.content else ())),
            system=turn.system,
            appended=continuation.appended,
            created=stored.created if stored else now,
            used=now,
        )
        try:
            is_new = await self.store.save_session(session)
        except StoreUnavailable:
            log.exception("a conversation could not be stored; its next message will be answered without it")
            return
        if is_new or stored is None:
            self._bus.publish(SessionCreated(app, key, session.model))
        else:
            self._bus.publish(SessionUpdated(app, key, len(session.messages)))


class _Place:
    """The one place under a key; lives while somebody is in it or waits for it."""

    def __init__(self) -> None:
        self.users = 0
        self.generation = 0
        """Counts how often the session was ended meanwhile."""
        self._lock = asyncio.Lock()

    async def enter(self, limit_seconds: float) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(limit_seconds):
            await self._lock.acquire()

    def leave(self) -> None:
        self._lock.release()


def _occupied() -> Fault:
    return Fault(
        FaultKind.CONFLICT,
        "This chat's session is still busy with its last answer. Wait for it to end, then try again.",
        "session_busy",
        retry_after_seconds=5,
    )


def _unreadable(error: StoreUnavailable) -> Refused:
    """Answering without what was said before would be answering something else."""
    log.error("stored conversations can't be read: %s", error)
    condition = Condition.INTERNAL_ERROR
    return Refused(Fault(FaultKind.INTERNAL, condition.sentence, condition.code, retryable=False))

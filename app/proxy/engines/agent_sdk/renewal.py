"""The agent engine for a sign-in: what the service refused with 401 before the first word is asked for once more."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from app.proxy.engines import Engine, TokenCount
from app.proxy.engines.agent_sdk.sign_in import SignIn
from app.proxy.neutral.fault import FaultKind
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.stream import Accepted, Failed, Finished, Started, StreamEvent
from app.proxy.neutral.turn import Turn


class Forgetful(Engine, Protocol):
    """An engine whose idle processes may hold an older sign-in."""

    def forget_processes(self) -> None: ...


class RenewingEngine:
    """Implements `app.proxy.engines.Engine` around another one."""

    def __init__(self, engine: Forgetful, sign_in: SignIn, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: the same as the sign-in's."""
        self._engine = engine
        self._sign_in = sign_in
        self._clock = clock
        self._forgot_for = float("-inf")

    @property
    def name(self) -> str:
        return self._engine.name

    def notices(self) -> tuple[str, ...]:
        return self._engine.notices()

    async def start(self) -> None:
        """The sign-in is renewed first, if it has to be: the engine's first process waits for that."""
        self._sign_in.begin_refresh()
        await self._engine.start()

    async def models(self) -> tuple[ServedModel, ...]:
        return await self._engine.models()

    async def count_tokens(self, turn: Turn) -> TokenCount:
        return await self._engine.count_tokens(turn)

    async def close(self) -> None:
        await self._sign_in.close()
        await self._engine.close()

    async def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        begun = self._clock()
        sent = False
        async with aclosing(self._engine.answer(turn)) as events:
            async for event in events:
                if isinstance(event, Failed) and event.fault.kind is FaultKind.AUTHENTICATION and not sent:
                    refused = event
                    break
                sent = sent or not isinstance(event, Accepted)
                self._note(event)
                yield event
            else:
                return
        trial = await self._sign_in.trial(refused.fault, begun)
        if trial is None:
            yield refused
            return
        self._forget_once()
        try:
            async with aclosing(self._engine.answer(turn)) as events:
                async for event in events:
                    if isinstance(event, Failed) and event.fault.kind is FaultKind.AUTHENTICATION:
                        self._sign_in.refused_again(event.fault)
                    self._note(event)
                    if not isinstance(event, Accepted):
                        trial.over()
                    yield event
        finally:
            trial.over()

    def _forget_once(self) -> None:
        """Idle processes may still hold what was refused before the last refresh."""
        if self._forgot_for != self._sign_in.refreshed_at:
            self._forgot_for = self._sign_in.refreshed_at
            self._engine.forget_processes()

    def _note(self, event: StreamEvent) -> None:
        if isinstance(event, Started | Finished):  # the service has let it in
            self._sign_in.proven()

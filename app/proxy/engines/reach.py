"""How Claude is reached now: with whose credential, through which engine, and who knows about the sign-in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Protocol

import msgspec

from app.core.environment import Method
from app.core.events import SignInChecked
from app.core.status import PlanWindow
from app.proxy.engines import Engine, TokenCount
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.stream import StreamEvent
from app.proxy.neutral.turn import Turn


class SignInDesk(Protocol):
    """Begins and ends sign-ins; the signed-in program does the rest. Belongs to the loop's thread."""

    async def refresh(self) -> SignInChecked:
        """Let the program renew the sign-in."""
        ...

    async def begin(self, on_signed_in: Callable[[], object]) -> str:
        """The address of the page to sign in on; raises AccountTrouble. `on_signed_in` is called in a thread."""
        ...

    async def submit(self, code: str) -> None:
        """Hand on the code that page showed; raises AccountTrouble."""
        ...

    async def cancel(self) -> bool:
        """Give up a sign-in that was begun; False when none is under way."""
        ...

    async def sign_out(self, on_signed_out: Callable[[], object]) -> None:
        """Raises AccountTrouble. `on_signed_out` is called in a thread, before anybody looks at the sign-in again."""
        ...

    @property
    def page(self) -> str | None:
        """Of the sign-in that is under way; may be asked on any thread."""
        ...

    def told(self) -> Mapping[str, object]:
        """What the program said last."""
        ...

    async def close(self) -> None: ...


class AccountTrouble(Exception):
    """The program did not do what it was asked; `str(error)` is a sentence for a person."""


class EngineFacts(msgspec.Struct, frozen=True):
    """What an engine learned in passing."""

    windows: tuple[PlanWindow, ...] = ()
    cli_version: str | None = None
    identity: Mapping[str, object] = msgspec.field(default_factory=dict)
    limit_ends: float | None = None
    """Unix seconds, while a limit of the plan turns requests away."""
    clock_ahead_seconds: float | None = None
    """This computer's clock against the service's; None when the engine doesn't see that, or not since it changed."""


class Reach(msgspec.Struct, frozen=True):
    """One way to Claude."""

    method: Method
    engine: Engine
    credential: str | None = None
    """A name for the credential that is not the secret, so that another one is noticed; None: there is none."""
    key_ends: str | None = None
    """The last four characters of the API key, where there is one."""
    renewable: bool = False
    """A sign-in that has to be renewed now and then."""
    facts: Callable[[], EngineFacts] = EngineFacts
    sweep: Callable[[], object] = lambda: None
    """Ends what has been idle for too long."""


class SwitchableEngine:
    """Implements `Engine` with whichever one is chosen now; an answer under way keeps the one it began with."""

    def __init__(self, engine: Engine) -> None:
        self._current = _Place(engine)
        self._old: set[_Place] = set()
        self._started = self._closed = False

    @property
    def name(self) -> str:
        return self._current.engine.name

    def notices(self) -> tuple[str, ...]:
        return self._current.engine.notices()

    async def start(self) -> None:
        self._started = True
        await self._current.engine.start()

    async def models(self) -> tuple[ServedModel, ...]:
        return await self._current.engine.models()

    async def count_tokens(self, turn: Turn) -> TokenCount:
        return await self._current.engine.count_tokens(turn)

    async def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        place = self._current
        place.answers += 1
        try:
            async with aclosing(place.engine.answer(turn)) as events:
                async for event in events:
                    yield event
        finally:
            place.answers -= 1
            await self._close_if_done(place)

    async def change_to(self, engine: Engine) -> None:
        """From now on answers come from this one; the one before closes after its last answer."""
        if self._started:
            await engine.start()
        if self._closed:  # meanwhile
            await engine.close()
            return
        before, self._current = self._current, _Place(engine)
        self._old.add(before)
        await self._close_if_done(before)

    async def close(self) -> None:
        self._closed = True
        for place in (*self._old, self._current):
            await place.engine.close()
        self._old.clear()

    async def _close_if_done(self, place: _Place) -> None:
        if place in self._old and not place.answers:
            self._old.discard(place)
            await place.engine.close()


class _Place:
    """An engine and how many answers it is making."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.answers = 0

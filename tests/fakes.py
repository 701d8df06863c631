"""Stand-ins for parts that can't be real in a test; each is a true class of the Protocol it satisfies."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncGenerator, Sequence
from typing import TypeAlias

from app.proxy.admission import KeyCheck
from app.proxy.engines import TokenCount
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.stream import Accepted, Failed, Finished, StreamEvent
from app.proxy.neutral.turn import Turn

SCRIPTED_MODEL = ServedModel(
    id="claude-scripted-1",
    display_name="Scripted",
    context_tokens=200_000,
    max_output_tokens=8_192,
    created=1_767_225_600,
)

Step: TypeAlias = "StreamEvent | asyncio.Event | Exception"
"""An event to say, a signal to wait for before going on, or an exception to raise."""


class ScriptedEngine:
    """An engine that says exactly the given events, in that order.

    It stands where a real engine would because tests of wire formats, cancellation and deadlines must decide
    what is said and when, to the event: no engine that asks a service can be told to stop between two deltas.
    """

    name = "scripted"

    def __init__(
        self,
        events: Sequence[Step],
        *,
        models: Sequence[ServedModel] = (SCRIPTED_MODEL,),
        tokens: TokenCount | None = None,
        refused: Refused | None = None,
    ) -> None:
        """`refused`: raised by models() and count_tokens(), as an engine does that can't reach its service."""
        self._events = tuple(events)
        self._models = tuple(models)
        self._tokens = tokens or TokenCount(1, exact=False)
        self._refused = refused
        self.turns: list[Turn] = []
        """Every turn it was asked to answer, in order."""
        self.asked = asyncio.Event()
        """Set when an answer was begun."""
        self.answering = 0
        """Answers under way now."""
        self.stopped = asyncio.Event()
        """Set when an answer was closed or cancelled before its end."""

    async def start(self) -> None:
        """Nothing to prepare."""

    async def close(self) -> None:
        """Nothing to end."""

    async def models(self) -> tuple[ServedModel, ...]:
        if self._refused:
            raise self._refused
        return self._models

    def notices(self) -> tuple[str, ...]:
        return ()

    async def count_tokens(self, turn: Turn) -> TokenCount:
        if self._refused:
            raise self._refused
        self.turns.append(turn)
        return self._tokens

    async def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        self.turns.append(turn)
        self.answering += 1
        self.asked.set()
        ended = False
        try:
            for step in self._events:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                    continue
                ended = isinstance(step, Finished | Failed)
                yield step
            ended = True
        except Exception:
            ended = True
            raise
        finally:
            self.answering -= 1
            if not ended:
                self.stopped.set()


def accepted(*events: Step) -> tuple[Step, ...]:
    """The script of an engine that takes the turn and then says `events`."""
    return (Accepted(), *events)


def one_key(value: str, name: str = "default") -> KeyCheck:
    """Exactly this key, with no file behind it."""
    return lambda given: name if hmac.compare_digest(given, value.encode()) else None

"""What answers: each folder here turns a neutral turn into a stream of neutral events. They know nothing of HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec

from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.stream import StreamEvent
from app.proxy.neutral.turn import Turn


class TokenCount(msgspec.Struct, frozen=True):
    """How many input tokens a turn has."""

    tokens: int
    exact: bool
    """False: estimated here, because the engine has no way to ask."""


class Engine(Protocol):
    """Lives from `start()` to `close()`; one instance serves all requests of the program."""

    @property
    def name(self) -> str:
        """agent, direct or demo: shown in /health and on the command line."""
        ...

    async def start(self) -> None:
        """Get ready; returns soon, long preparations go on in the background and are awaited when needed."""
        ...

    def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        """Answer one turn, whose model id is one the engine serves.

        Never raises for what goes wrong with an answer: it ends with exactly one Finished or Failed, last.
        Closing the generator (or cancelling the task in it) stops the work behind it within two seconds.
        """
        ...

    async def models(self) -> tuple[ServedModel, ...]:
        """What can be asked for now, best first; raises Refused when it can't be known."""
        ...

    def notices(self) -> tuple[str, ...]:
        """What a person should know about how it works now, in sentences; empty when all is well."""
        ...

    async def count_tokens(self, turn: Turn) -> TokenCount:
        """Count the input of a turn without answering it; raises Refused when that fails."""
        ...

    async def close(self) -> None:
        """Stop all work and leave no process behind; safe to call twice."""
        ...

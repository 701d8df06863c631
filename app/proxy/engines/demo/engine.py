"""Answers with a short, clearly labelled text that repeats the last user message. Contacts nothing, costs nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator

from app.proxy.engines import TokenCount
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    Finished,
    Started,
    StopReason,
    StreamEvent,
    TextBlock,
    TextDelta,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import Text, Turn, UserMessage

DEMO_MODEL = "tidegate-demo"
_QUOTED_CHARACTERS = 500
_CREATED = 1_767_225_600  # 2026-01-01, so that the list never changes


class DemoEngine:
    """Always present, beside whichever engine reaches Claude."""

    name = "demo"

    def __init__(self, *, word_pause_seconds: float = 0.03) -> None:
        """`word_pause_seconds`: between words, so that streaming can be seen."""
        self._pause = word_pause_seconds

    async def start(self) -> None:
        """Nothing to prepare."""

    async def close(self) -> None:
        """Nothing to end."""

    async def models(self) -> tuple[ServedModel, ...]:
        return (
            ServedModel(
                id=DEMO_MODEL,
                display_name="Tidegate demo (no account needed)",
                context_tokens=200_000,  # some apps refuse models with less than 64 000
                max_output_tokens=4_096,
                created=_CREATED,
            ),
        )

    def notices(self) -> tuple[str, ...]:
        return ()

    async def count_tokens(self, turn: Turn) -> TokenCount:
        return TokenCount(len(_last_words(turn)) // 4 + 1, exact=False)

    async def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        said = _last_words(turn)
        words = re.findall(r"\S+\s*", _text(said))
        yield Accepted()
        yield Started(DEMO_MODEL)
        yield BlockStarted(TextBlock())
        for word in words:
            yield TextDelta(word)
            await asyncio.sleep(self._pause)
        yield BlockStopped()
        yield UsageReported(Usage(input_tokens=len(said) // 4 + 1, output_tokens=len(words)))
        yield Finished(StopReason.END_TURN)


def _text(said: str) -> str:
    quoted = said if len(said) <= _QUOTED_CHARACTERS else said[:_QUOTED_CHARACTERS] + "…"
    return (
        "This is the Tidegate demo, not Claude. Your chat app is connected. "
        f"You wrote: “{quoted}”\n\n"
        "To talk to Claude, add an API key or sign in with Claude Code on this computer, "
        "then choose one of Claude's models."
    )


def _last_words(turn: Turn) -> str:
    """The text of the last user message, however the app split it."""
    for message in reversed(turn.messages):
        if isinstance(message, UserMessage):
            return "\n".join(block.text for block in message.content if isinstance(block, Text))
    return ""

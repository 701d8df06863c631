"""Checks that a tool was called where the model could only be asked in words to call it, and asks once more.

Models that always think can't be forced to call a tool; `fit` then asks for it in a sentence. An app that forces a
tool can do nothing with an answer in words, so such an answer is held back until the call begins, and thrown away
for a second try when none comes. What the second try says is passed on whatever it is, with the usage of both. While
an answer is held back its Accepted is said again and again: a model that thinks for minutes is not one that hangs.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeAlias

from msgspec.structs import replace

from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    Failed,
    Finished,
    StopReason,
    StreamEvent,
    ToolUseBlock,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import AnyTool, NamedTool, ToolChoice

Ask: TypeAlias = Callable[[], AsyncGenerator[StreamEvent, None]]


def insisting(ask: Ask, wanted: ToolChoice | None) -> AsyncGenerator[StreamEvent, None]:
    """The answer that `ask` begins; with a second try when it could not be forced to call the wanted tool.

    That it could not is told by its own Accepted, which names tool_choice.
    """
    return _insist(ask, wanted) if isinstance(wanted, AnyTool | NamedTool) else ask()


async def _insist(ask: Ask, wanted: AnyTool | NamedTool) -> AsyncGenerator[StreamEvent, None]:
    first = _Try(wanted)
    async with aclosing(ask()) as events:
        async for event in events:
            for said in first.hear(event):
                yield said
    if not first.in_vain:
        return
    async with aclosing(ask()) as events:
        async for event in events:
            yield _with_usage(event, first.usage)


class _Try:
    """Holds an answer back until it calls the tool, fails, or turns out to be in vain."""

    def __init__(self, wanted: AnyTool | NamedTool) -> None:
        self._wanted = wanted
        self._held: list[StreamEvent] | None = None
        self._accepted = Accepted()
        self.in_vain = False
        self.usage = Usage()

    def hear(self, event: StreamEvent) -> list[StreamEvent]:
        """What may be passed on now."""
        if isinstance(event, Accepted):
            self._accepted = event
            self._held = [] if "tool_choice" in event.ignored else None
            return [event]
        if self._held is None:
            return [event]
        if isinstance(event, UsageReported):
            self.usage = event.usage
        self._held.append(event)
        match event:
            case Finished(StopReason.END_TURN | StopReason.STOP_SEQUENCE):
                self.in_vain = True
                return []
            case Finished() | Failed():
                return self._release()
            case BlockStarted(ToolUseBlock(_, name)) if self._is_wanted(name):
                return self._release()
            case _:
                return [self._accepted]

    def _is_wanted(self, name: str) -> bool:
        return isinstance(self._wanted, AnyTool) or self._wanted.name == name

    def _release(self) -> list[StreamEvent]:
        held, self._held = self._held or [], None
        return held


def _with_usage(event: StreamEvent, before: Usage) -> StreamEvent:
    """The final usage with that of an earlier try added."""
    if not isinstance(event, UsageReported):
        return event
    now = event.usage
    costs = [cost for cost in (before.cost_usd, now.cost_usd) if cost is not None]
    return UsageReported(
        replace(
            now,
            input_tokens=before.input_tokens + now.input_tokens,
            output_tokens=before.output_tokens + now.output_tokens,
            cache_creation_tokens=before.cache_creation_tokens + now.cache_creation_tokens,
            cache_read_tokens=before.cache_read_tokens + now.cache_read_tokens,
            cost_usd=sum(costs) if costs else None,
        )
    )

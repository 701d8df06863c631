"""Scripted answers that several tests of this dialect share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app.proxy.dialects.anthropic_messages.encode import MessageStream
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    Finished,
    RedactedThinkingBlock,
    SignatureDelta,
    Started,
    StopReason,
    StreamEvent,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageReported,
)

REQUEST_ID = "0123456789abcdef01234567"
MODEL = "claude-asked-1"

EVERY_BLOCK: tuple[StreamEvent, ...] = (
    Accepted(),
    Started("claude-served-1", Usage(input_tokens=20, cache_creation_tokens=3, cache_read_tokens=4)),
    BlockStarted(ThinkingBlock()),
    ThinkingDelta("Let me "),
    ThinkingDelta("look…"),
    SignatureDelta("c2lnbmVk"),
    BlockStopped(),
    BlockStarted(RedactedThinkingBlock("aGlkZGVu")),
    BlockStopped(),
    BlockStarted(TextBlock()),
    TextDelta("It is\n"),
    TextDelta('"warm" \U0001f31e'),
    BlockStopped(),
    BlockStarted(ToolUseBlock("toolu_1", "weather")),
    ToolInputDelta('{"city": "Par'),
    ToolInputDelta('is"}'),
    BlockStopped(),
    BlockStarted(ToolUseBlock("toolu_2", "clock")),
    BlockStopped(),
    UsageReported(
        Usage(input_tokens=20, output_tokens=30, cache_creation_tokens=3, cache_read_tokens=4, thinking_tokens=5)
    ),
    Finished(StopReason.TOOL_USE),
)


def streamed(events: Iterable[StreamEvent], asked_model: str = MODEL) -> bytes:
    """The bytes of a whole event stream."""
    stream = MessageStream(asked_model, REQUEST_ID)
    return stream.opening() + b"".join(stream.encode(event) for event in events)


def folded(events: Iterable[StreamEvent]) -> Reply | Fault:
    builder = ReplyBuilder()
    for event in events:
        builder.add(event)
    return builder.result()


def parsed(stream: bytes) -> list[tuple[str, Any]]:
    """Name and data of each event of a stream; comments are left out."""
    events: list[tuple[str, Any]] = []
    for block in stream.decode().removesuffix("\n\n").split("\n\n"):
        name, data = "", ""
        for line in block.split("\n"):
            field, _, value = line.partition(": ")
            name = value if field == "event" else name
            data = value if field == "data" else data
        if data:
            events.append((name, json.loads(data)))
    return events

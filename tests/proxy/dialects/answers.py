"""Scripts of short answers, the same for every shape."""

from __future__ import annotations

from msgspec.structs import replace

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


def answered(*pieces: str, end: Finished | None = None) -> tuple[StreamEvent, ...]:
    """The script of a plain text answer."""
    return (
        Accepted(),
        Started("claude-served-1", Usage(input_tokens=3)),
        BlockStarted(TextBlock()),
        *(TextDelta(piece) for piece in pieces),
        BlockStopped(),
        UsageReported(Usage(input_tokens=3, output_tokens=len(pieces))),
        end or Finished(StopReason.END_TURN),
    )


def called(*calls: tuple[str, str, tuple[str, ...]]) -> tuple[StreamEvent, ...]:
    """The script of an answer that is nothing but tool calls: id, name and the pieces of the arguments."""
    said: list[StreamEvent] = [Accepted(), Started("claude-served-1")]
    for id_, name, pieces in calls:
        said += [BlockStarted(ToolUseBlock(id_, name)), *map(ToolInputDelta, pieces), BlockStopped()]
    return (*said, UsageReported(Usage(input_tokens=3, output_tokens=9)), Finished(StopReason.TOOL_USE))


def every_block(*thought_too: StreamEvent) -> tuple[StreamEvent, ...]:
    """The script of an answer with a block of every kind; `thought_too` stands between thinking and words."""
    counted = Usage(input_tokens=20, cache_creation_tokens=3, cache_read_tokens=4)
    return (
        Accepted(),
        Started("claude-served-1", counted),
        BlockStarted(ThinkingBlock()),
        ThinkingDelta("Let me "),
        ThinkingDelta("look…"),
        SignatureDelta("c2lnbmVk"),
        BlockStopped(),
        BlockStarted(RedactedThinkingBlock("aGlkZGVu")),
        BlockStopped(),
        *thought_too,
        BlockStarted(TextBlock()),
        TextDelta(""),
        TextDelta("It is\n"),
        TextDelta('"warm" \U0001f31e'),
        BlockStopped(),
        BlockStarted(ToolUseBlock("toolu_1", "weather")),
        ToolInputDelta(""),
        ToolInputDelta('{"city":"Par'),
        ToolInputDelta('is"}'),
        BlockStopped(),
        BlockStarted(ToolUseBlock("toolu_2", "clock")),
        BlockStopped(),
        UsageReported(replace(counted, output_tokens=30, thinking_tokens=5)),
        Finished(StopReason.TOOL_USE),
    )

"""Scripts of short answers, the same for every shape."""

from __future__ import annotations

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

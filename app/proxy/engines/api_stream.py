"""The Messages API's own stream events as neutral events; both engines receive these same events."""

from __future__ import annotations

from typing import Any, TypeAlias

from app.proxy.neutral.stream import (
    BlockKind,
    BlockStarted,
    BlockStopped,
    CitationAdded,
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
from app.proxy.neutral.turn import Citation

ApiEvent: TypeAlias = dict[str, Any]
_NOTHING: tuple[StreamEvent, ...] = ()


class ApiStream:
    """Translates the events of one message; lives as long as that message.

    Event and block types that are not known here are passed over: the service adds new ones without notice.
    """

    def __init__(self) -> None:
        self.usage = Usage()
        """What is known so far."""
        self.finished: Finished | None = None
        """How the message ended; known from message_delta on, said by `end()`."""
        self._open = False

    def translate(self, event: ApiEvent) -> tuple[StreamEvent, ...]:
        """The neutral events for one API event, often one or none."""
        match event["type"]:
            case "content_block_delta":
                return self._delta(event["delta"])
            case "content_block_start":
                return self._block(event["content_block"])
            case "content_block_stop":
                return self._stop()
            case "message_start":
                message = event["message"]
                self.usage = merged_usage(self.usage, message.get("usage") or {})
                return (Started(message["model"], self.usage),)
            case "message_delta":
                self._message_delta(event)
                return _NOTHING
            case _:
                return _NOTHING

    def end(self) -> tuple[StreamEvent, ...]:
        """The last events of a message that ended well; nothing when it never said how it ended."""
        return (UsageReported(self.usage), self.finished) if self.finished else _NOTHING

    def _delta(self, delta: ApiEvent) -> tuple[StreamEvent, ...]:  # noqa: PLR0911 - one case a kind of delta
        if not self._open:
            return _NOTHING
        match delta["type"]:
            case "text_delta":
                return (TextDelta(delta["text"]),)
            case "citations_delta":
                return (CitationAdded(Citation(delta["citation"])),)
            case "thinking_delta":
                return (ThinkingDelta(delta["thinking"]),)
            case "signature_delta":
                return (SignatureDelta(delta["signature"]),)
            case "input_json_delta":
                return (ToolInputDelta(delta["partial_json"]),)
            case _:
                return _NOTHING

    def _block(self, block: ApiEvent) -> tuple[StreamEvent, ...]:
        kind: BlockKind
        match block["type"]:
            case "text":
                kind = TextBlock()
            case "thinking":
                kind = ThinkingBlock()
            case "redacted_thinking":
                kind = RedactedThinkingBlock(block["data"])
            case "tool_use":
                kind = ToolUseBlock(block["id"], block["name"])
            case _:
                return _NOTHING
        self._open = True
        # A block may begin with its first words already in it.
        if isinstance(kind, TextBlock) and (first := block.get("text")):
            return (BlockStarted(kind), TextDelta(first))
        return (BlockStarted(kind),)

    def _stop(self) -> tuple[StreamEvent, ...]:
        if not self._open:
            return _NOTHING
        self._open = False
        return (BlockStopped(),)

    def _message_delta(self, event: ApiEvent) -> None:
        self.usage = merged_usage(self.usage, event.get("usage") or {})
        delta = event["delta"]
        if reason := delta.get("stop_reason"):
            self.finished = Finished(_stop_reason(reason), delta.get("stop_sequence"))


def merged_usage(known: Usage, reported: ApiEvent) -> Usage:
    """`known`, with every count that the service reported anew; counts are totals, never increments."""

    def count(name: str, before: int) -> int:
        value = reported.get(name)
        return before if value is None else value

    details = reported.get("output_tokens_details") or {}
    return Usage(
        input_tokens=count("input_tokens", known.input_tokens),
        output_tokens=count("output_tokens", known.output_tokens),
        cache_creation_tokens=count("cache_creation_input_tokens", known.cache_creation_tokens),
        cache_read_tokens=count("cache_read_input_tokens", known.cache_read_tokens),
        thinking_tokens=details.get("thinking_tokens", known.thinking_tokens),
        cost_usd=known.cost_usd,
    )


def _stop_reason(reason: str) -> StopReason:
    try:
        return StopReason(reason)
    except ValueError:
        return StopReason.END_TURN  # a reason newer than this program: the message did end

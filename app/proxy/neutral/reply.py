"""A whole answer, folded from its stream, so that both ways of answering can't differ."""

from __future__ import annotations

import json

import msgspec

from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.stream import (
    Accepted,
    BlockKind,
    BlockStarted,
    BlockStopped,
    CitationAdded,
    Failed,
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
from app.proxy.neutral.turn import AssistantBlock, Citation, JsonObject, RedactedThinking, Text, Thinking, ToolUse


class Reply(msgspec.Struct, frozen=True):
    model: str
    content: tuple[AssistantBlock, ...]
    reason: StopReason
    stop_sequence: str | None
    usage: Usage
    ignored: tuple[str, ...] = ()


class ReplyBuilder:
    """Folds the events of one stream; lives as long as one answer."""

    def __init__(self) -> None:
        self._model = ""
        self._ignored: tuple[str, ...] = ()
        self._content: list[AssistantBlock] = []
        self._open: BlockKind | None = None
        self._pieces: list[str] = []
        self._signature = ""
        self._citations: list[Citation] = []
        self._usage = Usage()
        self._end: Finished | Failed | None = None

    def add(self, event: StreamEvent) -> None:
        """Take the next event, in the order the engine said them."""
        match event:
            case Accepted(ignored):
                self._ignored = ignored
            case Started(model, usage):
                self._model, self._usage = model, usage
            case BlockStarted(block):
                self._open, self._pieces, self._signature, self._citations = block, [], "", []
            case TextDelta(piece) | ThinkingDelta(piece) | ToolInputDelta(piece):
                self._pieces.append(piece)
            case SignatureDelta(signature):
                self._signature += signature
            case CitationAdded(citation):
                self._citations.append(citation)
            case BlockStopped():
                self._close_block()
            case UsageReported(usage):
                self._usage = usage
            case Finished() | Failed():
                self._end = event

    def result(self) -> Reply | Fault:
        """The reply, or why there is none; a stream without an end is a failure, never a short reply."""
        match self._end:
            case Failed(fault):
                return fault
            case Finished(reason, stop_sequence):
                self._close_block()
                return Reply(self._model, tuple(self._content), reason, stop_sequence, self._usage, self._ignored)
            case None:
                return Fault(
                    FaultKind.UPSTREAM, "The answer broke off before its end. Try again.", code="answer_cut_off"
                )

    def _close_block(self) -> None:
        joined = "".join(self._pieces)
        match self._open:
            case TextBlock():
                self._content.append(Text(joined, citations=tuple(self._citations)))
            case ThinkingBlock():
                self._content.append(Thinking(joined, self._signature))
            case RedactedThinkingBlock(data):
                self._content.append(RedactedThinking(data))
            case ToolUseBlock(id_, name):
                if (arguments := _arguments(joined)) is not None:
                    self._content.append(ToolUse(id_, name, arguments))
            case None:
                pass
        self._open = None


def _arguments(joined: str) -> JsonObject | None:
    """None for a call that the token limit cut off in the middle: nobody can run it, and the stop reason says why."""
    try:
        found = json.loads(joined) if joined else {}
    except ValueError:
        return None
    return found if isinstance(found, dict) else None

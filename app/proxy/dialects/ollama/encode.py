"""Events of an answer as lines of JSON, or the whole answer as one object; the last line is the one that is `done`.

A failed stream ends with a line that has an `error` and no `done`. Calls come whole, as this interface has them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from app.proxy.dialects.ollama.faults import error_body
from app.proxy.neutral.json_text import json_bytes
from app.proxy.neutral.reply import Reply
from app.proxy.neutral.stream import (
    BlockStarted,
    BlockStopped,
    Failed,
    Finished,
    Started,
    StopReason,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import Text, Thinking, ToolUse

CONTENT_TYPE = "application/x-ndjson"
_LENGTH = {StopReason.MAX_TOKENS, StopReason.CONTEXT_WINDOW_EXCEEDED}
Calls: TypeAlias = list[dict[str, Any]]
Part: TypeAlias = Callable[[str, str, Calls], dict[str, Any]]
"""Text, thinking and calls as members of a line."""


def chat_part(text: str, thinking: str = "", calls: Calls | None = None) -> dict[str, Any]:
    """As /api/chat has it."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if thinking:
        message["thinking"] = thinking
    if calls:
        message["tool_calls"] = calls
    return {"message": message}


def generate_part(text: str, thinking: str = "", calls: Calls | None = None) -> dict[str, Any]:  # noqa: ARG001
    """As /api/generate has it, which knows no tools."""
    return {"response": text, **({"thinking": thinking} if thinking else {})}


class Shape(msgspec.Struct, frozen=True):
    """How the lines of one answer look, and since when it is being made."""

    part: Part
    begun: int
    clock: Callable[[], int]
    """Nanoseconds."""
    now: Callable[[], datetime]

    def line(self, model: str, text: str = "", thinking: str = "", calls: Calls | None = None) -> bytes:
        """A line in the middle."""
        return json_bytes({**self._head(model), **self.part(text, thinking, calls or []), "done": False}) + b"\n"

    def last(
        self,
        model: str,
        reason: str,
        usage: Usage | None = None,
        *,
        first: int | None = None,
        text: str = "",
        thinking: str = "",
        calls: Calls | None = None,
    ) -> bytes:
        """The end, or the whole. `first`: when the first word came."""
        end = self.clock()
        spoken = end if first is None else first
        counts: dict[str, Any] = {"total_duration": end - self.begun, "load_duration": 0}
        if usage:
            counts |= {
                "prompt_eval_count": usage.whole_input_tokens,
                "prompt_eval_duration": spoken - self.begun,
                "eval_count": usage.output_tokens,
                "eval_duration": max(end - spoken, 1),  # apps divide by it
            }
        part = self.part(text, thinking, calls or [])
        return json_bytes({**self._head(model), **part, "done": True, "done_reason": reason, **counts}) + b"\n"

    def _head(self, model: str) -> dict[str, Any]:
        return {"model": model, "created_at": self.now().isoformat().replace("+00:00", "Z")}


class LineStream:
    """Encodes one answer; lives as long as it."""

    def __init__(self, model: str, shape: Shape) -> None:
        self._model, self._shape = model, shape
        self.heartbeat = shape.line(model)  # without words: clients parse every line, so that comments have no place
        self._usage = Usage()
        self._first: int | None = None
        self._call: ToolUseBlock | None = None
        self._pieces: list[str] = []
        self._calls = 0

    def opening(self) -> bytes:
        return b""

    def encode(self, event: StreamEvent) -> bytes:
        match event:
            case TextDelta(text):
                return self._spoken(text=text) if text else b""
            case ThinkingDelta(text):
                return self._spoken(thinking=text) if text else b""
            case ToolInputDelta(piece):
                self._pieces.append(piece)
            case BlockStarted(ToolUseBlock() as call):
                self._call, self._pieces = call, []
            case BlockStopped() if self._call:
                return self._whole_call(self._call)
            case Started(_, usage) | UsageReported(usage):
                self._usage = usage
            case Finished(reason):
                return self._shape.last(self._model, _done_reason(reason), self._usage, first=self._first)
            case Failed(fault):
                return error_body(fault) + b"\n"
            case _:  # beginnings, Accepted and signatures have no place in this shape
                pass
        return b""

    def _spoken(self, *, text: str = "", thinking: str = "", calls: Calls | None = None) -> bytes:
        if self._first is None:
            self._first = self._shape.clock()
        return self._shape.line(self._model, text, thinking, calls)

    def _whole_call(self, call: ToolUseBlock) -> bytes:
        self._call = None
        try:
            arguments = json.loads("".join(self._pieces) or "{}")
        except ValueError:  # cut off by the token limit: nobody can run it, and the end says why
            return b""
        self._calls += 1
        return self._spoken(calls=[_call(self._calls - 1, call.id, call.name, arguments)])


def whole_answer(model: str, reply: Reply, shape: Shape) -> bytes:
    """The body of an answer that is not streamed; says the same as the lines would have."""
    calls = [block for block in reply.content if isinstance(block, ToolUse)]
    return shape.last(
        model,
        _done_reason(reply.reason),
        reply.usage,
        first=shape.begun,
        text="".join(block.text for block in reply.content if isinstance(block, Text)),
        thinking="".join(block.text for block in reply.content if isinstance(block, Thinking)),
        calls=[_call(index, call.id, call.name, call.input) for index, call in enumerate(calls)],
    )


def _call(index: int, id_: str, name: str, arguments: object) -> dict[str, Any]:
    return {"id": id_, "function": {"index": index, "name": name, "arguments": arguments}}


def _done_reason(reason: StopReason) -> str:
    return "length" if reason in _LENGTH else "stop"

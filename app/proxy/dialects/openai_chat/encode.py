"""Events of an answer as chunks of a stream, or the whole answer as one completion.

A stream opens with a chunk that names the role and ends with exactly one finish_reason, the usage if asked for, and
[DONE]. A failed one ends with an error and none of these: clients take a stream with an end for a success.
"""

from __future__ import annotations

from app.proxy.dialects import Asked
from app.proxy.dialects.openai_chat.faults import error_body
from app.proxy.dialects.sse import HEARTBEAT, data
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

_FINISH = {
    StopReason.END_TURN: "stop",
    StopReason.STOP_SEQUENCE: "stop",
    StopReason.PAUSE_TURN: "stop",
    StopReason.TOOL_USE: "tool_calls",
    StopReason.MAX_TOKENS: "length",
    StopReason.CONTEXT_WINDOW_EXCEEDED: "length",
    StopReason.REFUSAL: "content_filter",
}
_FIRST_DELTA = {"role": "assistant", "content": "", "refusal": None}


class ChunkStream:
    """Encodes one answer; lives as long as it."""

    heartbeat = HEARTBEAT

    def __init__(self, asked: Asked, request_id: str, created: int) -> None:
        head = _head(asked, request_id, created, "chat.completion.chunk")[:-1]
        self._usage_member = b',"usage":null' if asked.include_usage else b""
        self._head = b"data: " + head + b',"choices":['
        self._choice = self._head + b'{"index":0,"delta":'
        self._going_on = b',"logprobs":null,"finish_reason":null}]' + self._usage_member + b"}\n\n"
        self._text = self._choice + b'{"content":'
        self._thinking = self._choice + b'{"reasoning_content":'
        self._delta_end = b"}" + self._going_on
        self._calls: _ToolChunks | _FunctionChunks = _FunctionChunks() if asked.legacy_functions else _ToolChunks()
        self._asked = asked
        self._begun = False
        self._usage = Usage()

    def opening(self) -> bytes:
        """A comment, so that the headers leave at once."""
        return b":ok\n\n"

    def encode(self, event: StreamEvent) -> bytes:  # noqa: C901, PLR0911 - a line for each kind of event reads best
        """The chunks for one event; the most frequent events come first."""
        match event:
            case TextDelta(text):
                return self._text + json_bytes(text) + self._delta_end if text else b""
            case ThinkingDelta(text):
                return self._thinking + json_bytes(text) + self._delta_end if text else b""
            case ToolInputDelta(piece):
                return self._chunk(self._calls.piece(piece))
            case BlockStarted(ToolUseBlock(id_, name)):
                return self._begin() + self._chunk(self._calls.start(id_, name))
            case BlockStopped():
                return self._chunk(self._calls.stop())
            case Started(_, usage):
                self._usage = usage
                return self._begin()
            case BlockStarted():
                return self._begin()
            case UsageReported(usage):
                self._usage = usage
            case Finished(reason):
                return self._begin() + self._end(reason)
            case Failed(fault):
                return data(error_body(fault))
            case _:  # Accepted and signatures have no place in this shape
                pass
        return b""

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        return self._chunk(_FIRST_DELTA)

    def _chunk(self, delta: object) -> bytes:
        return b"" if delta is None else self._choice + json_bytes(delta) + self._going_on

    def _end(self, reason: StopReason) -> bytes:
        finish = json_bytes(_finish_reason(reason, self._asked))
        last = self._choice + b'{},"logprobs":null,"finish_reason":' + finish + b"}]" + self._usage_member + b"}\n\n"
        if self._asked.include_usage:
            last += self._head + b'],"usage":' + json_bytes(_usage(self._usage)) + b"}\n\n"
        return last + data(b"[DONE]")


class _ToolChunks:
    """Deltas of tool calls: id and name once, then pieces of the arguments, each with the index of its call."""

    def __init__(self) -> None:
        self._count = 0
        self._silent = False

    def start(self, id_: str, name: str) -> object:
        self._count += 1
        self._silent = True
        call = {"id": id_, "type": "function", "function": {"name": name, "arguments": ""}}
        return {"tool_calls": [{"index": self._count - 1, **call}]}

    def piece(self, json_text: str) -> object:
        if not json_text:
            return None
        self._silent = False
        return {"tool_calls": [{"index": self._count - 1, "function": {"arguments": json_text}}]}

    def stop(self) -> object:
        """A call without arguments gets an empty object: clients parse them as JSON, and "" is none."""
        return self.piece("{}") if self._silent else None


class _FunctionChunks:
    """Deltas of the one call that the older shape has room for; later ones, which it forbade, are left out."""

    def __init__(self) -> None:
        self._count = 0
        self._silent = False

    def start(self, id_: str, name: str) -> object:  # noqa: ARG002 - the older shape has no ids
        self._count += 1
        self._silent = self._count == 1
        return {"function_call": {"name": name, "arguments": ""}} if self._count == 1 else None

    def piece(self, json_text: str) -> object:
        if not json_text or self._count > 1:
            return None
        self._silent = False
        return {"function_call": {"arguments": json_text}}

    def stop(self) -> object:
        return self.piece("{}") if self._silent else None


def whole_completion(asked: Asked, reply: Reply, request_id: str, created: int) -> bytes:
    """The body of an answer that is not streamed; says the same as the stream would have."""
    choice = {
        "index": 0,
        "message": _message(asked, reply),
        "logprobs": None,
        "finish_reason": _finish_reason(reply.reason, asked),
    }
    rest = json_bytes({"choices": [choice], "usage": _usage(reply.usage)})
    return _head(asked, request_id, created, "chat.completion")[:-1] + b"," + rest[1:]


def _message(asked: Asked, reply: Reply) -> dict[str, object]:
    text = "".join(block.text for block in reply.content if isinstance(block, Text))
    thoughts = "".join(block.text for block in reply.content if isinstance(block, Thinking))
    calls = [block for block in reply.content if isinstance(block, ToolUse)]
    message: dict[str, object] = {"role": "assistant", "content": text or (None if calls else ""), "refusal": None}
    if thoughts:
        message["reasoning_content"] = thoughts
    if calls and asked.legacy_functions:
        message["function_call"] = _function(calls[0])
    elif calls:
        message["tool_calls"] = [{"id": call.id, "type": "function", "function": _function(call)} for call in calls]
    return message


def _function(call: ToolUse) -> dict[str, str]:
    return {"name": call.name, "arguments": json_bytes(call.input).decode()}


def _head(asked: Asked, request_id: str, created: int, kind: str) -> bytes:
    """The members that every chunk repeats; the model is the id the app asked for, because apps match on it."""
    return json_bytes({"id": f"chatcmpl-{request_id}", "object": kind, "created": created, "model": asked.turn.model})


def _finish_reason(reason: StopReason, asked: Asked) -> str:
    if reason is StopReason.TOOL_USE and asked.legacy_functions:
        return "function_call"
    return _FINISH[reason]


def _usage(usage: Usage) -> dict[str, object]:
    prompt, completion = usage.whole_input_tokens, usage.output_tokens
    counts: dict[str, object] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens},
    }
    if usage.thinking_tokens is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": usage.thinking_tokens}
    return counts

"""An answer in the words of the Messages API: as an event stream, or whole."""

from __future__ import annotations

from typing import Any

from app.proxy.dialects import sse
from app.proxy.dialects.anthropic_messages.faults import error_body
from app.proxy.neutral.json_text import json_bytes
from app.proxy.neutral.reply import Reply
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
from app.proxy.neutral.turn import AssistantBlock, Citation, RedactedThinking, Text, Thinking, ToolUse

_PING = sse.event(b"ping", b'{"type":"ping"}')
_MESSAGE_STOP = sse.event(b"message_stop", b'{"type":"message_stop"}')
_DELTA_END = b"}}\n\n"
_DELTA_NAMES = {
    TextBlock: ("text_delta", "text"),
    ThinkingBlock: ("thinking_delta", "thinking"),
    RedactedThinkingBlock: ("", ""),  # comes whole, with no deltas
    ToolUseBlock: ("input_json_delta", "partial_json"),
}


class MessageStream:
    """Encodes the events of one answer; lives as long as that answer.

    A client of this API takes message_start for the beginning: nothing but comments goes out before it.
    """

    def __init__(self, asked_model: str, request_id: str) -> None:
        """`asked_model`: the id to echo; empty when the app named none."""
        self._asked_model = asked_model
        self._request_id = request_id
        self._started = False
        self._index = 0
        self._open = False
        self._usage = Usage()
        self._delta_start = self._signature_start = b""
        self.heartbeat = sse.HEARTBEAT

    def opening(self) -> bytes:
        return b""

    def encode(self, event: StreamEvent) -> bytes:  # noqa: C901, PLR0911 # a line per kind of event
        match event:
            case TextDelta(piece) | ThinkingDelta(piece) | ToolInputDelta(piece):
                return self._delta_start + json_bytes(piece) + _DELTA_END
            case SignatureDelta(signature):
                return self._signature_start + json_bytes(signature) + _DELTA_END
            case CitationAdded(citation):
                return self._cite(citation)
            case BlockStarted(block):
                return self._begin() + self._start_block(block)
            case BlockStopped():
                return self._stop_block()
            case Started(model, usage):
                self._usage = usage
                return self._begin(model)
            case Finished():
                return self._begin() + self._stop_block() + self._finish(event)
            case Failed(fault):
                return sse.event(b"error", error_body(fault, self._request_id))
            case UsageReported(usage):
                self._usage = usage
            case Accepted():
                pass
        return b""

    def _begin(self, model: str = "") -> bytes:
        if self._started:
            return b""
        self._started = True
        self.heartbeat = _PING
        message = _message(self._asked_model or model, self._request_id, self._usage)
        return sse.event(b"message_start", json_bytes({"type": "message_start", "message": message})) + _PING

    def _start_block(self, block: BlockKind) -> bytes:
        self._open = True
        self._delta_start = _delta_start(self._index, *_DELTA_NAMES[type(block)])
        self._signature_start = _delta_start(self._index, "signature_delta", "signature")
        payload = {"type": "content_block_start", "index": self._index, "content_block": _empty_block(block)}
        return sse.event(b"content_block_start", json_bytes(payload))

    def _cite(self, citation: Citation) -> bytes:
        delta = {"type": "citations_delta", "citation": citation.place}
        payload = {"type": "content_block_delta", "index": self._index, "delta": delta}
        return sse.event(b"content_block_delta", json_bytes(payload))

    def _stop_block(self) -> bytes:
        if not self._open:
            return b""
        self._open = False
        payload = {"type": "content_block_stop", "index": self._index}
        self._index += 1
        return sse.event(b"content_block_stop", json_bytes(payload))

    def _finish(self, end: Finished) -> bytes:
        delta = {"stop_reason": end.reason.value, "stop_sequence": end.stop_sequence}
        payload = {"type": "message_delta", "delta": delta, "usage": _usage(self._usage)}
        return sse.event(b"message_delta", json_bytes(payload)) + _MESSAGE_STOP


def whole_message(asked_model: str, reply: Reply, request_id: str) -> bytes:
    """The body of an answer that is not streamed."""
    message = _message(asked_model or reply.model, request_id, reply.usage)
    message["content"] = [_block(block) for block in reply.content]
    message["stop_reason"] = reply.reason.value
    message["stop_sequence"] = reply.stop_sequence
    return json_bytes(message)


def _message(model: str, request_id: str, usage: Usage) -> dict[str, Any]:
    """A message that has only begun, as message_start carries it."""
    return {
        "id": f"msg_{request_id}",  # 24 hex digits; the log has the same, so that an answer can be found there
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(usage),
    }


def _usage(usage: Usage) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.thinking_tokens is not None:
        counts["output_tokens_details"] = {"thinking_tokens": usage.thinking_tokens}
    return counts


def _delta_start(index: int, kind: str, member: str) -> bytes:
    """All of a delta event up to the JSON of its piece; made once a block, because deltas are the hot path."""
    head = f'event: content_block_delta\ndata: {{"type":"content_block_delta","index":{index},'
    return f'{head}"delta":{{"type":"{kind}","{member}":'.encode()


def _empty_block(block: BlockKind) -> dict[str, Any]:
    match block:
        case TextBlock():
            return _block(Text(""))
        case ThinkingBlock():
            return _block(Thinking("", ""))
        case RedactedThinkingBlock(data):
            return _block(RedactedThinking(data))
        case ToolUseBlock(id_, name):
            return _block(ToolUse(id_, name, {}))


def _block(block: AssistantBlock) -> dict[str, Any]:
    match block:
        case Text(text, citations=citations):
            cited = {"citations": [citation.place for citation in citations]} if citations else {}
            return {"type": "text", "text": text, **cited}
        case Thinking(text, signature):
            return {"type": "thinking", "thinking": text, "signature": signature}
        case RedactedThinking(data):
            return {"type": "redacted_thinking", "data": data}
        case ToolUse(id_, name, input_):
            return {"type": "tool_use", "id": id_, "name": name, "input": input_}

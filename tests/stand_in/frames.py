"""An answer as the bytes of its stream, or as one message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tests.stand_in.answer import Answer, Block, CallTool, Counts, Redact, Say, Think

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def start(answer: Answer, message_id: str, model: str) -> bytes:
    """The beginning of the stream."""
    message = _message(answer, message_id, model) | {"content": [], "stop_reason": None, "stop_sequence": None}
    message["usage"] = _usage(answer.usage) | {"output_tokens": 1}
    return _event("message_start", message=message)


@lru_cache(maxsize=256)
def pieces(answer: Answer) -> tuple[bytes, ...]:
    """The middle of the stream: each entry holds one delta, and the block's start or stop beside it."""
    found: list[bytes] = []
    before = _event("ping")
    for index, block in enumerate(answer.blocks):
        before += _event("content_block_start", index=index, content_block=_opened(block))
        for delta in _deltas(block):
            found.append(before + _event("content_block_delta", index=index, delta=delta))
            before = b""
        before += _event("content_block_stop", index=index)
    return (*found, before)


@lru_cache(maxsize=256)
def end(answer: Answer) -> bytes:
    """The end of a complete stream."""
    stop = {"stop_reason": stop_reason(answer), "stop_sequence": answer.stop_sequence}
    return _event("message_delta", delta=stop, usage=_usage(answer.usage)) + _event("message_stop")


def error(type_: str, message: str) -> bytes:
    """An error in the middle of a stream."""
    return _event("error", error={"type": type_, "message": message}, request_id="req_stand_in")


def envelope(status: int, message: str, type_: str | None = None) -> bytes:
    """The body of an error status."""
    error_ = {"type": type_ or ERROR_TYPES.get(status, "api_error"), "message": message}
    return json.dumps({"type": "error", "error": error_, "request_id": "req_stand_in"}).encode()


def whole(answer: Answer, message_id: str, model: str) -> bytes:
    """The answer to a request that asked for no stream."""
    return json.dumps(_message(answer, message_id, model)).encode()


def stop_reason(answer: Answer) -> str:
    """Why this answer ends."""
    calls = any(isinstance(block, CallTool) for block in answer.blocks)
    return answer.stop_reason or ("tool_use" if calls else "end_turn")


def citation(words: str) -> dict[str, Any]:
    """These words of the first document, as the service says where they stand."""
    return {
        "type": "char_location",
        "cited_text": words,
        "document_index": 0,
        "document_title": None,
        "file_id": None,
        "start_char_index": 0,
        "end_char_index": len(words),
    }


def _event(name: str, **members: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **members})}\n\n".encode()


def _message(answer: Answer, message_id: str, model: str) -> dict[str, Any]:
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [_closed(block) for block in answer.blocks],
        "stop_reason": stop_reason(answer),
        "stop_sequence": answer.stop_sequence,
        "usage": _usage(answer.usage),
    }


def _usage(counts: Counts) -> dict[str, Any]:
    details = {} if counts.thinking is None else {"output_tokens_details": {"thinking_tokens": counts.thinking}}
    return {
        "input_tokens": counts.input_tokens,
        "cache_creation_input_tokens": counts.cache_creation,
        "cache_read_input_tokens": counts.cache_read,
        "output_tokens": counts.output_tokens,
        **details,
    }


def _opened(block: Block) -> dict[str, Any]:
    match block:
        case Say():
            return {"type": "text", "text": ""}
        case Think():
            return {"type": "thinking", "thinking": "", "signature": ""}
        case Redact(data):
            return {"type": "redacted_thinking", "data": data}
        case CallTool(id_, name):
            return {"type": "tool_use", "id": id_, "name": name, "input": {}}


def _deltas(block: Block) -> Iterator[dict[str, Any]]:
    match block:
        case Say(said, cites):
            for piece in said:
                yield {"type": "text_delta", "text": piece}
            for words in cites:
                yield {"type": "citations_delta", "citation": citation(words)}
        case Think(thought, signature):
            for piece in thought:
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": signature}
        case Redact():
            pass
        case CallTool(_, _, arguments):
            for piece in arguments:
                yield {"type": "input_json_delta", "partial_json": piece}


def _closed(block: Block) -> dict[str, Any]:
    match block:
        case Say(said, cites):
            cited = {"citations": [citation(words) for words in cites]} if cites else {}
            return {"type": "text", "text": "".join(said), **cited}
        case Think(thought, signature):
            return {"type": "thinking", "thinking": "".join(thought), "signature": signature}
        case Redact(data):
            return {"type": "redacted_thinking", "data": data}
        case CallTool(id_, name, arguments):
            return {"type": "tool_use", "id": id_, "name": name, "input": json.loads("".join(arguments) or "{}")}

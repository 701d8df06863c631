"""Scripted answers that several tests of this dialect share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app.proxy.dialects import Asked
from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.stream import StreamEvent
from app.proxy.neutral.turn import Text, Turn, UserMessage
from tests.proxy.dialects.answers import every_block

REQUEST_ID = "0123456789abcdef01234567"
CREATED = 1_767_225_600
DIALECT = OpenAIChat(clock=lambda: CREATED + 0.9)
TURN = Turn("anthropic/claude-asked-1", (UserMessage((Text("hello"),)),))
PLAIN = Asked(TURN, streaming=True)
COUNTED = Asked(TURN, streaming=True, include_usage=True)
LEGACY = Asked(TURN, streaming=True, legacy_functions=True)

EVERY_BLOCK = every_block()


def streamed(events: Iterable[StreamEvent], asked: Asked = PLAIN) -> bytes:
    """The whole body of a stream."""
    encoder = DIALECT.encoder(asked, REQUEST_ID)
    return encoder.opening() + b"".join(map(encoder.encode, events))


def whole(events: Iterable[StreamEvent], asked: Asked = PLAIN) -> bytes:
    """The whole body of the same answer, not streamed."""
    builder = ReplyBuilder()
    for event in events:
        builder.add(event)
    reply = builder.result()
    assert isinstance(reply, Reply)
    return DIALECT.reply(asked, reply, REQUEST_ID)


def chunks(stream: bytes) -> list[dict[str, Any]]:
    """The chunks of a stream, without its comments and its [DONE]."""
    lines = [line.removeprefix("data: ") for line in stream.decode().split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def folded(stream: bytes) -> dict[str, Any]:
    """The choice that a client puts together from the chunks, in the shape of a whole reply's choice."""
    message: dict[str, Any] = {}
    choice: dict[str, Any] = {"index": 0, "message": message, "logprobs": None}
    for chunk in chunks(stream):
        for piece in chunk["choices"]:
            _add(message, piece["delta"])
            if piece["finish_reason"] is not None:
                assert "finish_reason" not in choice
                choice["finish_reason"] = piece["finish_reason"]
    if message["content"] == "" and ("tool_calls" in message or "function_call" in message):
        message["content"] = None
    return choice


def _add(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if name == "tool_calls":
            (call,) = value
            calls = message.setdefault(name, [])
            if call["index"] == len(calls):
                calls.append({key: call[key] for key in ("id", "type", "function")})
            else:
                assert call.keys() == {"index", "function"}
                calls[call["index"]]["function"]["arguments"] += call["function"]["arguments"]
        elif name == "function_call" and name in message:
            message[name]["arguments"] += value["arguments"]
        elif name in message:
            message[name] += value
        else:
            message[name] = value

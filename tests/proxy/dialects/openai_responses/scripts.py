"""Scripted answers and requests that several tests of this dialect share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app.proxy.dialects.openai_responses import OpenAIResponses
from app.proxy.dialects.openai_responses.decode import ResponsesAsked
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.stream import (
    BlockStarted,
    BlockStopped,
    SignatureDelta,
    StreamEvent,
    ThinkingBlock,
    ThinkingDelta,
)
from app.proxy.neutral.turn import Turn
from tests.proxy.dialects.answers import every_block

REQUEST_ID = "0123456789abcdef01234567"
CREATED = 1_767_225_600
DIALECT = OpenAIResponses(clock=lambda: CREATED + 0.9)

EVERY_BLOCK = every_block(BlockStarted(ThinkingBlock()), ThinkingDelta(""), SignatureDelta("c2lsZW50"), BlockStopped())
FUNCTION = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": True,
}


def asked(**request: Any) -> ResponsesAsked:
    """A decoded request; a greeting unless said otherwise."""
    return DIALECT.decode(json.dumps({"model": "anthropic/claude-asked-1", "input": "hello", **request}).encode(), {})


def turn(**request: Any) -> Turn:
    return asked(**request).turn


PLAIN = asked(stream=True)
SEALED = asked(
    stream=True,
    store=False,
    instructions="Be kind.",
    include=["reasoning.encrypted_content"],
    reasoning={"effort": "high", "summary": "auto"},
    tools=[FUNCTION],
    tool_choice={"type": "function", "name": "weather"},
    text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}},
    max_output_tokens=99,
    temperature=0.5,
    top_p=0.5,
    metadata={"a": "b"},
    user="u",
)


def streamed(events: Iterable[StreamEvent], asked: ResponsesAsked = PLAIN) -> bytes:
    """The whole body of a stream."""
    encoder = DIALECT.encoder(asked, REQUEST_ID)
    return encoder.opening() + b"".join(map(encoder.encode, events))


def whole(events: Iterable[StreamEvent], asked: ResponsesAsked = PLAIN) -> bytes:
    """The whole body of the same answer, not streamed."""
    builder = ReplyBuilder()
    for event in events:
        builder.add(event)
    reply = builder.result()
    assert isinstance(reply, Reply)
    return DIALECT.reply(asked, reply, REQUEST_ID)


def events_in(stream: bytes) -> list[dict[str, Any]]:
    """The data of a stream's events; each is named after its own type."""
    found = []
    for event in stream.decode().split("\n\n")[:-1]:
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found

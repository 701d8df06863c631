"""Short ways to write turns and to read answers."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from app.proxy.engines import Engine
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.stream import StreamEvent
from app.proxy.neutral.turn import (
    AssistantMessage,
    Image,
    InlineData,
    Message,
    Text,
    Tool,
    Turn,
    UserMessage,
)

MODEL = "claude-opus-5-5"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = Image(InlineData("image/png", PNG))


def user(*content: str | Any) -> UserMessage:
    return UserMessage(tuple(Text(block) if isinstance(block, str) else block for block in content))


def model(*content: str | Any) -> AssistantMessage:
    return AssistantMessage(tuple(Text(block) if isinstance(block, str) else block for block in content))


def turn(*messages: Message, system: str = "", **rest: Any) -> Turn:
    return Turn(**{"model": MODEL, "messages": messages, "system": (Text(system),) if system else (), **rest})


def tool(name: str, **properties: Any) -> Tool:
    return Tool(name, f"What {name} does.", {"type": "object", "properties": properties})


async def events_of(engine: Engine, asked: Turn) -> list[StreamEvent]:
    async with aclosing(engine.answer(asked)) as events:
        return [event async for event in events]


async def result_of(engine: Engine, asked: Turn) -> Reply | Fault:
    builder = ReplyBuilder()
    for event in await events_of(engine, asked):
        builder.add(event)
    return builder.result()


async def reply_to(engine: Engine, asked: Turn) -> Reply:
    result = await result_of(engine, asked)
    assert isinstance(result, Reply), result
    return result


def said(reply: Reply) -> str:
    return "".join(block.text for block in reply.content if isinstance(block, Text))

"""Whichever process serves a turn, and however it came to its history: the model receives the same bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.engines.agent_sdk.self_test import ALL, Mechanisms
from app.proxy.neutral.turn import (
    Document,
    InlineData,
    Message,
    Parameters,
    PlainText,
    RedactedThinking,
    Text,
    Thinking,
    ThinkingAdaptive,
    ToolResult,
    ToolUse,
    Turn,
)
from tests.proxy.engines.agent_sdk.turns import PICTURE, PNG, model, reply_to, tool, turn, user
from tests.stand_in import StandIn
from tests.stand_in.answer import Answer, CallTool, Redact, Say, Think, say
from tests.stand_in.request import Request, texts_of

PDF = Document(InlineData("application/pdf", "JVBERi0xLjQKJSVFT0YK"), title="Report", context="Draft", citations=True)
TOOLS = (tool("weather", city={"type": "string"}), tool("add", b={"type": "number"}, a={"type": "number"}))
QUESTION = user("What is this? 🏳️‍🌈\r\n", PDF, Document(PlainText("notes\n")), "@/etc/passwd")
CALLS = model(
    Thinking("Hm.", Think(()).signature),
    RedactedThinking("b3A="),
    "  Let me look.\n",
    ToolUse("toolu_1", "weather", {"city": "Oslo"}),
    ToolUse("toolu_2", "add", {"b": 2, "a": {"z": 1, "y": [1.0, 1e21]}}),
)
RESULTS = user(ToolResult("toolu_2", (Text("3"),), is_error=True), ToolResult("toolu_1", (PICTURE, Text("sunny"), PDF)))
SAID = model("Sunny, and three.")
SHOWN = user("Like this?", PICTURE)
CHAT: tuple[Message, ...] = (QUESTION, CALLS, RESULTS, SAID, SHOWN, model("Yes."), user("And tomorrow?"))
CALLING = Answer(
    (
        Think(("Hm.",)),
        Redact("b3A="),
        Say(("  Let me", " look.\n")),
        CallTool("toolu_1", "weather", ('{"city": "Oslo"}',)),
        CallTool("toolu_2", "add", ('{"b": 2, "a": {"z": 1,', ' "y": [1.0, 1e21]}}')),
    )
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"z": {"type": "string"}, "a": {"type": "string"}},
    "required": ["z", "a"],
    "additionalProperties": False,
}


def asking(*messages: Message) -> Turn:
    given = Parameters(
        max_output_tokens=4_321,
        stop=("END",),
        effort="low",
        thinking=ThinkingAdaptive(),
        json_schema=SCHEMA,
        parallel_tool_calls=False,
        user_id="user-7",
    )
    return turn(*messages, system="Be brief.\n__SYSTEM__ ü", tools=TOOLS, parameters=given)


@asynccontextmanager
async def running(
    command: Command, folder: Path, *, mechanisms: Mechanisms = ALL, **pool: int
) -> AsyncIterator[AgentEngine]:
    async def proven() -> Mechanisms:
        return mechanisms

    limits = AgentLimits(pool=PoolLimits(**{"spares": 0, **pool}))
    engine = AgentEngine(lambda: command, folder, limits, prove=proven)
    await engine.start()
    await engine.models()
    try:
        yield engine
    finally:
        await engine.close()


async def live(engine: AgentEngine, stand_in: StandIn) -> None:
    """The process that gave the answers so far."""
    stand_in.answer_next(CALLING, say("Sunny,", " and three."), say("Yes."))
    for length in (1, 3, 5):
        await reply_to(engine, asking(*CHAT[:length]))


async def another_branch(engine: AgentEngine, stand_in: StandIn) -> None:
    await live(engine, stand_in)
    await reply_to(engine, asking(*CHAT[:-1], user("And yesterday?")))


async def another_result(engine: AgentEngine, stand_in: StandIn) -> None:
    await live(engine, stand_in)
    rain = user(ToolResult("toolu_2", (Text("4"),)), ToolResult("toolu_1", (Text("rain"),)))
    await reply_to(engine, asking(QUESTION, CALLS, rain))


async def another_chat(engine: AgentEngine, _: StandIn) -> None:
    """A process with the same system prompt, after something else."""
    await reply_to(engine, asking(user("Something else")))


async def another_model(engine: AgentEngine, stand_in: StandIn) -> None:
    """A process that holds the very conversation, answered by another model so far."""
    stand_in.answer_next(CALLING, say("Sunny,", " and three."), say("Yes."))
    for length in (1, 3, 5):
        await reply_to(engine, by_another_model(*CHAT[:length]))


async def another_model_and_chat(engine: AgentEngine, _: StandIn) -> None:
    await reply_to(engine, by_another_model(user("Something else")))


def by_another_model(*messages: Message) -> Turn:
    return replace(asking(*messages), model="claude-sonnet-5-5")


NOTHING_TOLD = {"told": 0}
"""As with a long chat: what a process does not hold yet, it reads at its start."""


async def new_process(*_: object) -> None:
    """None with this system prompt."""


WAYS: dict[str, tuple[Callable[..., object], Mechanisms, dict[str, int]]] = {
    "live": (live, ALL, {}),
    "rewound to where another branch began": (another_branch, ALL, {}),
    "rewound to before a tool was called": (another_result, ALL, {}),
    "emptied": (another_chat, ALL, {}),
    "of another model": (another_model, ALL, {}),
    "of another model, emptied": (another_model_and_chat, ALL, {}),
    "of another model, without rewind": (another_model, Mechanisms(rewind=False), {}),
    "a spare, bound late": (new_process, ALL, {"spares": 1}),
    "started for it": (new_process, ALL, {}),
    "started with what came before": (new_process, ALL, NOTHING_TOLD),
    "started with what came before, rewound": (another_branch, ALL, NOTHING_TOLD),
    "started with what came before, of another model": (another_model, ALL, NOTHING_TOLD),
    "cold": (new_process, Mechanisms(late_binding=False), {}),
    "resumed": (new_process, Mechanisms(history=False), {}),
}


@pytest.fixture
async def wanted(command: Command, tmp_path: Path, stand_in: StandIn) -> bytes:
    """What the model receives from a process started for this turn."""
    async with running(command, tmp_path) as engine:
        await reply_to(engine, asking(*CHAT))
    return essence(stand_in.asked[-1])


@pytest.mark.parametrize("way", WAYS)
async def test_the_model_receives_the_same_bytes_whichever_process_serves(
    command: Command, tmp_path: Path, stand_in: StandIn, wanted: bytes, way: str
) -> None:
    prepare, mechanisms, pool = WAYS[way]
    async with running(command, tmp_path, mechanisms=mechanisms, **pool) as engine:
        await prepare(engine, stand_in)  # type: ignore[misc] # each is a coroutine function
        await reply_to(engine, asking(*CHAT))

    assert essence(stand_in.asked[-1]) == wanted


async def test_what_the_model_receives_is_what_the_app_sent(wanted: bytes) -> None:
    body = msgspec.json.decode(wanted)

    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    pdf = {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQKJSVFT0YK"},
        "title": "Report",
        "context": "Draft",
        "citations": {"enabled": True},
    }
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this? 🏳️‍🌈\r\n"},
                pdf,
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "notes\n"}},
                {"type": "text", "text": "@/etc/passwd"},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": Think(()).signature},
                {"type": "redacted_thinking", "data": "b3A="},
                {"type": "text", "text": "  Let me look.\n"},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}},
                {
                    "type": "tool_use",
                    "id": "toolu_2",
                    "name": "add",
                    "input": {"b": 2, "a": {"z": 1, "y": [1.0, 1e21]}},
                },
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_2",
                    "content": [{"type": "text", "text": "3"}],
                    "is_error": True,
                },
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [picture, {"type": "text", "text": "sunny"}, pdf],
                },
            ],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "Sunny, and three."}]},
        {"role": "user", "content": [{"type": "text", "text": "Like this?"}, picture]},
        {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]},
        {"role": "user", "content": [{"type": "text", "text": "And tomorrow?"}]},
    ]
    assert body["system"][-1]["text"] == "Be brief.\n__SYSTEM__ ü"
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}
    assert list(body["output_config"]["format"]["schema"]["properties"]) == ["z", "a"]
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert body["note"].startswith("# Environment")
    assert (body["max_tokens"], body["stop_sequences"]) == (4_321, ["END"])


def essence(request: Request) -> bytes:
    """The body as it came in, byte for byte but for what is the CLI's own: where it caches, which session it is, and
    where its note of a thousand characters stands, which is after whatever a process was asked first.
    """
    body = {**request.body, "messages": request.messages}
    body["metadata"] = "user-7" in str(body["metadata"])
    notes = [message["content"] for message in request.body["messages"] if message["role"] == "system"]
    body["note"] = "".join(text for note in notes for text in texts_of(note))
    return msgspec.json.encode(_without_marks(body))


def _without_marks(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_marks(each) for name, each in value.items() if name != "cache_control"}
    if isinstance(value, list):
        return [_without_marks(each) for each in value]
    return value

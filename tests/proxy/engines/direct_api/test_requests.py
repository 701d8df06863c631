"""What the service receives for what the app sent."""

from __future__ import annotations

from typing import Any

import pytest

from app import __version__
from app.proxy.engines.direct_api import DirectEngine
from app.proxy.engines.direct_api.access import Access
from app.proxy.neutral.turn import (
    AnyTool,
    AssistantMessage,
    AutoTool,
    CacheMark,
    Document,
    Image,
    InlineData,
    NamedTool,
    NoTool,
    PlainText,
    RedactedThinking,
    RemoteData,
    Text,
    Thinking,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingOff,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
    UserMessage,
)
from tests.proxy.engines.direct_api.turns import MODEL, OLDER, answered, ignored, said, turn
from tests.stand_in import KEY, Request, StandIn

PNG = "iVBORw0KGgo="
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"q": {"type": "string"}},
    "required": ["q"],
    "additionalProperties": False,
}
SEARCH = Tool("search", "Finds things.", SCHEMA, strict=True, cache=CacheMark("1h"))


async def sent(engine: DirectEngine, stand_in: StandIn, **rest: Any) -> dict[str, Any]:
    """The body the service received, without what every request has."""
    events = await answered(engine, turn(**rest))
    assert said(events).startswith("Echo:"), events[-1]
    body = dict(stand_in.asked[-1].body)
    for name in ("model", "messages", "stream", "max_tokens"):
        body.pop(name)
    return body


async def test_a_plain_turn_adds_nothing(engine: DirectEngine, stand_in: StandIn):
    await answered(engine, turn("Hi"))
    assert stand_in.asked[0].body == {
        "model": MODEL,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "max_tokens": 128_000,
        "stream": True,
    }


async def test_the_whole_conversation_arrives_block_by_block(engine: DirectEngine, stand_in: StandIn):
    history = (
        UserMessage((Text("Look:"), Image(InlineData("image/png", PNG)), Text("Nice?", CacheMark()))),
        AssistantMessage((Thinking("Hm.", "c2ln"), RedactedThinking("b3A="), ToolUse("toolu_1", "search", {"q": "a"}))),
        UserMessage((ToolResult("toolu_1", (Text("found"), Image(InlineData("image/png", PNG))), is_error=True),)),
        AssistantMessage((Text("Here."),)),
        UserMessage(
            (
                Document(InlineData("application/pdf", "JVBERi0="), title="T", context="C", citations=True),
                Document(PlainText("plain")),
                Image(RemoteData("https://example.org/a.png")),
                Text("And this?"),
            )
        ),
    )
    await answered(engine, turn(messages=history, tools=(SEARCH,), system=(Text("Be kind.", CacheMark("5m")),)))
    body = stand_in.asked[0].body
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    assert body["system"] == [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral", "ttl": "5m"}}]
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look:"},
                picture,
                {"type": "text", "text": "Nice?", "cache_control": {"type": "ephemeral"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "b3A="},
                {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {"q": "a"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "found"}, picture],
                    "is_error": True,
                }
            ],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "Here."}]},
        {
            "role": "user",
            "content": [
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                    "title": "T",
                    "context": "C",
                    "citations": {"enabled": True},
                },
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "plain"}},
                {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
                {"type": "text", "text": "And this?"},
            ],
        },
    ]


async def test_tools_keep_name_schema_strictness_and_cache_mark(engine: DirectEngine, stand_in: StandIn):
    assert await sent(engine, stand_in, tools=(SEARCH, Tool("now", None, {"type": "object"}))) == {
        "tools": [
            {
                "name": "search",
                "description": "Finds things.",
                "input_schema": SCHEMA,
                "strict": True,
                "cache_control": {"type": "ephemeral", "ttl": "1h"},
            },
            {"name": "now", "input_schema": {"type": "object"}},
        ]
    }


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        (None, None, None),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (AutoTool(), True, {"type": "auto", "disable_parallel_tool_use": False}),
        (AnyTool(), None, {"type": "any"}),
        (NamedTool("search"), False, {"type": "tool", "name": "search", "disable_parallel_tool_use": True}),
        (NoTool(), False, {"type": "none"}),
    ],
)
async def test_the_tool_choice_is_the_apps(
    engine: DirectEngine, stand_in: StandIn, choice: ToolChoice | None, parallel: bool | None, expected: object
):
    body = await sent(engine, stand_in, model=OLDER, tools=(SEARCH,), tool_choice=choice, parallel_tool_calls=parallel)
    assert body.get("tool_choice") == expected


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        (OLDER, {"temperature": 0.7}, {"temperature": 0.7}),
        (OLDER, {"top_p": 0.9, "top_k": 40}, {"top_p": 0.9, "top_k": 40}),
        (MODEL, {"stop": ("END", "\n\nHuman:")}, {"stop_sequences": ["END", "\n\nHuman:"]}),
        (MODEL, {"user_id": "u-1"}, {"metadata": {"user_id": "u-1"}}),
        (MODEL, {"effort": "xhigh"}, {"output_config": {"effort": "xhigh"}}),
        (MODEL, {"json_schema": SCHEMA}, {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}),
        (
            MODEL,
            {"json_schema": SCHEMA, "effort": "low"},
            {"output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}},
        ),
        (MODEL, {"thinking": ThinkingAdaptive()}, {"thinking": {"type": "adaptive", "display": "summarized"}}),
        ("claude-opus-4-6", {"thinking": ThinkingAdaptive()}, {"thinking": {"type": "adaptive"}}),
        (OLDER, {"thinking": ThinkingBudget(2048)}, {"thinking": {"type": "enabled", "budget_tokens": 2048}}),
        ("claude-haiku-5-5", {"thinking": ThinkingOff()}, {"thinking": {"type": "disabled"}}),
        ("claude-sonnet-5-5", {"thinking": ThinkingOff()}, {"thinking": {"type": "between_tools"}}),
    ],
)
async def test_each_parameter_goes_natively(
    engine: DirectEngine, stand_in: StandIn, model: str, asked: dict[str, Any], expected: dict[str, Any]
):
    await engine.models()
    events = await answered(engine, turn(model=model, **asked))
    assert ignored(events) == ()
    assert said(events) == "Echo: Hi"
    body = dict(stand_in.asked[-1].body)
    assert {name: body[name] for name in body if name not in ("model", "messages", "stream", "max_tokens")} == expected


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        (MODEL, {}, 128_000),
        (OLDER, {}, 64_000),
        (MODEL, {"max_output_tokens": 1024}, 1024),
        (MODEL, {"max_output_tokens": 1024, "limit_counts_thinking": False}, 1024 + 500),
        (OLDER, {"max_output_tokens": 1024, "limit_counts_thinking": False}, 1024),
        (OLDER, {"max_output_tokens": 9, "limit_counts_thinking": False, "thinking": ThinkingBudget(4000)}, 4009),
        (OLDER, {"max_output_tokens": 1_000_000}, 64_000),
    ],
)
async def test_the_limit_leaves_room_for_thinking(stand_in: StandIn, model: str, asked: dict[str, Any], expected: int):
    engine = DirectEngine(Access(KEY, stand_in.url), thinking_allowance=500)
    await answered(engine, turn(model=model, **asked))
    await engine.close()
    assert stand_in.asked[0].body["max_tokens"] == expected


async def test_a_million_tokens_are_asked_for_only_where_they_must_be(engine: DirectEngine, stand_in: StandIn):
    for model in ("claude-sonnet-4-5[1m]", "claude-opus-5-5[1m]"):
        await answered(engine, turn(model=model))
    assert [(request.body["model"], request.headers.get("anthropic-beta")) for request in stand_in.asked] == [
        ("claude-sonnet-4-5", "context-1m-2025-08-07"),
        ("claude-opus-5-5", None),
    ]


async def test_nothing_of_the_environment_reaches_the_service(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch):
    stray = {
        "ANTHROPIC_API_KEY": "sk-ant-stray",
        "ANTHROPIC_AUTH_TOKEN": "stray-token",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "ANTHROPIC_CUSTOM_HEADERS": "Authorization: Bearer stray\nX-Stray: yes",
        "ANTHROPIC_PROFILE": "stray",
    }
    for name, value in stray.items():
        monkeypatch.setenv(name, value)
    engine = DirectEngine(Access(KEY, stand_in.url))
    await answered(engine, turn())
    await engine.close()
    headers = stand_in.asked[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert "stray" not in str(headers)
    assert headers["user-agent"].endswith(f" tidegate/{__version__}")


async def test_tokens_are_counted_by_the_service(engine: DirectEngine, stand_in: StandIn):
    counted = await engine.count_tokens(turn("one two three", system=(Text("four five"),), temperature=0.2))
    assert (counted.tokens, counted.exact) == (5, True)
    request: Request = stand_in.requests[-1]
    assert request.path == "/v1/messages/count_tokens"
    assert sorted(request.body) == ["messages", "model", "system"]


def test_the_key_is_not_shown_with_its_access():
    assert "sk-ant" not in repr(Access("sk-ant-secret"))

"""What a request of Ollama's interface becomes, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.proxy.dialects.ollama.decode import JSON_ONLY, NothingAsked, chat, generate, shown_model
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import (
    AssistantMessage,
    Image,
    InlineData,
    Parameters,
    Text,
    ThinkingAdaptive,
    ThinkingOff,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    UserMessage,
)

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
GIF = "R0lGODlhAQABAAAAACwAAAAAAQABAAA="
HELLO = [{"role": "user", "content": "Hello"}]


def turn_of(**request: Any) -> Turn:
    return chat(json.dumps({"model": "m", "messages": HELLO, **request}).encode(), {}).turn


def refusal_of(**request: Any) -> tuple[str | None, str]:
    with pytest.raises(Refused) as refused:
        turn_of(**request)
    return refused.value.fault.param, refused.value.fault.message


def test_a_whole_conversation_keeps_its_order_its_pictures_and_its_tools():
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is this?", "images": [PNG, f"data:image/gif;base64,{GIF}"]},
        {
            "role": "assistant",
            "content": "Let me see.",
            "thinking": "Hm",
            "tool_calls": [
                {"function": {"name": "look", "arguments": {"at": 1}}},
                {"function": {"name": "touch", "arguments": {}}},
            ],
        },
        {"role": "tool", "tool_name": "touch", "content": "soft"},
        {"role": "tool", "tool_name": "look", "content": "red", "images": [GIF]},
        {"role": "user", "content": "And now?"},
    ]
    turn = turn_of(messages=messages)

    assert turn.system == (Text("Be brief."),)
    assert turn.messages == (
        UserMessage((Image(InlineData("image/png", PNG)), Image(InlineData("image/gif", GIF)), Text("What is this?"))),
        AssistantMessage((Text("Let me see."), ToolUse("call_1", "look", {"at": 1}), ToolUse("call_2", "touch", {}))),
        UserMessage(
            (
                ToolResult("call_2", (Text("soft"),)),
                ToolResult("call_1", (Image(InlineData("image/gif", GIF)), Text("red"))),
            )
        ),
        UserMessage((Text("And now?"),)),
    )
    assert turn.ignored == ("messages.thinking",)


@pytest.mark.parametrize(
    "results",
    [
        [{"tool_call_id": "b", "content": "2"}, {"tool_call_id": "a", "content": "1"}],
        [{"content": "1"}, {"content": "2"}],
        [{"name": "f", "content": "1"}, {"tool_name": "f", "content": "2"}],
    ],
)
def test_results_find_their_calls_by_id_by_name_or_by_order(results: list[dict[str, str]]):
    calls = [{"id": id_, "function": {"name": "f", "arguments": {}}} for id_ in ("a", "b")]
    turn = turn_of(
        messages=[
            *HELLO,
            {"role": "assistant", "tool_calls": calls},
            *({"role": "tool", **result} for result in results),
        ]
    )
    last = turn.messages[-1]
    assert isinstance(last, UserMessage)
    assert {(block.tool_use_id, block.content) for block in last.content if isinstance(block, ToolResult)} == {
        ("call_1", (Text("1"),)),
        ("call_2", (Text("2"),)),
    }


def test_a_result_stands_right_behind_its_call_whatever_the_user_said_in_between():
    call = {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}, {"function": {"name": "f"}}]}
    hurry, results = {"role": "user", "content": "hurry"}, [{"role": "tool", "content": word} for word in "12"]
    turn = turn_of(messages=[*HELLO, call, results[0], hurry, results[1]])
    assert turn.messages[2:] == (
        UserMessage((ToolResult("call_1", (Text("1"),)), ToolResult("call_2", (Text("2"),)))),
        UserMessage((Text("hurry"),)),
    )


def test_options_are_honoured_or_named():
    turn = turn_of(
        options={
            "temperature": 1.4,
            "top_p": 0.9,
            "top_k": 40,
            "num_predict": 128,
            "stop": ["END", " "],
            "seed": 7,
            "num_ctx": 4096,
            "repeat_penalty": 1.1,
            "num_gpu": 1,
        },
        logprobs=True,
        keep_alive="5m",
    )
    assert turn.parameters == Parameters(
        max_output_tokens=128, limit_counts_thinking=False, temperature=1.0, top_p=0.9, top_k=40, stop=("END",)
    )
    assert turn.ignored == (
        "options.num_ctx",
        "options.seed",
        "options.repeat_penalty",
        "options.temperature",
        "logprobs",
    )


@pytest.mark.parametrize("options", [None, {}, {"num_predict": -1, "top_k": 0, "top_p": 1, "stop": None}])
def test_what_sets_nothing_changes_nothing(options: object):
    turn = turn_of(options=options, format="", tools=[], think=None)
    assert (turn.parameters, turn.ignored) == (Parameters(limit_counts_thinking=False), ())


@pytest.mark.parametrize(
    ("think", "thinking", "effort"),
    [(True, ThinkingAdaptive(), None), (False, ThinkingOff(), None), ("high", ThinkingAdaptive(), "high")],
)
def test_think_is_a_switch_or_an_effort(think: object, thinking: object, effort: str | None):
    parameters = turn_of(think=think).parameters
    assert (parameters.thinking, parameters.effort) == (thinking, effort)


def test_format_is_a_schema_or_a_wish():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert turn_of(format=schema).parameters.json_schema == schema
    wish = turn_of(format="json")
    assert (wish.once, wish.ignored, wish.parameters.json_schema) == ((JSON_ONLY,), ("format",), None)


def test_tools_are_offered_as_they_are():
    turn = turn_of(
        tools=[
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"properties": {}}}},
            {"function": {"name": "g"}},
            {"function": {"name": "h", "parameters": {"type": "object", "properties": None, "required": None}}},
        ]
    )
    assert turn.tools == (
        Tool("f", "d", {"properties": {}, "type": "object"}),
        Tool("g", None, {"properties": {}, "type": "object"}),
        Tool("h", None, {"type": "object"}),  # apps in Go write null for an empty list
    )


@pytest.mark.parametrize(
    ("name", "model"),
    [("claude-opus-5-5:latest", "claude-opus-5-5"), ("claude-opus-4-7[1m]", "claude-opus-4-7[1m]"), (None, "default")],
)
def test_a_name_loses_the_tag_that_apps_append(name: str | None, model: str):
    assert turn_of(model=name).model == model
    assert shown_model(json.dumps({"name": name}).encode()) == model


def test_streaming_is_the_default():
    body = {"model": "m", "messages": HELLO}
    asked = [chat(json.dumps({**body, **more}).encode(), {}) for more in ({}, {"stream": None}, {"stream": False})]
    assert [one.streaming for one in asked] == [True, True, False]


def test_generate_is_one_message():
    body = {"model": "m", "prompt": "Why?", "system": "Be brief.", "images": [PNG], "raw": True, "context": [1]}
    turn = generate(json.dumps(body).encode(), {"x-session-id": "k"}).turn
    assert (turn.system, turn.session_key, turn.ignored) == ((Text("Be brief."),), "k", ("raw", "context"))
    assert turn.messages == (UserMessage((Image(InlineData("image/png", PNG)), Text("Why?"))),)


@pytest.mark.parametrize(("read", "body"), [(chat, {"messages": []}), (chat, {}), (generate, {"prompt": ""})])
def test_a_request_without_a_question_is_told_apart(read: Any, body: dict[str, Any]):
    with pytest.raises(NothingAsked) as asked:
        read(json.dumps({"model": "m:latest", **body}).encode(), {})
    assert asked.value.model == "m"


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        ({"messages": [{"role": "user", "content": "x", "images": ["/etc/passwd"]}]}, "messages[0].images[0]"),
        ({"messages": [{"role": "user", "content": "x", "images": ["aGVsbG8="]}]}, "messages[0].images[0]"),
        ({"messages": [{"role": "user", "images": ["https://x.example/a.png"]}]}, "messages[0].images[0]"),
        ({"messages": [*HELLO, {"role": "tool", "content": "x"}]}, "messages[1]"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [*HELLO, {"role": "assistant", "content": "b"}, {"role": "user"}]}, "messages[2].content"),
        ({"messages": [{"role": "control"}]}, "messages[0].role"),
        ({"tools": [{"type": "browser", "function": {"name": "f"}}]}, "tools[0].type"),
        ({"tools": [{"function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"tools": [{"function": {"name": "f"}}, {"function": {"name": "f"}}]}, "tools[1]"),
        ({"think": "much"}, "think"),
        ({"format": "yaml"}, "format"),
        ({"options": {"temperature": "hot"}}, "options.temperature"),
    ],
)
def test_what_can_not_be_served_is_refused_by_its_name(request_: dict[str, Any], param: str):
    assert refusal_of(**request_)[0] == param


def test_a_suffix_is_refused():
    with pytest.raises(Refused, match="suffix"):
        generate(b'{"prompt": "a", "suffix": "b"}', {})

"""Agents, editors and automations, each with the request it really sends and what it needs to see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.apps import ANTHROPIC, BEARER, MODEL, WEATHER, App, says
from tests.e2e.conftest import Running
from tests.stand_in.answer import Answer as Scripted
from tests.stand_in.answer import CallTool, Say, say

CALLING = Scripted((CallTool("toolu_1", "get_weather", ('{"place"', ':"Oslo"}')),))
TWO_CALLS = Scripted(
    (
        CallTool("toolu_1", "get_weather", ('{"place":"Oslo"}',)),
        CallTool("toolu_2", "get_weather", ('{"place":"Rome"}',)),
    )
)
CACHED = {"cache_control": {"type": "ephemeral"}}
TOOL = {"name": "get_weather", "description": "x", "input_schema": WEATHER["function"]["parameters"]}  # type: ignore[index]


@pytest.mark.parametrize("path", ["/api/v1/models", "/api/tags", "/v1/props", "/props", "/version"])
def test_hermes_agent_takes_tidegate_for_no_other_product(tidegate: Running, path: str):
    answer = App(tidegate).get(path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")


def test_hermes_agent(tidegate: Running):
    app = App(tidegate)
    assert app.get("/v1/models").json == app.get("/models").json
    for model in app.get("/v1/models").json["data"]:
        assert model["context_length"] >= 64_000  # it refuses less
        assert model["max_completion_tokens"]
    one = app.get(f"/v1/models/{MODEL}").json
    assert one["context_length"] == one["context_window"]

    probe = app.get("/v1/chat/completions")
    assert (probe.status, "POST" in probe.headers["allow"]) == (405, True)
    answer = app.chat(model=MODEL, messages=[says(script=CALLING)], tools=[WEATHER], stream=True, max_tokens=16_384)
    assert answer.chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert App(tidegate, {}).get("/v1/models").status == 401  # it stops probing then


def test_openclaw_and_pi(tidegate: Running):
    app = App(tidegate, {**BEARER, "x-stainless-retry-count": "0"})
    strict = {**WEATHER, "function": {**WEATHER["function"], "strict": False}}  # type: ignore[dict-item]
    answer = app.chat(
        model=MODEL,
        messages=[{"role": "developer", "content": "Be brief."}, says(script=TWO_CALLS)],
        tools=[strict],
        store=False,
        reasoning_effort="medium",
        max_completion_tokens=32_000,
        stream=True,
        stream_options={"include_usage": True},
    )
    calls = [call for delta in answer.deltas for call in delta.get("tool_calls", ())]
    assert [(call["index"], call["id"]) for call in calls if "id" in call] == [(0, "toolu_1"), (1, "toolu_2")]
    assert answer.chunks[-1]["usage"]["total_tokens"]

    text = {"type": "text", "text": "Be brief.", **CACHED}
    body = {"model": MODEL, "max_tokens": 32_000, "system": [text], "tools": [TOOL], "stream": True}
    native = App(tidegate, {**ANTHROPIC, "anthropic-beta": "fine-grained-tool-streaming-2025-05-14"})
    events = native.send("POST", "/v1/messages", {**body, "messages": [says(script=CALLING)]}).events
    pieces = [
        event["delta"]["partial_json"] for event in events if event.get("delta", {}).get("type") == "input_json_delta"
    ]
    assert json.loads("".join(pieces)) == {"place": "Oslo"}

    item = {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
    responses = app.send("POST", "/v1/responses", {"model": MODEL, "input": [item], "stream": True, "store": False})
    assert [event["sequence_number"] for event in responses.events] == list(range(len(responses.events)))


def test_home_assistant(tidegate: Running):
    app = App(tidegate)
    assert app.get("/v1/models").status == 200
    schema = {
        "type": "object",
        "properties": {"state": {"type": "string"}},
        "required": ["state"],
        "additionalProperties": False,
    }
    answer = app.chat(
        model=MODEL,
        messages=[{"role": "system", "content": "You control a house."}, says(script=say('{"state":', '"on"}'))],
        response_format={"type": "json_schema", "json_schema": {"name": "task", "schema": schema, "strict": True}},
        tools=[WEATHER],
        max_completion_tokens=3000,
        temperature=0.6,
        top_p=0.9,
        user="01JX",
        stream=False,
    )
    assert json.loads(answer.text) == {"state": "on"}
    assert "<think>" not in answer.text


def test_cline(tidegate: Running):
    body = {"model": MODEL, "temperature": 0, "stream": True, "stream_options": {"include_usage": True}}
    system = {"role": "system", "content": "You are Cline."}
    answer = App(tidegate).chat(**body, messages=[system, says()])
    assert answer.chunks[-1]["usage"]["prompt_tokens"]
    renamed = App(tidegate).chat(model="gpt-5", messages=[system, says()], max_completion_tokens=8192, stream=True)
    assert renamed.text == "Echo: Hello"  # it says max_completion_tokens to ids of this kind only

    blocks = [{"type": "text", "text": "Hello", **CACHED}]
    native = App(tidegate, {**ANTHROPIC, "anthropic-beta": "prompt-caching-2024-07-31"})
    body = {"model": MODEL, "max_tokens": 8192, "stream": True, "temperature": 0, "tool_choice": None}
    body |= {"system": [{"type": "text", "text": "You are Cline.", **CACHED}]}
    events = native.send("POST", "/v1/messages", {**body, "messages": [{"role": "user", "content": blocks}]}).events
    assert events[-1]["type"] == "message_stop"


def test_roo(tidegate: Running):
    listed = [model["id"] for model in App(tidegate).get("/v1/models").json["data"]]
    assert not [id_ for id_ in listed if any(mark in id_ for mark in ("o1", "o3", "o4"))]  # it asks those otherwise
    system = {"role": "system", "content": [{"type": "text", "text": "You are Roo.", **CACHED}]}
    user = {"role": "user", "content": [{"type": "text", "text": "Hello", **CACHED}]}
    answer = App(tidegate).chat(
        model=MODEL,
        messages=[system, user],
        temperature=0,
        parallel_tool_calls=True,
        tools=[WEATHER],
        tool_choice="auto",
        stream=True,
        stream_options={"include_usage": True},
    )
    assert answer.text == "Echo: Hello"


def test_continue(tidegate: Running):
    app = App(tidegate)
    answer = app.chat(
        model=MODEL, messages=[says()], stream=True, stream_options={"include_usage": True}, max_tokens=4096
    )
    assert answer.chunks[-1]["usage"]
    responses = app.send("POST", "/v1/responses", {"model": MODEL, "input": "Hello", "stream": True})
    assert responses.events[-1]["type"] == "response.completed"


def test_zed(tidegate: Running):
    app = App(tidegate)
    answer = app.chat(
        model=MODEL,
        messages=[{"role": "system", "content": "Be brief."}, says(script=CALLING)],
        tools=[WEATHER],
        tool_choice="auto",
        parallel_tool_calls=False,
        max_completion_tokens=8192,
        temperature=1.0,
        stop=[],
        prompt_cache_key="thread-1",
        stream=True,
        stream_options={"include_usage": True},
    )
    assert answer.chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"
    native = App(tidegate, {**ANTHROPIC, "anthropic-beta": "context-1m-2025-08-07"})
    body = {"model": MODEL, "max_tokens": 8192, "stream": True, "thinking": {"type": "enabled", "budget_tokens": 4096}}
    assert native.send("POST", "/v1/messages", {**body, "messages": [says()]}).events[-1]["type"] == "message_stop"


def test_aider(tidegate: Running):
    app = App(
        tidegate, {**BEARER, "User-Agent": "litellm/1.80", "HTTP-Referer": "https://aider.chat", "X-Title": "Aider"}
    )
    answer = app.chat(model=MODEL, messages=[says(), {"role": "assistant", "content": "Ok."}, says("Go")], stream=True)
    assert answer.text == "Echo: Go"
    prefixed = app.chat(model=f"openai/{MODEL}", messages=[says()], temperature=0)
    assert prefixed.text == "Echo: Hello"
    native = App(tidegate, {**ANTHROPIC, "User-Agent": "litellm/1.80"})  # by ANTHROPIC_BASE_URL
    body = {"model": MODEL, "max_tokens": 8192, "stream": True, "messages": [says()]}
    assert native.send("POST", "/v1/messages", body).events[-1]["type"] == "message_stop"


def test_cursor_comes_from_its_cloud_and_is_told_why_that_can_not_work(tidegate: Running):
    answer = App(tidegate, {**BEARER, "Host": "something.tunnel.example"}).chat(model=MODEL, messages=[says()])
    assert answer.status == 421
    assert "http://127.0.0.1:" in answer.error["message"]


def test_n8n(tidegate: Running):
    app = App(tidegate, {**BEARER, "x-stainless-lang": "js", "openai-organization": ""})
    called = app.chat(model=MODEL, messages=[says(script=CALLING)], tools=[WEATHER], stream=False, temperature=0.7)
    message = called.json["choices"][0]["message"]
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["get_weather"]

    history: list[Any] = [
        says(script=CALLING),
        {"role": "assistant", "content": "", "tool_calls": message["tool_calls"]},
    ]
    history.append(
        {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "rain", "name": "get_weather"}
    )
    assert app.chat(model=MODEL, messages=history, tools=[WEATHER], stream=False).text == "Echo: rain"


def test_iterm2(tidegate: Running):
    app = App(tidegate)
    old = {"functions": [WEATHER["function"]], "function_call": "auto"}
    called = app.chat(model=MODEL, messages=[says(script=CALLING)], max_tokens=1000, **old)
    choice = called.json["choices"][0]
    assert (choice["finish_reason"], choice["message"]["function_call"]["name"]) == ("function_call", "get_weather")
    plain = app.chat(model=MODEL, messages=[says(script=Scripted((Say(("ls -la",)),)))], max_tokens=1000)
    assert plain.text == "ls -la"

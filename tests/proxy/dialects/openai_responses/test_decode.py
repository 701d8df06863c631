"""Requests as turns: every parameter, every function, and a refusal by name for what can't be served."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.json import schema_components

from app.proxy.dialects.openai_responses.decode import JSON_ONLY
from app.proxy.dialects.openai_responses.schema import ResponsesRequest
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import (
    AnyTool,
    AutoTool,
    Json,
    NamedTool,
    NoTool,
    Parameters,
    ThinkingAdaptive,
    ThinkingOff,
    Tool,
)
from tests.proxy.dialects.openai_responses.requests import (
    call,
    continued,
    message,
    output,
    refusal,
)
from tests.proxy.dialects.openai_responses.scripts import FUNCTION, turn


def test_every_parameter_arrives() -> None:
    schema: dict[str, Json] = {"type": "object", "properties": {}}
    assert turn(
        max_output_tokens=99,
        temperature=0.5,
        top_p=0.5,
        reasoning={"effort": "minimal", "summary": "auto"},
        text={"format": {"type": "json_schema", "name": "n", "schema": schema}},
        parallel_tool_calls=False,
        tools=[FUNCTION],
        safety_identifier="u",
    ).parameters == Parameters(
        max_output_tokens=99,
        temperature=0.5,
        top_p=0.5,
        effort="low",
        thinking=ThinkingAdaptive(),
        json_schema=schema,
        parallel_tool_calls=False,
        user_id="u",
    )
    assert turn(reasoning={"effort": "none"}).parameters == Parameters(thinking=ThinkingOff())
    assert turn(top_p=1, parallel_tool_calls=True, reasoning={"effort": None}).parameters == Parameters()


def test_json_of_no_particular_schema_is_asked_for_in_words_and_told() -> None:
    decoded = turn(text={"format": {"type": "json_object"}})
    assert (decoded.once, decoded.ignored) == ((JSON_ONLY,), ("text.format",))


def test_functions_and_the_choice_among_them() -> None:
    schema: dict[str, Json] = {"type": "object", "properties": {"city": {"type": "string"}}}
    assert turn(tools=[FUNCTION]).tools == (Tool("weather", None, schema, strict=True),)
    choices = ["auto", "none", "required", {"type": "function", "name": "weather"}]
    found = [turn(tools=[FUNCTION], tool_choice=choice).tool_choice for choice in choices]
    assert found == [AutoTool(), NoTool(), AnyTool(), NamedTool("weather")]
    assert turn(tool_choice="auto").tool_choice is None
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "weather"}]}
    chosen = turn(tools=[{**FUNCTION, "name": "clock"}, FUNCTION], tool_choice=allowed)
    assert ([tool.name for tool in chosen.tools], chosen.tool_choice) == (["weather"], AnyTool())


def test_what_has_no_effect_is_told_and_what_changes_nothing_is_not() -> None:
    wishes = {
        "temperature": 1.5,
        "truncation": "auto",
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "service_tier": "flex",
        "max_tool_calls": 3,
        "top_logprobs": 2,
        "prompt_cache_key": "k",
        "text": {"verbosity": "low"},
        "user": "u" * 257,
    }
    assert set(turn(**wishes).ignored) == {*wishes, "text.verbosity"} - {"text"}
    quiet = {
        "truncation": "disabled",
        "include": ["reasoning.encrypted_content"],
        "service_tier": "auto",
        "metadata": {"a": "b"},
        "store": True,
        "text": {"verbosity": "medium", "format": {"type": "text"}},
        "unheard_of": [1],
    }
    assert turn(**quiet).ignored == ()


X = message("user", "x")
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing to answer": ({"input": None}, "input", "missing_required_parameter"),
    "an empty list": ({"input": []}, "input", "missing_required_parameter"),
    "blank": ({"input": "  "}, "input", "missing_required_parameter"),
    "in the background": ({"background": True}, "background", "unsupported_parameter"),
    "a stored conversation": ({"conversation": "conv_1"}, "conversation", "unsupported_parameter"),
    "a stored prompt": ({"prompt": {"id": "p"}}, "prompt", "unsupported_parameter"),
    "an unknown response": ({"previous_response_id": "resp_x"}, "previous_response_id", "previous_response_not_found"),
    "an unknown item": ({"input": [X, {"type": "item_reference", "id": "msg_1"}]}, "input[1].id", "item_not_found"),
    "an item of a hosted tool": ({"input": [X, {"type": "web_search_call"}]}, "input[1].type", "unsupported_value"),
    "an item of a hosted tool, of a shape of its own": (
        {"input": [X, {"type": "computer_call_output", "output": {"type": "computer_screenshot"}}]},
        "input[1].type",
        "unsupported_value",
    ),
    "an allowed tool that is none": (
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "x"}]}},
        "tool_choice.tools",
        "invalid_value",
    ),
    "an unknown role": ({"input": [message("wizard", "x")]}, "input[0].role", "invalid_value"),
    "a call without output": ({"input": [X, call("a")]}, "input[1]", "missing_tool_result"),
    "an output without call": ({"input": [X, output("a")]}, "input[1].call_id", "unknown_tool_call"),
    "two outputs": ({"input": [call("a"), output("a"), output("a")]}, "input[2].call_id", "unknown_tool_call"),
    "two calls of one id": ({"input": [call("a"), call("a")]}, "input[1].call_id", "invalid_value"),
    "a call without a name": (
        {"input": [{"type": "function_call", "call_id": "a"}]},
        "input[0].name",
        "missing_required_parameter",
    ),
    "broken arguments": ({"input": [call("a", "{")]}, "input[0].arguments", "invalid_json"),
    "audio": ({"input": [message("user", [{"type": "input_audio"}])]}, "input[0].content[0].type", "unsupported_value"),
    "a picture of the model": (
        {"input": [message("assistant", [{"type": "input_image", "image_url": "https://e.org/"}])]},
        "input[0].content[0].type",
        "unsupported_value",
    ),
    "a picture without an address": (
        {"input": [message("user", [{"type": "input_image"}])]},
        "input[0].content[0].image_url",
        "missing_required_parameter",
    ),
    "an uploaded file": (
        {"input": [message("user", [{"type": "input_file", "file_id": "file-1"}])]},
        "input[0].content[0].file_data",
        "unsupported_value",
    ),
    "a file of this computer": (
        {"input": [message("user", [{"type": "input_image", "image_url": "file:///etc/passwd"}])]},
        "input[0].content[0].image_url",
        "invalid_url",
    ),
    "a name the service refuses": ({"tools": [{"type": "function", "name": "a b"}]}, "tools[0].name", "invalid_value"),
    "a tool twice": ({"tools": [FUNCTION, FUNCTION]}, "tools", "invalid_value"),
    "a choice of nothing": ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
    "an unknown choice": ({"tool_choice": {"type": "function", "name": "x"}}, "tool_choice.name", "invalid_value"),
    "a hosted choice": ({"tool_choice": {"type": "web_search"}}, "tool_choice", "unsupported_value"),
    "an unknown format": ({"text": {"format": {"type": "xml"}}}, "text.format.type", "unsupported_value"),
    "a format without schema": (
        {"text": {"format": {"type": "json_schema"}}},
        "text.format.schema",
        "missing_required_parameter",
    ),
    "an unknown effort": ({"reasoning": {"effort": "heroic"}}, "reasoning.effort", "invalid_value"),
    "no room": ({"max_output_tokens": 0}, "max_output_tokens", "invalid_value"),
    "a key that breaks headers": ({"session_id": "a b"}, "session_id", "invalid_session_id"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_served_is_refused_by_name(name: str) -> None:
    request, param, code = REFUSED[name]
    assert refusal(**request) == (param, code)


@pytest.mark.parametrize(
    "kind",
    ["web_search", "web_search_preview", "file_search", "computer_use_preview", "code_interpreter", "mcp",
     "image_generation", "local_shell", "custom", "apply_patch"],
)  # fmt: skip
def test_a_tool_that_the_service_would_run_is_refused(kind: str) -> None:
    assert refusal(tools=[FUNCTION, {"type": kind, "name": "x"}]) == ("tools[1].type", "unsupported_value")


@pytest.mark.parametrize("blank", ["", " \n", None, [{"type": "input_text", "text": ""}]])
def test_a_last_word_of_the_users_that_says_nothing_is_refused(blank: object) -> None:
    spoken = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert refusal(input=[*spoken, {"role": "user", "content": blank}]) == ("input[2].content", "invalid_messages")


def test_a_response_that_waits_for_an_output_wants_it() -> None:
    with pytest.raises(Refused) as raised:
        continued(input="two")
    assert raised.value.fault.code == "missing_tool_result"


def test_the_request_can_be_described_in_json_schema() -> None:
    _, components = schema_components([ResponsesRequest], ref_template="#/{name}")
    assert set(components["ResponsesRequest"]["properties"]) == set(ResponsesRequest.__struct_fields__)

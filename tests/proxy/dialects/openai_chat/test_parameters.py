"""The many names for how to answer, and what becomes of each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import (
    AnyTool,
    AutoTool,
    Json,
    NamedTool,
    NoTool,
    Parameters,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingOff,
    Tool,
    Turn,
)

LOOK = {"type": "function", "function": {"name": "look"}}
SCHEMA: dict[str, Json] = {"type": "object", "properties": {"a": {"type": "integer"}}}


def turn_with(**members: Any) -> Turn:
    request = {"model": "m", "messages": [{"role": "user", "content": "hello"}], **members}
    return OpenAIChat().decode(json.dumps(request).encode(), {}).turn


def allowing(name: str, mode: str = "auto") -> dict[str, Any]:
    """A choice among some of the tools only."""
    tools = [{"type": "function", "function": {"name": name}}]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


def refused_param(**members: Any) -> str | None:
    with pytest.raises(Refused) as caught:
        turn_with(**members)
    fault = caught.value.fault
    assert fault.param is not None
    assert fault.message.startswith(fault.param)
    return fault.param


@pytest.mark.parametrize(
    ("members", "expected", "ignored"),
    [
        ({}, Parameters(), ()),
        ({"max_tokens": 10}, Parameters(max_output_tokens=10, limit_counts_thinking=False), ()),
        ({"max_completion_tokens": 10}, Parameters(max_output_tokens=10), ()),
        ({"max_tokens": 5, "max_completion_tokens": 10}, Parameters(max_output_tokens=10), ()),
        ({"max_tokens": -1}, Parameters(), ()),
        ({"temperature": 0}, Parameters(temperature=0), ()),
        ({"temperature": 1}, Parameters(temperature=1), ()),
        ({"temperature": 1.7}, Parameters(temperature=1), ("temperature",)),
        ({"top_p": 0.5}, Parameters(top_p=0.5), ()),
        ({"top_p": 1}, Parameters(), ()),
        ({"top_k": 5}, Parameters(top_k=5), ()),
        ({"top_k": 0}, Parameters(), ()),
        ({"top_k": -1}, Parameters(), ()),
        ({"stop": "END"}, Parameters(stop=("END",)), ()),
        ({"stop": ["a", "b"]}, Parameters(stop=("a", "b")), ()),
        ({"stop": []}, Parameters(), ()),
        ({"stop": ""}, Parameters(), ()),
        ({"stop": ["", "\n", "a\n"]}, Parameters(stop=("a\n",)), ("stop",)),
        ({"user": "u"}, Parameters(user_id="u"), ()),
        ({"safety_identifier": "s"}, Parameters(user_id="s"), ()),
        ({"user": "u" * 257}, Parameters(), ("user",)),
        ({"parallel_tool_calls": False}, Parameters(), ()),
        ({"parallel_tool_calls": False, "tools": [LOOK]}, Parameters(parallel_tool_calls=False), ()),
        ({"functions": [LOOK["function"]]}, Parameters(parallel_tool_calls=False), ()),
        ({"response_format": {"type": "text"}}, Parameters(), ()),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
            Parameters(json_schema=SCHEMA),
            (),
        ),
    ],
)
def test_parameters(members, expected, ignored):
    turn = turn_with(**members)
    assert (turn.parameters, turn.ignored) == (expected, ignored)


@pytest.mark.parametrize(
    ("members", "effort", "thinking"),
    [
        ({"reasoning_effort": "high"}, "high", ThinkingAdaptive()),
        ({"reasoning_effort": "minimal"}, "low", ThinkingAdaptive()),
        ({"reasoning_effort": "none"}, None, ThinkingOff()),
        ({"reasoning": {"effort": "xhigh"}}, "xhigh", ThinkingAdaptive()),
        ({"reasoning": {"effort": "none"}}, None, ThinkingOff()),
        ({"reasoning": {"max_tokens": 5000}}, None, ThinkingBudget(5000)),
        ({"reasoning": {"enabled": True}}, None, ThinkingAdaptive()),
        ({"reasoning": {"enabled": False, "effort": "low"}}, "low", ThinkingOff()),
        ({"reasoning": {}}, None, None),
        ({"reasoning_effort": "auto"}, None, None),
        ({"reasoning_effort": ""}, None, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, None, ThinkingBudget(2000)),
        ({"thinking": {"type": "enabled", "budget_tokens": 10}}, None, ThinkingBudget(1024)),
        ({"thinking": {"type": "enabled"}}, None, ThinkingAdaptive()),
        ({"thinking": {"type": "adaptive", "budget_tokens": 2000}}, None, ThinkingAdaptive()),
        ({"thinking": {"type": "auto"}}, None, ThinkingAdaptive()),
        ({"thinking": {"type": "disabled"}}, None, ThinkingOff()),
        ({"thinking": True}, None, ThinkingAdaptive()),
        ({"thinking": False}, None, ThinkingOff()),
        ({"thinking": {"budget_tokens": -1}}, None, ThinkingAdaptive()),
        ({"thinking": {"budget_tokens": 0}}, None, ThinkingOff()),
        ({"extended_thinking": {"enabled": True, "budget_tokens": 3000}}, None, ThinkingBudget(3000)),
        ({"extended_thinking": {"enabled": False, "budget_tokens": 3000}}, None, ThinkingOff()),
        ({"enable_thinking": True}, None, ThinkingAdaptive()),
        ({"enable_thinking": False, "thinking_budget": 2000}, None, ThinkingOff()),
        ({"enable_thinking": True, "thinking_budget": 2000}, None, ThinkingBudget(2000)),
        ({"thinking_budget": 2000}, None, ThinkingBudget(2000)),
        ({"thinking": {"type": "disabled"}, "reasoning_effort": "high"}, "high", ThinkingOff()),
        ({"thinking": False, "enable_thinking": True, "reasoning": {"enabled": True}}, None, ThinkingOff()),
    ],
)
def test_every_spelling_of_thinking(members, effort, thinking):
    turn = turn_with(**members)
    assert (turn.parameters, turn.ignored) == (Parameters(effort=effort, thinking=thinking), ())


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", AutoTool()),
        ("none", NoTool()),
        ("required", AnyTool()),
        ("any", AnyTool()),
        ({"type": "function", "function": {"name": "look"}}, NamedTool("look")),
        (None, None),
    ],
)
def test_tool_choice(choice, expected):
    assert turn_with(tools=[LOOK], tool_choice=choice).tool_choice == expected


@pytest.mark.parametrize(
    ("choice", "expected"), [("auto", AutoTool()), ("none", NoTool()), ({"name": "look"}, NamedTool("look"))]
)
def test_the_older_functions_are_tools(choice, expected):
    turn = turn_with(functions=[{"name": "look", "parameters": SCHEMA}], function_call=choice)
    assert (turn.tools, turn.tool_choice) == ((Tool("look", None, SCHEMA),), expected)


@pytest.mark.parametrize(("mode", "expected"), [("auto", AutoTool()), ("required", AnyTool())])
def test_only_the_allowed_tools_are_offered(mode, expected):
    other = {"type": "function", "function": {"name": "other"}}
    turn = turn_with(tools=[other, LOOK], tool_choice=allowing("look", mode=mode))
    assert ([tool.name for tool in turn.tools], turn.tool_choice) == (["look"], expected)


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_a_choice_among_no_tools_is_no_choice(choice):
    turn = turn_with(tools=[], tool_choice=choice)
    assert (turn.tools, turn.tool_choice) == ((), None)


def test_a_schema_without_a_type_is_of_an_object():
    function = {"name": "look", "description": "", "parameters": {"properties": {}, "$defs": {}}}
    assert turn_with(tools=[{"type": "function", "function": function}]).tools == (
        Tool("look", None, {"type": "object", "properties": {}, "$defs": {}}),
    )


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"logprobs": True}, "logprobs"),
        ({"logprobs": 5}, "logprobs"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"seed": 0}, "seed"),
        ({"presence_penalty": 0.1}, "presence_penalty"),
        ({"repetition_penalty": 1.1}, "repetition_penalty"),
        ({"min_p": 0.1}, "min_p"),
        ({"top_a": 0.1}, "top_a"),
        ({"prompt_cache_key": "x"}, "prompt_cache_key"),
        ({"prompt_cache_retention": "24h"}, "prompt_cache_retention"),
        ({"stream_options": {"include_obfuscation": True}}, "stream_options.include_obfuscation"),
        ({"frequency_penalty": -1}, "frequency_penalty"),
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"store": True}, "store"),
        ({"metadata": {"a": "b"}}, "metadata"),
        ({"prediction": {"type": "content", "content": "x"}}, "prediction"),
        ({"audio": {"voice": "x", "format": "wav"}}, "audio"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"verbosity": "low"}, "verbosity"),
        ({"reasoning": {"exclude": True}}, "reasoning.exclude"),
    ],
)
def test_what_nothing_can_honour_is_told(members, name):
    turn = turn_with(**members)
    assert (turn.ignored, turn.parameters) == ((name,), Parameters())


@pytest.mark.parametrize(
    "members",
    [
        {"logprobs": False, "top_logprobs": 0, "presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": {}},
        {"store": False, "metadata": {}, "service_tier": "auto", "verbosity": "medium", "n": 1, "modalities": ["text"]},
        {"prompt_cache_key": "", "min_p": 0, "top_a": 0, "repetition_penalty": 1, "provider": {}, "stream_options": {}},
    ],
)
def test_defaults_and_unknown_members_are_not_worth_telling(members):
    assert turn_with(**members) == turn_with()


def test_names_and_past_reasoning_are_told_once():
    messages = [
        {"role": "user", "content": "hello", "name": "Ann"},
        {"role": "assistant", "content": "hi", "reasoning_content": "hm", "name": "Claude"},
        {"role": "user", "content": "so", "name": "Bob"},
    ]
    assert turn_with(messages=messages).ignored == ("messages.name", "messages.reasoning_content")


def test_the_name_of_a_tool_is_no_name_of_a_speaker():
    messages = [
        {"role": "assistant", "tool_calls": [{"id": "a", **LOOK}]},
        {"role": "tool", "tool_call_id": "a", "name": "look", "content": "x"},
    ]
    assert turn_with(messages=messages).ignored == ()


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"n": 2}, "n"),
        ({"n": 0}, "n"),
        ({"modalities": ["text", "audio"]}, "modalities[1]"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": -2}, "max_completion_tokens"),
        ({"max_tokens": 10**30}, "max_tokens"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 1.1}, "top_p"),
        ({"stop": ["x"] * 65}, "stop"),
        ({"stop": [5]}, "stop[0]"),
        ({"stream": "yes"}, "stream"),
        ({"model": "m" * 257}, "model"),
        ({"reasoning_effort": "huge"}, "reasoning_effort"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"thinking": {"type": "deep"}}, "thinking.type"),
        ({"extended_thinking": {"type": "deep"}}, "extended_thinking.type"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [LOOK, {"type": "function", "function": {"name": "a.b"}}]}, "tools[1].function.name"),
        ({"tools": [LOOK, LOOK]}, "tools"),
        (
            {"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "array"}}}]},
            "tools[0].function.parameters",
        ),
        ({"tools": [LOOK], "tool_choice": "maybe"}, "tool_choice"),
        ({"tools": [LOOK], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
        ({"tools": [LOOK], "tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ({"tools": [LOOK], "tool_choice": allowing("look", mode="maybe")}, "tool_choice"),
        ({"tools": [LOOK], "tool_choice": allowing("other")}, "tool_choice.allowed_tools.tools"),
        ({"moderation": {"model": "m"}}, "moderation"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"functions": [{"name": "a b"}]}, "functions[0].name"),
        ({"functions": [{"name": "a"}], "function_call": {"name": "b"}}, "function_call"),
        ({"logit_bias": []}, "logit_bias"),
        ({"seed": "1"}, "seed"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(members, param):
    assert refused_param(**members) == param

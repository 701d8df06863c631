"""Calls of the app's tools and what came of them."""

from __future__ import annotations

import json

import pytest

from app.proxy.neutral.turn import (
    AssistantMessage,
    Image,
    Json,
    RemoteData,
    Text,
    ToolResult,
    ToolUse,
    UserMessage,
)
from tests.proxy.dialects.openai_chat.requests import HELLO, call, calls, messages_of, refusal, result


def test_results_are_gathered_behind_their_calls_and_words_follow_them():
    assert messages_of(
        *HELLO,
        calls(call("a"), call("b"), call("c")),
        result("c", "3"),
        {"role": "user", "content": "hurry"},
        result("a", [{"type": "text", "text": "1"}, {"type": "image_url", "image_url": "https://example.org/a"}]),
        {"role": "system", "content": "Be kind."},
        result("b", ""),
        {"role": "user", "content": "well?"},
    )[1:] == [
        AssistantMessage((ToolUse("a", "look", {}), ToolUse("b", "look", {}), ToolUse("c", "look", {}))),
        UserMessage(
            (
                ToolResult("c", (Text("3"),)),
                ToolResult("a", (Text("1"), Image(RemoteData("https://example.org/a")))),
                ToolResult("b", ()),
            )
        ),
        UserMessage((Text("hurry"),)),
        UserMessage((Text("well?"),)),
    ]


def test_calls_split_over_two_assistant_messages_are_answered_together():
    assert messages_of(*HELLO, calls(call("a")), calls(call("b")), result("a"), result("b"))[1:] == [
        AssistantMessage((ToolUse("a", "look", {}),)),
        AssistantMessage((ToolUse("b", "look", {}),)),
        UserMessage((ToolResult("a", (Text("seen"),)), ToolResult("b", (Text("seen"),)))),
    ]


def test_ids_that_repeat_or_that_the_service_refuses_are_replaced_in_call_and_result():
    assert messages_of(
        calls(call("functions.look:0"), call("")),
        result(""),
        result("functions.look:0"),
        calls(call("functions.look:0")),
        result("functions.look:0"),
    ) == [
        AssistantMessage((ToolUse("functions_look_0", "look", {}), ToolUse("call", "look", {}))),
        UserMessage((ToolResult("call", (Text("seen"),)), ToolResult("functions_look_0", (Text("seen"),)))),
        AssistantMessage((ToolUse("functions_look_0_2", "look", {}),)),
        UserMessage((ToolResult("functions_look_0_2", (Text("seen"),)),)),
    ]


def test_the_older_function_call_and_its_result_find_each_other_by_name():
    assert messages_of(
        *HELLO,
        {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": '{"n":1}'}},
        {"role": "function", "name": "look", "content": "seen"},
    )[1:] == [
        AssistantMessage((ToolUse("function_1", "look", {"n": 1}),)),
        UserMessage((ToolResult("function_1", (Text("seen"),)),)),
    ]


@pytest.mark.parametrize("arguments", ["", " ", "null", None, {}, "{}"])
def test_no_arguments_are_an_empty_object(arguments):
    assert messages_of(calls(call("a", arguments=arguments)), result("a"))[0] == AssistantMessage(
        (ToolUse("a", "look", {}),)
    )


def test_arguments_keep_every_value():
    given: dict[str, Json] = {"s": "é\n", "n": 12345678901234567890123, "f": 0.1, "l": [None, True], "o": {"": {}}}
    for arguments in (given, json.dumps(given)):
        assert messages_of(calls(call("a", arguments=arguments)), result("a"))[0] == AssistantMessage(
            (ToolUse("a", "look", given),)
        )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ('{"a":', " is not usable JSON: it ends too early."),
        ("[]", ": expected object, got array."),
        ("look here", " is not usable JSON: invalid character (byte 0)."),
        ('{"a":NaN}', " is not usable JSON: invalid character (byte 5)."),
        ("[" * 100, " is not usable JSON: it is nested more than 64 levels deep."),
    ],
)
def test_broken_arguments_name_their_field(arguments, problem):
    at = "messages[0].tool_calls[1].function.arguments"
    assert refusal([calls(call("a"), call("b", arguments=arguments)), result("a"), result("b")])[:2] == (
        at + problem,
        at,
    )


@pytest.mark.parametrize(
    "after",
    [[], HELLO, [{"role": "assistant", "content": "so"}], [result("a")], [result("a"), *HELLO, calls(call("c"))]],
)
def test_a_call_without_its_result_is_refused(after):
    _, param, code = refusal([calls(call("a"), call("b")), *after])
    assert (param, code) == (f"messages[0].tool_calls[{int(result('a') in after)}]", "missing_tool_result")


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([*HELLO, result("a")], "messages[1].tool_call_id"),
        ([calls(call("a")), result("b")], "messages[1].tool_call_id"),
        ([calls(call("a")), result("a"), result("a")], "messages[2].tool_call_id"),
        (
            [calls(call("a")), result("a"), {"role": "assistant", "content": "so"}, result("a")],
            "messages[3].tool_call_id",
        ),
        ([*HELLO, {"role": "function", "name": "look", "content": "x"}], "messages[1].name"),
    ],
)
def test_a_result_must_answer_a_call_of_the_history(messages, param):
    _, found, code = refusal(messages)
    assert (found, code) == (param, "unknown_tool_call")


@pytest.mark.parametrize(
    ("call_", "param"),
    [
        ({"id": "a", "type": "custom", "custom": {}}, "messages[0].tool_calls[0].type"),
        ({"id": "a", "type": "function"}, "messages[0].tool_calls[0].type"),
        (call("a", "no spaces"), "messages[0].tool_calls[0].function.name"),
    ],
)
def test_a_call_must_be_of_a_function_with_a_usable_name(call_, param):
    assert refusal([calls(call_), result("a")])[1] == param


def test_two_open_calls_may_not_share_an_id():
    assert refusal([calls(call("a"), call("a")), result("a")])[1] == "messages[0].tool_calls[1].id"

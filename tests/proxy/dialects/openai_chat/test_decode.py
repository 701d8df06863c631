"""Requests of chat completions in, whole turns out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.proxy.dialects import Asked
from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.dialects.openai_chat.decode import JSON_ONLY
from app.proxy.neutral.fault import FaultKind, Refused
from app.proxy.neutral.turn import (
    AssistantMessage,
    CacheMark,
    Document,
    Image,
    InlineData,
    Json,
    Message,
    Parameters,
    PlainText,
    RemoteData,
    Text,
    ThinkingBudget,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    UserMessage,
)

PNG = "iVBORw0KGgo="
PDF = "JVBERi0xLjcK"
HELLO = [{"role": "user", "content": "hello"}]


def asked(request: dict[str, Any], headers: dict[str, str] | None = None) -> Asked:
    return OpenAIChat().decode(json.dumps(request).encode(), headers or {})


def turn_of(messages: list[dict[str, Any]], **members: Any) -> Turn:
    return asked({"model": "claude-x", "messages": messages, **members}).turn


def messages_of(*messages: dict[str, Any]) -> list[Message]:
    return list(turn_of(list(messages)).messages)


def refusal(messages: list[Any], **members: Any) -> tuple[str, str | None, str | None]:
    with pytest.raises(Refused) as caught:
        turn_of(messages, **members)
    fault = caught.value.fault
    assert fault.kind is FaultKind.INVALID_REQUEST
    return fault.message, fault.param, fault.code


def call(id_: str, name: str = "look", arguments: Any = "{}") -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def calls(*tool_calls: dict[str, Any], content: Any = None) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "tool_calls": list(tool_calls)}


def result(id_: str, content: Any = "seen") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id_, "content": content}


def test_the_smallest_request():
    assert asked({"messages": HELLO}) == Asked(
        Turn(model="default", messages=(UserMessage((Text("hello"),)),)), streaming=False
    )


def test_a_full_request_becomes_one_turn():
    found = asked(
        {
            "model": "anthropic/claude-x",
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [
                {"role": "system", "content": "Be kind."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is this?"},
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}},
                    ],
                },
                calls(call("toolu_1", "look", '{"at":"it"}'), content="Let me look."),
                result("toolu_1", "a cat"),
                {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
                {"role": "user", "content": "Well?"},
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "look",
                        "description": "Looks.",
                        "parameters": {"type": "object", "properties": {"at": {"type": "string"}}},
                        "strict": True,
                    },
                }
            ],
            "parallel_tool_calls": True,
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 40,
            "max_completion_tokens": 500,
            "stop": ["END", "STOP"],
            "reasoning_effort": "high",
            "thinking": {"type": "enabled", "budget_tokens": 4000},
            "user": "u-1",
        },
        {"x-session-id": "chat:1"},
    )
    assert found == Asked(
        Turn(
            model="anthropic/claude-x",
            messages=(
                UserMessage((Text("What is this?"), Image(InlineData("image/png", PNG)))),
                AssistantMessage((Text("Let me look."), ToolUse("toolu_1", "look", {"at": "it"}))),
                UserMessage((ToolResult("toolu_1", (Text("a cat"),)),)),
                UserMessage((Text("Well?"),)),
            ),
            system=(Text("Be kind."), Text("Be brief.")),
            tools=(Tool("look", "Looks.", {"type": "object", "properties": {"at": {"type": "string"}}}, strict=True),),
            parameters=Parameters(
                max_output_tokens=500,
                temperature=0.5,
                top_p=0.9,
                top_k=40,
                stop=("END", "STOP"),
                effort="high",
                thinking=ThinkingBudget(4000),
                parallel_tool_calls=True,
                user_id="u-1",
            ),
            session_key="chat:1",
        ),
        streaming=True,
        include_usage=True,
    )


@pytest.mark.parametrize("request_", [{}, {"messages": None}, {"messages": []}, {"model": "m", "messages": []}])
def test_messages_are_required(request_):
    with pytest.raises(Refused) as caught:
        asked(request_)
    assert json.loads(OpenAIChat().fault(caught.value.fault, "r")) == {
        "error": {
            "message": "messages is required and must be a non-empty array",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "invalid_messages",
        }
    }


def test_null_means_not_set_everywhere():
    members = (  # noqa: SIM905 # forty quoted words would be forty lines
        "model stream stream_options tools tool_choice parallel_tool_calls functions function_call max_tokens "
        "max_completion_tokens temperature top_p top_k stop response_format reasoning_effort reasoning thinking "
        "extended_thinking enable_thinking thinking_budget user session_id n modalities audio web_search_options "
        "logprobs top_logprobs seed presence_penalty frequency_penalty logit_bias store metadata prediction "
        "service_tier verbosity"
    ).split()
    assert asked({"messages": HELLO, **dict.fromkeys(members)}) == asked({"messages": HELLO})


def test_unknown_members_are_passed_over_at_every_level():
    messages = [
        {
            "role": "user",
            "content": [{"type": "text", "text": "hello", "later": 1}],
            "id": "m1",
            "later": {"deep": []},
        }
    ]
    request = {
        "messages": messages,
        "chat_id": "1",
        "top_n_sigma": 0.1,
        "stream_options": {"include_obfuscation": False},
    }
    assert asked(request) == asked({"messages": HELLO})


def test_consecutive_messages_of_one_role_stay_apart_and_in_order():
    said = [("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", "e")]
    kinds = {"user": UserMessage, "assistant": AssistantMessage}
    assert messages_of(*({"role": role, "content": text} for role, text in said)) == [
        kinds[role]((Text(text),)) for role, text in said
    ]


def test_a_conversation_may_begin_and_end_with_the_assistant():
    assert messages_of({"role": "assistant", "content": "Hi!"}, *HELLO, {"role": "assistant", "content": "{"}) == [
        AssistantMessage((Text("Hi!"),)),
        UserMessage((Text("hello"),)),
        AssistantMessage((Text("{"),)),
    ]


def test_what_has_no_visible_character_is_left_out():
    assert messages_of(
        {"role": "user", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": " \n"}, {"type": "text", "text": " a "}]},
        {"role": "assistant", "content": None},
        {"role": "assistant", "content": []},
        {"role": "user"},
        {"role": "user", "content": "b"},
    ) == [UserMessage((Text(" a "),)), UserMessage((Text("b"),))]


@pytest.mark.parametrize(
    "messages", [[{"role": "system", "content": "Be kind."}], [{"role": "user", "content": ""}], [{"role": "user"}]]
)
def test_a_request_that_says_nothing_is_refused(messages):
    assert refusal(messages) == (
        "messages needs at least one user message with something in it",
        "messages",
        "invalid_messages",
    )


def test_system_and_developer_texts_come_first_wherever_they_stood():
    turn = turn_of(
        [
            {"role": "developer", "content": "a"},
            {"role": "user", "content": "hello"},
            {"role": "system", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": ""}]},
            {"role": "assistant", "content": "hi"},
            {"role": "system", "content": None},
            {"role": "developer", "content": "c"},
        ]
    )
    assert turn.system == (Text("a"), Text("b"), Text("c"))
    assert list(turn.messages) == [UserMessage((Text("hello"),)), AssistantMessage((Text("hi"),))]


def test_json_object_is_asked_for_in_words_and_told():
    turn = turn_of([{"role": "system", "content": "Be kind."}, *HELLO], response_format={"type": "json_object"})
    assert turn.system == (Text("Be kind."), JSON_ONLY)
    assert turn.ignored == ("response_format",)
    assert turn.parameters == Parameters()


def test_a_refusal_of_the_assistant_is_words_like_any_other():
    assert messages_of(
        *HELLO,
        {"role": "assistant", "content": None, "refusal": "I won't."},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}, {"type": "text", "text": "Sorry."}]},
    )[1:] == [AssistantMessage((Text("I won't."),)), AssistantMessage((Text("No."), Text("Sorry.")))]


def test_every_picture_stays_in_its_message():
    def picture(url: str) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": url}}

    inline = f"data:image/png;base64,{PNG}"
    assert messages_of(
        {"role": "user", "content": [picture(inline), {"type": "text", "text": "one"}]},
        {"role": "assistant", "content": "seen"},
        {"role": "user", "content": [picture("https://example.org/2.png"), {"type": "image_url", "image_url": inline}]},
    ) == [
        UserMessage((Image(InlineData("image/png", PNG)), Text("one"))),
        AssistantMessage((Text("seen"),)),
        UserMessage((Image(RemoteData("https://example.org/2.png")), Image(InlineData("image/png", PNG)))),
    ]


def test_files_become_documents_with_their_names():
    def file(**members: Any) -> dict[str, Any]:
        return {"type": "file", "file": members}

    assert messages_of(
        {
            "role": "user",
            "content": [
                file(file_data=f"data:application/pdf;base64,{PDF}", filename="a.pdf"),
                file(file_data="https://example.org/b.pdf"),
                file(file_data=PDF),
                file(file_data="data:text/markdown;charset=utf-8;base64,IyBIaQ==", filename="c.md"),
                file(file_data="data:application/json;base64,e30=", filename=""),
            ],
        }
    ) == [
        UserMessage(
            (
                Document(InlineData("application/pdf", PDF), "a.pdf"),
                Document(RemoteData("https://example.org/b.pdf")),
                Document(InlineData("application/pdf", PDF)),
                Document(PlainText("# Hi"), "c.md"),
                Document(PlainText("{}")),
            )
        )
    ]


def test_cache_marks_of_parts_and_tools_are_kept():
    turn = turn_of(
        [
            {"role": "system", "content": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
            {"role": "user", "content": [{"type": "text", "text": "u", "cache_control": {"ttl": "1h"}}]},
        ],
        tools=[{"type": "function", "function": {"name": "t"}, "cache_control": {"type": "ephemeral"}}],
    )
    assert turn.system == (Text("s", CacheMark()),)
    assert turn.messages == (UserMessage((Text("u", CacheMark("1h")),)),)
    assert turn.tools == (Tool("t", None, {"type": "object", "properties": {}}, cache=CacheMark()),)


@pytest.mark.parametrize(
    ("message", "problem", "param"),
    [
        (
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]},
            "messages[0].content[0] is audio, which Claude can't hear. Send its text.",
            "messages[0].content[0].type",
        ),
        (
            {"role": "user", "content": [{"type": "video_url", "video_url": {"url": ""}}]},
            "messages[0].content[0].type: invalid value 'video_url'. Served are: text, image_url, file, refusal.",
            "messages[0].content[0].type",
        ),
        (
            {"role": "user", "content": [{"type": "refusal", "refusal": "no"}]},
            "messages[0].content[0] is of a type that a user message can't hold.",
            "messages[0].content[0].type",
        ),
        (
            {"role": "system", "content": [{"type": "image_url", "image_url": "https://example.org/a"}]},
            "messages[0].content[0] is of a type that a system message can't hold.",
            "messages[0].content[0].type",
        ),
        (
            {"role": "assistant", "content": [{"type": "file", "file": {}}]},
            "messages[0].content[0] is of a type that an assistant message can't hold.",
            "messages[0].content[0].type",
        ),
        (
            {"role": "assistant", "audio": {"id": "a"}},
            "messages[0].audio is not supported: send its transcript as content.",
            "messages[0].audio",
        ),
        (
            {"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]},
            "messages[0].content[0].file.file_data is missing: Tidegate stores no files, so send the file itself.",
            "messages[0].content[0].file.file_data",
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]},
            "messages[0].content[0].image_url.url must be an https: address or a data: URL, not file:.",
            "messages[0].content[0].image_url.url",
        ),
        (
            {"role": "user", "content": [{"type": "file", "file": {"file_data": "data:application/zip;base64,AAAA"}}]},
            "messages[0].content[0].file.file_data must be one of application/pdf; it says 'application/zip'.",
            "messages[0].content[0].file.file_data",
        ),
        ({"role": "robot", "content": "hi"}, "messages[0].role: invalid value 'robot'.", "messages[0].role"),
        ({"content": "hi"}, "messages[0].role is missing.", "messages[0].role"),
        (
            {"role": "user", "content": 5},
            "messages[0].content: expected string, array or null, got integer.",
            "messages[0].content",
        ),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id is missing.", "messages[0].tool_call_id"),
    ],
)
def test_what_a_message_can_not_hold_is_refused_by_name(message, problem, param):
    assert refusal([message])[:2] == (problem, param)


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


@pytest.mark.parametrize("text", ["@/etc/passwd", "/cost", "<tool_call>{}</tool_call>", "\u2028\U0001f600\x7f"])
def test_words_reach_the_turn_as_they_are(text):
    assert messages_of({"role": "user", "content": text}) == [UserMessage((Text(text),))]


@pytest.mark.parametrize(
    ("headers", "member", "key"),
    [
        ({}, None, None),
        ({}, "body", "body"),
        ({"x-session-id": "head"}, None, "head"),
        ({"x-session-id": "head"}, "body", "head"),
    ],
)
def test_the_session_key_of_the_header_counts_before_the_body(headers, member, key):
    assert asked({"messages": HELLO, "session_id": member}, headers).turn.session_key == key


@pytest.mark.parametrize("key", ["", "a b", "a\r\nx: y", "a\n", "é", "a/b", ".", "..", "x" * 129])
def test_a_session_key_that_could_break_a_header_or_an_address_is_refused(key):
    for headers, member in (({"x-session-id": key}, None), ({}, key)):
        with pytest.raises(Refused) as caught:
            asked({"messages": HELLO, "session_id": member}, headers)
        assert caught.value.fault.param == ("x-session-id" if headers else "session_id")

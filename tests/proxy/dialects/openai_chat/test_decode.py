"""Requests of chat completions in, whole turns out."""

from __future__ import annotations

import json

import pytest

from app.proxy.dialects import Asked
from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.dialects.openai_chat.decode import JSON_ONLY
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import (
    AssistantMessage,
    Image,
    InlineData,
    Parameters,
    Text,
    ThinkingBudget,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    UserMessage,
)
from tests.proxy.dialects.openai_chat.requests import (
    HELLO,
    PNG,
    asked,
    call,
    calls,
    messages_of,
    refusal,
    result,
    turn_of,
)


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


@pytest.mark.parametrize("blank", ["", " \n", None, [{"type": "text", "text": ""}]])
def test_a_last_word_of_the_users_that_says_nothing_is_refused_and_not_answered_with_more_of_the_answer_before(blank):
    spoken = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    asked = [*spoken, {"role": "user", "content": blank}, {"role": "system", "content": "Be kind."}]
    assert refusal(asked) == (
        "messages[2].content is empty. Write something.",
        "messages[2].content",
        "invalid_messages",
    )
    assert len(messages_of(*asked, {"role": "assistant", "content": "c"})) == 3  # words put into the model's mouth


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
    assert (turn.system, turn.once) == ((Text("Be kind."),), (JSON_ONLY,))
    assert turn.ignored == ("response_format",)
    assert turn.parameters == Parameters()


def test_a_refusal_of_the_assistant_is_words_like_any_other():
    assert messages_of(
        *HELLO,
        {"role": "assistant", "content": None, "refusal": "I won't."},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}, {"type": "text", "text": "Sorry."}]},
    )[1:] == [AssistantMessage((Text("I won't."),)), AssistantMessage((Text("No."), Text("Sorry.")))]


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

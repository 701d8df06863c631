"""Requests as turns: everything the shape holds, in its place, and a refusal that names the field for the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.proxy.dialects import Asked
from app.proxy.neutral.turn import (
    AnyTool,
    AssistantMessage,
    AutoTool,
    CacheMark,
    Citation,
    Document,
    Image,
    InlineData,
    NamedTool,
    NoTool,
    Parameters,
    PlainText,
    RedactedThinking,
    RemoteData,
    Text,
    Thinking,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingMode,
    ThinkingOff,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
    Turn,
    UserMessage,
)
from tests.proxy.dialects.anthropic_messages.bodies import (
    CACHED,
    CACHED_LONG,
    CALL,
    PDF,
    PICTURE,
    PNG,
    RESULT,
    WEATHER,
    assistant,
    body,
    decoded,
    document,
    text,
    turn_of,
    user,
)
from tests.proxy.dialects.anthropic_messages.scripts import MODEL


def test_a_plain_question_becomes_a_plain_turn() -> None:
    assert decoded(body("Hello")) == Asked(
        Turn(MODEL, (UserMessage((Text("Hello"),)),), parameters=Parameters(max_output_tokens=100)), streaming=False
    )


def test_every_member_of_the_shape_finds_its_place() -> None:
    sent = body(
        user(
            text("Look", **CACHED),
            PICTURE | CACHED_LONG,
            {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
            document(type="base64", media_type="application/pdf", data=PDF)
            | {"title": "Report", "context": "Of May", "citations": {"enabled": True}}
            | CACHED,
            document(type="url", url="https://example.org/a.pdf"),
            document(type="text", media_type="text/plain", data="Notes"),
        ),
        assistant(
            {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "aGlk"},
            text("I'll ask"),
            CALL | CACHED,
            CALL | {"id": "toolu_2"},
        ),
        user(
            RESULT | CACHED,
            {
                "type": "tool_result",
                "tool_use_id": "toolu_2",
                "is_error": True,
                "content": [text("see"), PICTURE, document(type="text", media_type="text/plain", data="log")],
            },
            text("And?"),
        ),
        system=[text("Be kind", **CACHED), text("Be brief")],
        tools=[WEATHER | {"strict": True} | CACHED, {"type": "custom", "name": "clock", "input_schema": {}}],
        tool_choice={"type": "tool", "name": "clock", "disable_parallel_tool_use": True},
        stop_sequences=["END"],
        temperature=1,
        top_p=0.9,
        top_k=40,
        thinking={"type": "enabled", "budget_tokens": 2048},
        output_config={"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        metadata={"user_id": "u-1"},
        stream=True,
        session_id="chat:1",
    )
    picture = InlineData("image/png", PNG)
    assert decoded(sent) == Asked(
        Turn(
            model=MODEL,
            messages=(
                UserMessage(
                    (
                        Text("Look", CacheMark()),
                        Image(picture, CacheMark("1h")),
                        Image(RemoteData("https://example.org/a.png")),
                        Document(InlineData("application/pdf", PDF), "Report", "Of May", True, CacheMark()),
                        Document(RemoteData("https://example.org/a.pdf")),
                        Document(PlainText("Notes")),
                    )
                ),
                AssistantMessage(
                    (
                        Thinking("Hm", "c2ln"),
                        RedactedThinking("aGlk"),
                        Text("I'll ask"),
                        ToolUse("toolu_1", "weather", {"city": "Paris"}, CacheMark()),
                        ToolUse("toolu_2", "weather", {"city": "Paris"}),
                    )
                ),
                UserMessage(
                    (
                        ToolResult("toolu_1", (Text("22 degrees"),), cache=CacheMark()),
                        ToolResult("toolu_2", (Text("see"), Image(picture), Document(PlainText("log"))), is_error=True),
                        Text("And?"),
                    )
                ),
            ),
            system=(Text("Be kind", CacheMark()), Text("Be brief")),
            tools=(
                Tool("weather", "Now", {"type": "object"}, strict=True, cache=CacheMark()),
                Tool("clock", None, {"type": "object", "properties": {}}),
            ),
            tool_choice=NamedTool("clock"),
            parameters=Parameters(
                max_output_tokens=100,
                temperature=1.0,
                top_p=0.9,
                top_k=40,
                stop=("END",),
                effort="high",
                thinking=ThinkingBudget(2048),
                json_schema={"type": "object"},
                parallel_tool_calls=False,
                user_id="u-1",
            ),
            session_key="chat:1",
        ),
        streaming=True,
    )


def test_nothing_but_messages_is_needed() -> None:
    sent = json.dumps({"messages": [{"role": "user", "content": "Hi"}]}).encode()
    assert decoded(sent) == Asked(Turn("", (UserMessage((Text("Hi"),)),)), streaming=False)


def test_null_and_unknown_members_are_taken_for_absent() -> None:
    names = ("system", "tools", "tool_choice", "temperature", "thinking", "metadata", "stream", "session_id", "model")
    sent = body(
        {"role": "user", "content": [text("Hi", cache_control=None, citations=None)], "name": "Ann"},
        max_tokens=None,
        made_up={"a": 1},
        **dict.fromkeys(names),
    )
    assert decoded(sent) == Asked(Turn("", (UserMessage((Text("Hi"),)),)), streaming=False)


def test_system_and_developer_messages_join_the_system_prompt_in_order() -> None:
    turn = turn_of(
        {"role": "system", "content": "Two"},
        "Hi",
        {"role": "developer", "content": [text("Three", **CACHED)]},
        assistant(text("Yes?")),
        {"role": "system", "content": "Four"},
        "Go on",
        system="One",
    )
    assert turn.system == (Text("One"), Text("Two"), Text("Three", CacheMark()), Text("Four"))
    assert turn.messages == (
        UserMessage((Text("Hi"),)),
        AssistantMessage((Text("Yes?"),)),
        UserMessage((Text("Go on"),)),
    )


def test_a_prefill_stays_the_last_message() -> None:
    assert turn_of("Hi", assistant(text("Well,"))).messages[-1] == AssistantMessage((Text("Well,"),))


def test_blank_texts_and_blank_messages_of_the_history_are_left_out() -> None:
    turn = turn_of(
        user(text(""), text("Hi"), text(" \n")),
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": None},
        {"role": "user", "content": []},
        "Still there?",
        assistant(text("")),
        system="",
    )
    assert turn.messages == (UserMessage((Text("Hi"),)), UserMessage((Text("Still there?"),)))
    assert turn.system == ()


def test_reasoning_without_a_signature_is_left_out_and_reported() -> None:
    turn = turn_of("Hi", assistant({"type": "thinking", "thinking": "Hm", "signature": ""}, text("Yes")), "Go on")
    assert turn.messages[1] == AssistantMessage((Text("Yes"),))
    assert turn.ignored == ("messages.content.thinking",)


def test_the_sources_of_the_models_words_stay_with_them() -> None:
    source = {"type": "char_location", "cited_text": "green"}
    turn = turn_of("Hi", assistant(text("Green.", citations=[source])), "Sure?")
    assert turn.messages[1].content == (Text("Green.", citations=(Citation(source),)),)
    assert turn.ignored == ()


def test_a_document_made_of_texts_becomes_one_text() -> None:
    turn = turn_of(
        user(
            document(type="content", content="whole"),
            document(type="content", content=[text("first"), text("second")]),
        )
    )
    assert turn.messages == (UserMessage((Document(PlainText("whole")), Document(PlainText("first\n\nsecond")))),)


def test_a_data_url_is_the_picture_itself() -> None:
    turn = turn_of(user({"type": "image", "source": {"type": "url", "url": f"data:image/png;base64,{PNG}"}}))
    assert turn.messages == (UserMessage((Image(InlineData("image/png", PNG)),)),)


def test_a_mark_on_the_request_lands_on_the_last_block_that_takes_one() -> None:
    thought = {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}
    marked = turn_of("Hi", assistant(text("Yes"), thought), **CACHED_LONG)
    assert marked.messages == (
        UserMessage((Text("Hi"),)),
        AssistantMessage((Text("Yes", CacheMark("1h")), Thinking("Hm", "c2ln"))),
    )
    assert turn_of(user(text("Hi", **CACHED)), **CACHED_LONG).messages == (UserMessage((Text("Hi", CacheMark()),)),)


@pytest.mark.parametrize(
    ("sent", "neutral", "parallel"),
    [
        ({"type": "auto"}, AutoTool(), None),
        ({"type": "auto", "disable_parallel_tool_use": True}, AutoTool(), False),
        ({"type": "any", "disable_parallel_tool_use": False}, AnyTool(), True),
        ({"type": "none"}, NoTool(), None),
        ({"type": "tool", "name": "weather"}, NamedTool("weather"), None),
    ],
)
def test_each_tool_choice_has_its_neutral_form(sent: Any, neutral: ToolChoice, parallel: bool | None) -> None:
    turn = turn_of("Hi", tools=[WEATHER], tool_choice=sent)
    assert (turn.tool_choice, turn.parameters.parallel_tool_calls) == (neutral, parallel)


@pytest.mark.parametrize("kind", ["auto", "none"])
def test_a_choice_among_no_tools_says_nothing(kind: str) -> None:
    assert turn_of("Hi", tool_choice={"type": kind}).tool_choice is None


@pytest.mark.parametrize(
    ("sent", "neutral"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, ThinkingBudget(1024)),
        ({"type": "adaptive"}, ThinkingAdaptive()),
        ({"type": "disabled"}, ThinkingOff()),
        ({"type": "between_tools"}, ThinkingOff()),
    ],
)
def test_each_way_of_thinking_has_its_neutral_form(sent: Any, neutral: ThinkingMode) -> None:
    assert turn_of("Hi", thinking=sent).parameters.thinking == neutral


def test_the_newer_name_of_the_output_format_comes_before_the_older() -> None:
    older = {"type": "json_schema", "schema": {"title": "older"}}
    newer = {"type": "json_schema", "schema": {"title": "newer"}}
    assert turn_of("Hi", output_format=older).parameters.json_schema == {"title": "older"}
    both = turn_of("Hi", output_format=older, output_config={"format": newer})
    assert both.parameters.json_schema == {"title": "newer"}


def test_the_session_header_comes_before_the_body() -> None:
    assert decoded(body("Hi", session_id="body"), x_session_id="header").turn.session_key == "header"
    assert decoded(body("Hi", session_id="body")).turn.session_key == "body"
    assert decoded(body("Hi")).turn.session_key is None


def test_results_may_come_in_several_messages_of_the_user() -> None:
    calls = assistant(CALL, CALL | {"id": "toolu_2"})
    turn = turn_of("Hi", calls, user(RESULT), user(RESULT | {"tool_use_id": "toolu_2"}))
    assert [type(message) for message in turn.messages] == [UserMessage, AssistantMessage, UserMessage, UserMessage]


def test_with_a_session_key_the_first_message_may_answer_a_call_made_before() -> None:
    assert turn_of(user(RESULT), session_id="chat").messages == (
        UserMessage((ToolResult("toolu_1", (Text("22 degrees"),)),)),
    )

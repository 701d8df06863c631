"""The items of a request as messages: each in its place, and none lost."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proxy.dialects.openai_responses import OpenAIResponses
from app.proxy.dialects.openai_responses.reasoning import known_block, sealed, unsealed
from app.proxy.neutral.turn import (
    AssistantMessage,
    Document,
    Image,
    InlineData,
    Message,
    PlainText,
    RedactedThinking,
    RemoteData,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    UserMessage,
)
from tests.proxy.dialects.openai_responses.requests import (
    PDF,
    PNG,
    RID,
    STORED,
    THOUGHT,
    call,
    continued,
    message,
    output,
    user,
)
from tests.proxy.dialects.openai_responses.scripts import asked, turn

CONVERSATIONS: dict[str, tuple[Any, tuple[Message, ...]]] = {
    "a string": ("hello", (user("hello"),)),
    "a message without a type": ([message("user", "hello")], (user("hello"),)),
    "parts": (
        [
            message(
                "user",
                [
                    {"type": "input_text", "text": "look"},
                    {"type": "input_text", "text": " "},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "high"},
                    {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "auto"},
                    {"type": "input_file", "file_data": f"data:application/pdf;base64,{PDF}", "filename": "a.pdf"},
                    {"type": "input_file", "file_data": PDF},
                    {"type": "input_file", "file_url": "https://example.org/a.pdf"},
                    {"type": "input_file", "file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"},
                ],
                type="message",
            )
        ],
        (
            UserMessage(
                (
                    Text("look"),
                    Image(InlineData("image/png", PNG)),
                    Image(RemoteData("https://example.org/a.png")),
                    Document(InlineData("application/pdf", PDF), "a.pdf"),
                    Document(InlineData("application/pdf", PDF)),
                    Document(RemoteData("https://example.org/a.pdf")),
                    Document(PlainText("hi"), "a.txt"),
                )
            ),
        ),
    ),
    "an answer as it was given": (
        [
            message("user", "one"),
            {"type": "reasoning", "id": "rs_x_0", "summary": [], "encrypted_content": sealed(THOUGHT)},
            {"type": "reasoning", "id": "rs_x_1", "summary": [], "encrypted_content": sealed(RedactedThinking("aGk="))},
            message("assistant", [{"type": "output_text", "text": "1", "annotations": []}], type="message", id="msg_x"),
            call("toolu_1", '{"a":1}'),
            output("toolu_1"),
        ],
        (
            user("one"),
            AssistantMessage((THOUGHT, RedactedThinking("aGk="), Text("1"), ToolUse("toolu_1", "look", {"a": 1}))),
            UserMessage((ToolResult("toolu_1", (Text("found"),)),)),
        ),
    ),
    "calls one by one": (
        [message("user", "x"), call("a"), output("a"), call("b", ""), output("b")],
        (
            user("x"),
            AssistantMessage((ToolUse("a", "look", {}),)),
            UserMessage((ToolResult("a", (Text("found"),)),)),
            AssistantMessage((ToolUse("b", "look", {}),)),
            UserMessage((ToolResult("b", (Text("found"),)),)),
        ),
    ),
    "parallel calls, outputs swapped, words between": (
        [message("user", "x"), call("a"), call("b"), message("user", "hurry"), output("b"), output("a", None)],
        (
            user("x"),
            AssistantMessage((ToolUse("a", "look", {}), ToolUse("b", "look", {}))),
            UserMessage((ToolResult("b", (Text("found"),)), ToolResult("a", ()))),
            user("hurry"),
        ),
    ),
    "an output of parts": (
        [call("a"), output("a", [{"type": "input_image", "image_url": "https://example.org/a.png"}])],
        (
            AssistantMessage((ToolUse("a", "look", {}),)),
            UserMessage((ToolResult("a", (Image(RemoteData("https://example.org/a.png")),)),)),
        ),
    ),
    "a refusal, and texts in the older spelling": (
        [
            message("user", [{"type": "text", "text": "x"}]),
            message("assistant", [{"type": "refusal", "refusal": "No."}]),
            message("user", "y"),
        ],
        (user("x"), AssistantMessage((Text("No."),)), user("y")),
    ),
    "thinking with nothing said after it": (
        [message("user", "x"), {"type": "reasoning", "encrypted_content": sealed(THOUGHT)}, message("user", "y")],
        (user("x"), user("y")),
    ),
    "ids the service would refuse": (
        [call("a:1"), output("a:1"), call("a:1"), output("a:1")],
        (
            AssistantMessage((ToolUse("a_1", "look", {}),)),
            UserMessage((ToolResult("a_1", (Text("found"),)),)),
            AssistantMessage((ToolUse("a_1_1", "look", {}),)),
            UserMessage((ToolResult("a_1_1", (Text("found"),)),)),
        ),
    ),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_input_becomes_messages_in_order(name: str) -> None:
    given, expected = CONVERSATIONS[name]
    assert turn(input=given).messages == expected


def test_system_texts_come_after_the_instructions() -> None:
    items = [
        message("developer", "dev"),
        message("user", "x"),
        message("system", [{"type": "input_text", "text": "sys"}]),
    ]
    decoded = asked(input=items, instructions="Be kind.")
    assert decoded.turn.system == (Text("Be kind."), Text("dev"), Text("sys"))
    assert decoded.kept_system == (Text("dev"), Text("sys"))


def test_a_response_goes_on_from_the_one_before_it_without_its_instructions() -> None:
    decoded = continued(input=[output("toolu_1"), message("user", "two")], instructions="New.")
    assert decoded.turn.messages == (
        *STORED.messages,
        UserMessage((ToolResult("toolu_1", (Text("found"),)),)),
        user("two"),
    )
    assert decoded.turn.system == (Text("New."), Text("Earlier developer."))


def test_items_given_by_id_only_are_found_in_stored_responses() -> None:
    items = [
        message("user", "one"),
        {"type": "item_reference", "id": f"rs_{RID}_0"},
        {"type": "item_reference", "id": f"msg_{RID}_1"},
        {"type": "item_reference", "id": f"fc_{RID}_2"},
        output("toolu_1"),
    ]
    decoded = OpenAIResponses({STORED.id: STORED}).decode(json.dumps({"input": items}).encode(), {})
    assert decoded.turn.messages[:2] == STORED.messages
    reasoning = [
        message("user", "one"),
        {"type": "reasoning", "id": f"rs_{RID}_0", "summary": []},
        message("assistant", "1"),
    ]
    decoded = OpenAIResponses({STORED.id: STORED}).decode(json.dumps({"input": reasoning}).encode(), {})
    assert decoded.turn.messages[1] == AssistantMessage((THOUGHT, Text("1")))
    assert known_block(f"rs_{RID}_9", {STORED.id: STORED}) is None


def test_reasoning_that_nobody_can_open_is_left_out_and_told() -> None:
    items = [
        message("user", "x"),
        {"type": "reasoning", "id": "rs_other", "summary": [], "encrypted_content": "gAAAA"},
        message("assistant", "y"),
    ]
    decoded = turn(input=items)
    assert decoded.messages == (user("x"), AssistantMessage((Text("y"),)))
    assert decoded.ignored == ("input.reasoning",)


@given(st.text(), st.text())
def test_sealed_thinking_opens_as_it_was(text: str, signature: str) -> None:
    assert unsealed(sealed(Thinking(text, signature))) == Thinking(text, signature)
    assert unsealed(sealed(RedactedThinking(text))) == RedactedThinking(text)


@given(st.text() | st.text().map(lambda text: "tg1." + text))
def test_what_another_program_sealed_stays_closed(word: str) -> None:
    assert isinstance(unsealed(word), Thinking | RedactedThinking | None)
    assert unsealed("tg1." + base64.urlsafe_b64encode(b"[1, 2]").decode()) is None


def test_a_functions_output_may_come_first_under_a_session_key() -> None:
    body = json.dumps({"input": [output("toolu_1")], "session_id": "chat-1"}).encode()
    decoded = OpenAIResponses().decode(body, {}).turn
    assert decoded.messages == (UserMessage((ToolResult("toolu_1", (Text("found"),)),)),)
    assert decoded.session_key == "chat-1"

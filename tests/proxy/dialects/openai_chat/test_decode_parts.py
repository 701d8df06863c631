"""The parts of a message: pictures, files and marks."""

from __future__ import annotations

from typing import Any

import pytest

from app.proxy.neutral.turn import (
    AssistantMessage,
    CacheMark,
    Document,
    Image,
    InlineData,
    PlainText,
    RemoteData,
    Text,
    Tool,
    UserMessage,
)
from tests.proxy.dialects.openai_chat.requests import PDF, PNG, messages_of, refusal, turn_of


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

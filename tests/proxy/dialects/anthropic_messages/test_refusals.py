"""Requests that are turned away: each refusal names the field, so that a person can find it."""

from __future__ import annotations

import json

import pytest

from tests.proxy.dialects.anthropic_messages.bodies import (
    CALL,
    PICTURE,
    RESULT,
    WEATHER,
    assistant,
    body,
    document,
    refusal,
    text,
    user,
)

REFUSED: list[tuple[str, bytes]] = [
    ("", b"{"),
    ("", b"[]"),
    ("messages", body()),
    ("messages", b"{}"),
    ("messages", body({"role": "system", "content": "x"})),
    ("messages", json.dumps({"messages": "Hi"}).encode()),
    ("messages[0]", json.dumps({"messages": ["Hi"]}).encode()),
    ("messages[0].role", body({"role": "tool", "content": "Hi"})),
    ("messages[0].content", body({"role": "user"})),
    ("messages[0].content", body({"role": "user", "content": 3})),
    ("messages[0].content", body("")),
    ("messages[2].content", body("Hi", assistant(text("Yes")), " ")),
    ("messages[1].content", body("Hi", user(), {"role": "system", "content": "x"})),
    ("messages[0].content[1].type", body(user(text("Hi"), {"type": "search_result"}))),
    ("messages[0].content[0].type", body(user({"type": "server_tool_use", "id": "x"}))),
    ("messages[0].content[0].type", body(user({"text": "x"}))),
    ("messages[0].content[0].text", body(user({"type": "text"}))),
    (
        "messages[0].content[0].cache_control.ttl",
        body(user(text("x", cache_control={"type": "ephemeral", "ttl": "2d"}))),
    ),
    ("messages[0].content[0]", body(user(CALL))),
    ("messages[0].content[0]", body(user({"type": "redacted_thinking", "data": "x"}))),
    ("messages[1].content[0]", body("Hi", assistant(PICTURE))),
    ("messages[1].content[0]", body("Hi", assistant(RESULT))),
    ("messages[0].content[0]", body({"role": "system", "content": [PICTURE]}, "Hi")),
    ("messages[0].content[0].source.data", body(user(PICTURE | {"source": PICTURE["source"] | {"data": "?"}}))),
    (
        "messages[0].content[0].source.data",
        body(user(PICTURE | {"source": PICTURE["source"] | {"media_type": "image/tiff"}})),
    ),
    (
        "messages[0].content[0].source.url",
        body(user({"type": "image", "source": {"type": "url", "url": "http://a/b"}})),
    ),
    ("messages[0].content[0].source.url", body(user(document(type="url", url="file:///etc/passwd")))),
    ("messages[0].content[0].source.type", body(user({"type": "image", "source": {"type": "file", "file_id": "f"}}))),
    ("messages[0].content[0].source.type", body(user(document(type="file", file_id="f")))),
    ("messages[0].content[0].source.type", body(user(document(type="s3")))),
    ("messages[0].content[0].source.data", body(user(document(type="base64", media_type="text/plain", data="eA==")))),
    ("messages[0].content[0].source.data", body(user(document(type="text", media_type="text/plain", data=" ")))),
    ("messages[0].content[0].source.content", body(user(document(type="content", content=[])))),
    ("messages[0].content[0].source.content[1]", body(user(document(type="content", content=[text("a"), PICTURE])))),
    (
        "messages[2].content[0].content[0].type",
        body("Hi", assistant(CALL), user(RESULT | {"content": [{"type": "search_result"}]})),
    ),
    (
        "messages[2].content[0].content[1].source.data",
        body("Hi", assistant(CALL), user(RESULT | {"content": [text("a"), document(type="text", data="")]})),
    ),
    ("messages[1].content[0]", body("Hi", assistant(CALL))),
    ("messages[1].content[1]", body("Hi", assistant(text("x"), CALL), "And?")),
    ("messages[1].content[1]", body("Hi", assistant(CALL, CALL | {"id": "toolu_2"}), user(RESULT))),
    ("messages[1].content[1].id", body("Hi", assistant(CALL, CALL), user(RESULT))),
    (
        "messages[3].content[0].id",
        body("Hi", assistant(CALL), user(RESULT), assistant(CALL), user(RESULT)),
    ),
    ("messages[0].content[0].tool_use_id", body(user(RESULT))),
    ("messages[2].content[1].tool_use_id", body("Hi", assistant(CALL), user(RESULT, RESULT))),
    (
        "messages[4].content[0].tool_use_id",
        body("Hi", assistant(CALL), user(RESULT), assistant(text("x")), user(RESULT)),
    ),
    ("messages[2].content[0].tool_use_id", body(user(RESULT), assistant(text("x")), user(RESULT), session_id="chat")),
    ("system", body("Hi", system=3)),
    ("system[0].type", body("Hi", system=[PICTURE])),
    ("tools[1].type", body("Hi", tools=[WEATHER, {"type": "web_search_20260209", "name": "web_search"}])),
    ("tools[0].type", body("Hi", tools=[{"type": "bash_20250124", "name": "bash"}])),
    ("tools[0].name", body("Hi", tools=[{"input_schema": {}}])),
    ("tools[0].name", body("Hi", tools=[{"name": "", "input_schema": {}}])),
    ("tools[0].input_schema", body("Hi", tools=[{"name": "x"}])),
    ("tools[1].name", body("Hi", tools=[WEATHER, WEATHER])),
    ("tool_choice.type", body("Hi", tools=[WEATHER], tool_choice={"type": "required"})),
    ("tool_choice.name", body("Hi", tools=[WEATHER], tool_choice={"type": "tool"})),
    ("tool_choice.name", body("Hi", tools=[WEATHER], tool_choice={"type": "tool", "name": "clock"})),
    ("tool_choice", body("Hi", tool_choice={"type": "any"})),
    ("max_tokens", body("Hi", max_tokens=0)),
    ("max_tokens", body("Hi", max_tokens="many")),
    ("max_tokens", body("Hi", max_tokens=10**30)),
    ("temperature", body("Hi", temperature=1.5)),
    ("top_p", body("Hi", top_p=-1)),
    ("top_k", body("Hi", top_k=-1)),
    ("stop_sequences[1]", body("Hi", stop_sequences=["x", " "])),
    ("thinking.type", body("Hi", thinking={"type": "deep"})),
    ("tools[0].name", body("Hi", tools=[{"name": "a.b", "input_schema": {"type": "object"}}])),
    ("thinking.budget_tokens", body("Hi", thinking={"type": "enabled"})),
    ("output_config.effort", body("Hi", output_config={"effort": ""})),
    ("output_config.format.type", body("Hi", output_config={"format": {"type": "xml"}})),
    ("output_format.schema", body("Hi", output_format={"type": "json_schema"})),
    ("metadata.user_id", body("Hi", metadata={"user_id": 3})),
    ("stream", body("Hi", stream="yes")),
    ("mcp_servers", body("Hi", mcp_servers=[{"type": "url", "url": "https://example.org", "name": "x"}])),
    ("container", body("Hi", container="container_1")),
    ("thread", body("Hi", thread={"type": "create"})),
    ("compaction", body("Hi", compaction={"type": "summarize"})),
    ("billing_policy", body("Hi", billing_policy={"bill_to": "user_profile"})),
]


@pytest.mark.parametrize(("field", "sent"), REFUSED)
def test_a_refusal_names_the_field_at_fault(field: str, sent: bytes) -> None:
    fault = refusal(sent)
    assert (fault.param or "") == field
    assert field in fault.message


def test_an_unknown_block_is_answered_with_those_that_are_served() -> None:
    assert refusal(body(user({"type": "search_result"}))).message == (
        "messages[0].content[0].type: invalid value 'search_result'. Served are: "
        "text, image, document, thinking, redacted_thinking, tool_use, tool_result."
    )


def test_a_call_without_a_result_is_named() -> None:
    assert "'toolu_1'" in refusal(body("Hi", assistant(CALL))).message


@pytest.mark.parametrize("key", ["", "a b", "a\r\nset-cookie: x", "é", "x" * 129])
def test_a_session_key_that_could_break_a_header_is_refused(key: str) -> None:
    assert refusal(body("Hi"), x_session_id=key).param == "x-session-id"
    assert refusal(body("Hi", session_id=key)).param == "session_id"

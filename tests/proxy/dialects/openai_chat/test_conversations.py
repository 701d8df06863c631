"""Whatever conversation decodes is complete and in order."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import schema_components

from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.dialects.openai_chat.schema import ChatRequest
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import AssistantMessage, Text, ToolResult, ToolUse, Turn, UserMessage

_words = st.text(min_size=1, max_size=8).map(lambda text: f"<{text}>")
_content = _words | st.lists(_words.map(lambda text: {"type": "text", "text": text}), min_size=1, max_size=3)
_ids = st.sampled_from(["a", "b", "c:1"])


def _said(role: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda content: {"role": role, "content": content}, _content)


_calls = st.builds(
    lambda content, ids: {
        "role": "assistant",
        "content": content,
        "tool_calls": [{"id": id_, "type": "function", "function": {"name": "look", "arguments": ""}} for id_ in ids],
    },
    st.none() | _words,
    st.lists(_ids, min_size=1, max_size=2, unique=True),
)
_answered = st.tuples(_calls, st.randoms(use_true_random=False), st.lists(_said("user"), max_size=1)).map(
    lambda drawn: [drawn[0], *_shuffled(_results(drawn[0]), drawn[1]), *drawn[2]]
)
_plain = st.sampled_from(["system", "developer", "user", "assistant"]).flatmap(_said).map(lambda message: [message])
_conversations = st.lists(_plain | _answered, min_size=1, max_size=8).map(lambda runs: [*chain(*runs)])


def _results(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"role": "tool", "tool_call_id": call["id"], "content": f"result of {call['id']}"}
        for call in message["tool_calls"]
    ]


def _shuffled(messages: list[dict[str, Any]], order: Any) -> list[dict[str, Any]]:
    order.shuffle(messages)
    return messages


def _decoded(messages: list[dict[str, Any]]) -> Turn | None:
    try:
        return OpenAIChat().decode(json.dumps({"messages": messages}).encode(), {}).turn
    except Refused as refused:
        assert refused.fault.param is not None  # noqa: PT017 - most conversations are not refused
        return None


def _texts(messages: list[dict[str, Any]], *roles: str) -> list[str]:
    texts: list[str] = []
    for message in messages:
        content = message.get("content")
        if message["role"] in roles and content:
            texts += [content] if isinstance(content, str) else [part["text"] for part in content]
    return texts


@given(_conversations)
def test_every_word_arrives_in_order_and_on_its_own_side(messages):
    turn = _decoded(messages)
    spoken = _texts(messages, "user", "assistant")
    called = any("tool_calls" in message for message in messages)
    if turn is None:
        assert not spoken
        assert not called
        return
    assert [text.text for text in turn.system] == _texts(messages, "system", "developer")
    for role, kind in (("user", UserMessage), ("assistant", AssistantMessage)):
        blocks = [block for message in turn.messages if isinstance(message, kind) for block in message.content]
        assert [block.text for block in blocks if isinstance(block, Text)] == _texts(messages, role)
    together = [block.text for message in turn.messages for block in message.content if isinstance(block, Text)]
    assert together == spoken


@given(_conversations)
def test_every_call_has_an_id_of_its_own_and_its_result_right_behind_it(messages):
    turn = _decoded(messages)
    if turn is None:
        return
    uses = [block for message in turn.messages for block in message.content if isinstance(block, ToolUse)]
    results = [block for message in turn.messages for block in message.content if isinstance(block, ToolResult)]
    assert len({use.id for use in uses}) == len(uses)
    assert sorted(use.id for use in uses) == sorted(result.tool_use_id for result in results)
    for message, behind in zip(turn.messages, [*turn.messages[1:], None], strict=True):
        asked = {block.id for block in message.content if isinstance(block, ToolUse)}
        if asked and isinstance(behind, UserMessage):
            assert asked <= {block.tool_use_id for block in behind.content if isinstance(block, ToolResult)}


@given(st.lists(_plain | _calls.map(lambda message: [message]) | _said("tool").map(lambda m: [m]), max_size=6))
def test_a_conversation_that_makes_no_sense_is_refused_and_never_raises_anything_else(runs):
    turn = _decoded([*chain(*runs)])
    if turn is None:
        return
    uses = [block for message in turn.messages for block in message.content if isinstance(block, ToolUse)]
    assert not uses, "a call without a result got through"


def test_the_request_can_be_described_in_json_schema():
    _, components = schema_components([ChatRequest], ref_template="#/{name}")
    assert set(components["ChatRequest"]["properties"]) == set(ChatRequest.__struct_fields__)
    roles = components["ChatRequest"]["properties"]["messages"]["anyOf"][0]["items"]["discriminator"]["mapping"]
    assert set(roles) == {"system", "developer", "user", "assistant", "tool", "function"}

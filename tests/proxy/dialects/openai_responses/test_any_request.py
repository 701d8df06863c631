"""Whatever decodes is complete and in order; whatever doesn't is refused by name."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import schema_components

from app.proxy.dialects.openai_responses import OpenAIResponses
from app.proxy.dialects.openai_responses.decode import ResponsesAsked
from app.proxy.dialects.openai_responses.schema import ResponsesRequest
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import (
    Text,
    ToolResult,
    ToolUse,
)
from tests.proxy.dialects.openai_responses.requests import (
    RID,
    STORED,
    call,
    message,
    output,
)
from tests.proxy.dialects.openai_responses.scripts import turn

_words = st.text(min_size=1, max_size=8).map(lambda text: f"<{text}>")
_runs = st.one_of(
    st.builds(lambda role, text: [message(role, text)], st.sampled_from(["user", "assistant", "developer"]), _words),
    st.builds(
        lambda text, ids: [message("assistant", text), *map(call, ids), *map(output, reversed(ids))],
        _words,
        st.lists(st.sampled_from(["a", "b", "c:1"]), min_size=1, max_size=2, unique=True),
    ),
)


@given(st.lists(_runs, min_size=1, max_size=8).map(lambda runs: [*chain(*runs)]))
def test_every_word_arrives_in_order_and_every_call_has_its_output_behind_it(items: list[dict[str, Any]]) -> None:
    spoken = [item["content"] for item in items if item.get("role") in ("user", "assistant")]
    try:
        found = turn(input=items)
    except Refused:
        assert not spoken
        return
    blocks = [block for message in found.messages for block in message.content]
    assert [block.text for block in blocks if isinstance(block, Text)] == spoken
    assert [text.text for text in found.system] == [
        item["content"] for item in items if item.get("role") == "developer"
    ]
    uses = [block.id for block in blocks if isinstance(block, ToolUse)]
    assert len(uses) == len(set(uses)) == sum(item.get("type") == "function_call" for item in items)
    for before, behind in zip(found.messages, [*found.messages[1:], None], strict=True):
        called = {block.id for block in before.content if isinstance(block, ToolUse)}
        given = {block.tool_use_id for block in behind.content if isinstance(block, ToolResult)} if behind else set()
        if called:
            assert called == given


_, _components = schema_components([ResponsesRequest], ref_template="#/{name}")
_NAMES = sorted({name for component in _components.values() for name in component.get("properties", ())})
_WORDS = ["message", "function_call", "function_call_output", "reasoning", "item_reference", "input_text",
          "input_image", "input_file", "function", "user", "assistant", "json_schema", "auto", "high",
          f"rs_{RID}_0", STORED.id]  # fmt: skip
_names = st.sampled_from(_NAMES)
_leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(_WORDS) | st.text()
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4), max_leaves=12
)
_typed = st.builds(
    lambda members, word, role: {**members, "role": role, "type": word, "name": "look"},
    st.dictionaries(_names, _values, max_size=4),
    st.sampled_from(_WORDS),
    st.sampled_from(["user", "assistant", "system", None]),
)
_requests = st.dictionaries(_names, _values | _typed | st.lists(_typed, max_size=3), max_size=5)


@settings(max_examples=300)
@given(_requests, st.just("hello") | st.lists(_typed, max_size=3))
def test_a_request_is_decoded_or_refused_by_name(request: dict[str, Any], given_input: Any) -> None:
    dialect = OpenAIResponses({STORED.id: STORED})
    body = json.dumps({**request, "input": given_input}).encode()
    found: object
    try:
        found = dialect.decode(body, {})
    except Refused as refused:
        found = (refused.fault.kind.status, json.loads(dialect.fault(refused.fault, "r"))["error"].keys())
    assert isinstance(found, ResponsesAsked) or found == (400, {"message", "type", "param", "code"})

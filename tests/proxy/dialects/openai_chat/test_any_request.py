"""Whatever stands in whichever member, a request is decoded or refused by name; nothing else ever happens."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import schema_components

from app.proxy.dialects import Asked
from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.dialects.openai_chat.schema import ChatRequest
from app.proxy.neutral.fault import Refused

_, _components = schema_components([ChatRequest], ref_template="#/{name}")
_NAMES = sorted({name for component in _components.values() for name in component.get("properties", ())})
_WORDS = [
    "text",
    "image_url",
    "file",
    "function",
    "user",
    "assistant",
    "tool",
    "json_schema",
    "enabled",
    "auto",
    "high",
]
_names = st.sampled_from(_NAMES)
_leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(_WORDS) | st.text()
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4), max_leaves=12
)
_typed = st.dictionaries(_names, _values, max_size=4).flatmap(
    lambda members: st.sampled_from(_WORDS).map(lambda word: {**members, "role": word, "type": word, "name": "look"})
)
_requests = st.dictionaries(_names, _values | _typed | st.lists(_typed, max_size=3), max_size=5)
_messages = st.just([{"role": "user", "content": "hello"}]) | st.lists(_typed, max_size=3)


@settings(max_examples=300)
@given(_requests, _messages)
def test_a_request_is_decoded_or_refused_by_name(request, messages):
    body = json.dumps({**request, "messages": messages}).encode()
    found: object
    try:
        found = OpenAIChat().decode(body, {})
    except Refused as refused:
        found = (refused.fault.kind.status, json.loads(OpenAIChat().fault(refused.fault, "r"))["error"].keys())
    assert isinstance(found, Asked) or found == (400, {"message", "type", "param", "code"})

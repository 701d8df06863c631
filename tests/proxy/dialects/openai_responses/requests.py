"""Items of requests, and what they are expected to become."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from app.proxy.dialects.openai_responses import OpenAIResponses
from app.proxy.dialects.openai_responses.decode import ResponsesAsked
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import (
    AssistantMessage,
    Text,
    Thinking,
    ToolUse,
    UserMessage,
)
from app.proxy.session_store import StoredResponse
from tests.proxy.dialects.openai_responses.scripts import asked

PNG = "iVBORw0KGgo="
PDF = base64.b64encode(b"%PDF-1.7 x").decode()
RID = "0123456789abcdef01234567"
THOUGHT = Thinking("Hm.", "c2ln")
STORED = StoredResponse(
    "test",
    f"resp_{RID}",
    b"{}",
    b"[]",
    (
        UserMessage((Text("one"),)),
        AssistantMessage((THOUGHT, Text("1"), ToolUse("toolu_1", "look", {"a": 1}))),
    ),
    (Text("Earlier developer."),),
    1.0,
)


def user(*texts: str) -> UserMessage:
    return UserMessage(tuple(map(Text, texts)))


def message(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def call(id_: str, arguments: object = "{}", name: str = "look") -> dict[str, Any]:
    return {"type": "function_call", "call_id": id_, "name": name, "arguments": arguments}


def output(id_: str, given: object = "found") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": id_, "output": given}


def continued(**request: Any) -> ResponsesAsked:
    body = {"previous_response_id": STORED.id, **request}
    return OpenAIResponses({STORED.id: STORED}).decode(json.dumps(body).encode(), {})


def refusal(**request: Any) -> tuple[str | None, str | None]:
    with pytest.raises(Refused) as raised:
        asked(**request)
    assert raised.value.fault.kind.status == 400
    return raised.value.fault.param, raised.value.fault.code

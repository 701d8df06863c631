"""Short ways to write requests of chat completions and to read what they become."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.proxy.dialects import Asked
from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.neutral.fault import FaultKind, Refused
from app.proxy.neutral.turn import (
    Message,
    Turn,
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

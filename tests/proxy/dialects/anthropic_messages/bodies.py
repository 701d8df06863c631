"""Requests of the Messages API in pieces, for the tests of this dialect."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest

from app.proxy.dialects import Asked
from app.proxy.dialects.anthropic_messages.decode import decode
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.neutral.turn import Turn
from tests.proxy.dialects.anthropic_messages.scripts import MODEL

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(8)).decode()
PDF = base64.b64encode(b"%PDF-1.7\n%%EOF").decode()
CACHED: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
CACHED_LONG: dict[str, Any] = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
PICTURE: dict[str, Any] = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}
RESULT: dict[str, Any] = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "22 degrees"}
WEATHER: dict[str, Any] = {"name": "weather", "description": "Now", "input_schema": {"type": "object"}}


def text(said: str, **members: Any) -> dict[str, Any]:
    return {"type": "text", "text": said} | members


def document(**source: Any) -> dict[str, Any]:
    return {"type": "document", "source": source}


def body(*messages: Any, **members: Any) -> bytes:
    """A request; a message given as text is the user's."""
    sent: Sequence[Any] = [{"role": "user", "content": said} if isinstance(said, str) else said for said in messages]
    return json.dumps({"model": MODEL, "max_tokens": 100, "messages": sent} | members).encode()


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def decoded(sent: bytes, **headers: str) -> Asked:
    return decode(sent, {name.replace("_", "-"): value for name, value in headers.items()})


def turn_of(*messages: Any, **members: Any) -> Turn:
    return decoded(body(*messages, **members)).turn


def refusal(sent: bytes, **headers: str) -> Fault:
    with pytest.raises(Refused) as refused:
        decoded(sent, **headers)
    fault = refused.value.fault
    assert fault.kind is FaultKind.INVALID_REQUEST
    assert not fault.retryable
    return fault

"""Neutral messages as JSON and back, exactly: what was stored is what the model gets.

Each value says its kind, because fields hold unions. The standard library's JSON is used: it keeps integers of any
size and halves of surrogate pairs, both of which real messages have held.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.proxy.neutral.turn import (
    AssistantMessage,
    CacheMark,
    Citation,
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

_KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        AssistantMessage,
        CacheMark,
        Citation,
        Document,
        Image,
        InlineData,
        PlainText,
        RedactedThinking,
        RemoteData,
        Text,
        Thinking,
        ToolResult,
        ToolUse,
        UserMessage,
    )
}
_KIND = "kind"
_DEFAULTS: Mapping[type[Any], Mapping[str, object]] = {
    kind: dict(zip(reversed(kind.__struct_fields__), reversed(kind.__struct_defaults__), strict=False))
    for kind in _KINDS.values()
}
_RAW: Mapping[type[Any], str] = {ToolUse: "input", Citation: "place"}
"""Fields that hold JSON from elsewhere, stored as it is: it may have a member called `kind` too."""


def message_json(message: Message) -> bytes:
    """ASCII on one line; equal messages give equal bytes."""
    return json.dumps(_packed(message), separators=(",", ":")).encode("ascii")


def message_of(stored: bytes) -> Message:
    """The message; raises ValueError for what `message_json` never wrote."""
    found = _checked(stored)
    if not isinstance(found, UserMessage | AssistantMessage):
        raise ValueError("not a message")  # noqa: TRY004 - one kind of error for all that can't be read
    return found


def texts_json(texts: Sequence[Text]) -> bytes:
    """The texts of a system prompt."""
    return json.dumps([_packed(text) for text in texts], separators=(",", ":")).encode("ascii")


def texts_of(stored: bytes) -> tuple[Text, ...]:
    """The texts; raises ValueError for what `texts_json` never wrote."""
    found = _checked(stored)
    if not isinstance(found, tuple) or not all(isinstance(text, Text) for text in found):
        raise ValueError("not a system prompt")
    return found


def _checked(stored: bytes) -> object:
    try:
        return _unpacked(json.loads(stored))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not written by this program") from error


def _packed(value: object) -> object:
    if isinstance(value, tuple):
        return [_packed(item) for item in value]
    kind = type(value)
    if _KINDS.get(kind.__name__) is not kind:
        return value
    raw, defaults = _RAW.get(kind), _DEFAULTS[kind]
    members = {
        name: given if name == raw else _packed(given)
        for name in kind.__struct_fields__
        if (given := getattr(value, name)) != defaults.get(name, ...)  # a value without a default is always said
    }
    return {_KIND: kind.__name__, **members}


def _unpacked(value: Any) -> Any:  # noqa: ANN401 - parsed JSON in, a value of any of the kinds out
    if isinstance(value, list):
        return tuple(_unpacked(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind = _KINDS[value.pop(_KIND)]
    raw = _RAW.get(kind)
    return kind(**{name: given if name == raw else _unpacked(given) for name, given in value.items()})

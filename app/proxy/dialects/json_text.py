"""Writes a value as JSON on one line, whatever text a model has put into it."""

from __future__ import annotations

import json

from msgspec.json import Encoder

_encode = Encoder().encode


def json_bytes(value: object) -> bytes:
    """UTF-8, or plain ASCII with escapes when a text holds half of a surrogate pair, which UTF-8 can't hold."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()

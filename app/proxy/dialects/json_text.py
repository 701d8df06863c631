"""Writes a value as JSON on one line, whatever text a model has put into it."""

from __future__ import annotations

import json

from msgspec.json import Encoder

_encode = Encoder().encode


def json_bytes(value: object) -> bytes:
    """UTF-8; plain ASCII with escapes when a text holds half of a surrogate pair or an integer has over 64 bits."""
    try:
        return _encode(value)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(value, separators=(",", ":")).encode()

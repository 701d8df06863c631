"""JSON with whatever text a model has put into it: halves of surrogate pairs too, which are valid JSON and no UTF-8."""

from __future__ import annotations

import json
from typing import Any

from msgspec import DecodeError
from msgspec.json import Decoder, Encoder

_encode = Encoder().encode
_encode_sorted = Encoder(order="deterministic").encode
_decode = Decoder(dict[str, Any]).decode


def json_bytes(value: object, *, in_order: bool = False) -> bytes:
    """One line of UTF-8; plain ASCII with escapes when a text holds half of a surrogate pair.

    `in_order`: members by their names, so that objects which differ in the order of members alone give equal bytes.
    """
    try:
        return _encode_sorted(value) if in_order else _encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), sort_keys=in_order).encode()


def json_object(line: bytes) -> dict[str, Any]:
    """The object that this text is; raises ValueError for any other text."""
    try:
        return _decode(line)
    except DecodeError:
        found = json.loads(line)
        if not isinstance(found, dict):
            raise
        return found

"""Values as JSON bytes on one line, whatever a model said."""

from __future__ import annotations

import json

import msgspec

_encode = msgspec.json.Encoder().encode


def json_bytes(value: object) -> bytes:
    """Like any JSON encoder, but it knows no text that it can't write.

    A token may end in the middle of a pair of surrogates, and a tool's argument may be a number of 30 digits; the
    fast encoder refuses both, the standard library writes them.
    """
    try:
        return _encode(value)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(value, separators=(",", ":")).encode()

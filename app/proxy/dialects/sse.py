"""Server-sent events, as bytes."""

from __future__ import annotations

CONTENT_TYPE = "text/event-stream"
HEARTBEAT = b": keep-alive\n\n"


def data(payload: bytes) -> bytes:
    """An unnamed event; `payload` is one line of JSON."""
    return b"data: " + payload + b"\n\n"


def event(name: bytes, payload: bytes) -> bytes:
    """A named event."""
    return b"event: " + name + b"\ndata: " + payload + b"\n\n"

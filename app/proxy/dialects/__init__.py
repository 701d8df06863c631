"""One folder per request shape. Each has schema, decode, encode, faults and routes; none knows another.

A dialect is a value of the Protocol below; `serve` walks one request through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply
from app.proxy.neutral.stream import StreamEvent
from app.proxy.neutral.turn import Turn


class Asked(msgspec.Struct, frozen=True):
    """A decoded request: the turn, and what only the dialect's own answer needs to know."""

    turn: Turn
    streaming: bool
    include_usage: bool = False
    """OpenAI's stream_options.include_usage."""
    legacy_functions: bool = False
    """OpenAI's `functions` from before tools were sent: a call is answered as `function_call`."""


class StreamEncoder(Protocol):
    """Turns the events of one answer into bytes of an event stream; lives as long as that answer."""

    heartbeat: bytes
    """Sent while nothing else is: a comment or a ping."""

    def opening(self) -> bytes:
        """Bytes to send with the headers, before any event."""
        ...

    def encode(self, event: StreamEvent) -> bytes:
        """The bytes for one event, often none. After Finished or Failed nothing more follows."""
        ...


AskedKind = TypeVar("AskedKind", bound=Asked)


class Dialect(Protocol[AskedKind]):
    """A request shape and its answers. It changes nothing; made once, or for each request that needs what is stored."""

    def decode(self, body: bytes, headers: Mapping[str, str]) -> AskedKind:
        """The request as a turn; raises Refused naming the field. `headers` has lower-case names.

        May run in a thread.
        """
        ...

    def encoder(self, asked: AskedKind, request_id: str) -> StreamEncoder: ...

    def reply(self, asked: AskedKind, reply: Reply, request_id: str) -> bytes:
        """The body of an answer that is not streamed."""
        ...

    def fault(self, fault: Fault, request_id: str) -> bytes:
        """The JSON body of a failure, in this shape's own envelope."""
        ...

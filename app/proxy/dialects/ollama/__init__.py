"""Ollama's chat: what `POST /api/chat` and `POST /api/generate` take and answer, for apps that know only Ollama.

Off unless a setting says otherwise: these addresses make an app take Tidegate for Ollama.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic_ns

from app.proxy.dialects import Asked, StreamEncoder
from app.proxy.dialects.ollama import decode
from app.proxy.dialects.ollama.encode import LineStream, Shape, chat_part, generate_part, whole_answer
from app.proxy.dialects.ollama.faults import error_body
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply


def utc_now() -> datetime:
    """The time of day, for `created_at`."""
    return datetime.now(UTC)


class Ollama:
    """The dialect for one request: its answer tells how long it took, from here on."""

    def __init__(
        self,
        *,
        generate: bool = False,
        clock: Callable[[], int] = monotonic_ns,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`generate`: one prompt instead of messages; `clock`: nanoseconds."""
        self._decode = decode.generate if generate else decode.chat
        self._shape = Shape(generate_part if generate else chat_part, clock(), clock, now)

    def decode(self, body: bytes, headers: Mapping[str, str]) -> Asked:
        return self._decode(body, headers)

    def encoder(self, asked: Asked, request_id: str) -> StreamEncoder:  # noqa: ARG002 - this shape has no ids
        return LineStream(asked.turn.model, self._shape)

    def reply(self, asked: Asked, reply: Reply, request_id: str) -> bytes:  # noqa: ARG002 - as above
        return whole_answer(asked.turn.model, reply, self._shape)

    def fault(self, fault: Fault, request_id: str) -> bytes:  # noqa: ARG002 - as above
        return error_body(fault)

    def loaded(self, model: str) -> bytes:
        """The answer to a request without a question: Ollama loads the model then, and there is nothing to load."""
        return self._shape.last(model, "load")

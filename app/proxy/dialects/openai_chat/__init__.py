"""OpenAI's chat completions: what `POST /v1/chat/completions` takes and answers, the shape most chat apps speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time

from app.proxy.dialects import Asked, StreamEncoder
from app.proxy.dialects.openai_chat.decode import decode
from app.proxy.dialects.openai_chat.encode import ChunkStream, whole_completion
from app.proxy.dialects.openai_chat.faults import error_body
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply


class OpenAIChat:
    """The dialect, as `serve` walks a request through it."""

    def __init__(self, *, clock: Callable[[], float] = time) -> None:
        """`clock`: seconds since 1970, for `created`."""
        self._clock = clock

    def decode(self, body: bytes, headers: Mapping[str, str]) -> Asked:
        return decode(body, headers)

    def encoder(self, asked: Asked, request_id: str) -> StreamEncoder:
        return ChunkStream(asked, request_id, int(self._clock()))

    def reply(self, asked: Asked, reply: Reply, request_id: str) -> bytes:
        return whole_completion(asked, reply, request_id, int(self._clock()))

    def fault(self, fault: Fault, request_id: str) -> bytes:  # noqa: ARG002 - this shape has no place for the id
        return error_body(fault)

"""OpenAI's responses: what `POST /v1/responses` takes and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time

from app.proxy.dialects import StreamEncoder
from app.proxy.dialects.openai_responses.decode import ResponsesAsked, decode
from app.proxy.dialects.openai_responses.encode import ResponseStream
from app.proxy.dialects.openai_responses.faults import error_body
from app.proxy.dialects.openai_responses.output import whole_response
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply
from app.proxy.session_store import StoredResponse


class OpenAIResponses:
    """The dialect, as `serve` walks a request through it."""

    def __init__(self, known: Mapping[str, StoredResponse] | None = None, *, clock: Callable[[], float] = time) -> None:
        """`known`: the stored responses the request refers to, by id. `clock`: Unix seconds, for `created_at`."""
        self._known = known or {}
        self._clock = clock

    def decode(self, body: bytes, headers: Mapping[str, str]) -> ResponsesAsked:
        return decode(body, headers, self._known, int(self._clock()))

    def encoder(self, asked: ResponsesAsked, request_id: str) -> StreamEncoder:
        return ResponseStream(asked, request_id)

    def reply(self, asked: ResponsesAsked, reply: Reply, request_id: str) -> bytes:
        return whole_response(asked, reply, request_id)

    def fault(self, fault: Fault, request_id: str) -> bytes:  # noqa: ARG002 - this shape has no place for the id
        return error_body(fault)

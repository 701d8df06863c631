"""Anthropic's Messages API: what `POST /v1/messages` takes and answers."""

from __future__ import annotations

from collections.abc import Mapping

from app.proxy.dialects import Asked, StreamEncoder
from app.proxy.dialects.anthropic_messages.decode import decode
from app.proxy.dialects.anthropic_messages.encode import MessageStream, whole_message
from app.proxy.dialects.anthropic_messages.faults import error_body
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply


class AnthropicMessages:
    """The dialect, as `serve` walks a request through it."""

    def decode(self, body: bytes, headers: Mapping[str, str]) -> Asked:
        return decode(body, headers)

    def encoder(self, asked: Asked, request_id: str) -> StreamEncoder:
        return MessageStream(asked.turn.model, request_id)

    def reply(self, asked: Asked, reply: Reply, request_id: str) -> bytes:
        return whole_message(asked.turn.model, reply, request_id)

    def fault(self, fault: Fault, request_id: str) -> bytes:
        return error_body(fault, request_id)

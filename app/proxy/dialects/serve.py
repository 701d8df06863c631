"""Walks one request through a dialect: decode, answer, encode. The only place where a dialect meets HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from quart import Response, g, request

from app.proxy.dialects import Asked, AskedKind, Dialect, StreamEncoder
from app.proxy.dialects.sse import CONTENT_TYPE
from app.proxy.dialects.whole_body import whole_body
from app.proxy.neutral.fault import Fault, Refused
from app.proxy.neutral.reply import ReplyBuilder
from app.proxy.neutral.stream import Accepted, Failed, StreamEvent
from app.proxy.pipeline import Caller, Pipeline
from app.proxy.pump import Pump

THREAD_FROM_BYTES = 256 * 1024
"""A body larger than this (a picture) is decoded in a thread, so that other streams don't stutter."""
HEARTBEAT_SECONDS = 10.0
"""How long a stream may be silent; also how long the status line waits for the first sign of the engine."""
STREAM_HEADERS = {
    "content-type": CONTENT_TYPE,
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


async def serve(dialect: Dialect[AskedKind], pipeline: Pipeline) -> Response:
    """Answer the current request in the shape of `dialect`."""
    try:
        asked = await read_turn(dialect)
    except Refused as refused:
        return unreadable(dialect, pipeline, refused.fault)
    return await respond(dialect, asked, pipeline.answer(asked.turn, caller_of(asked)))


def unreadable(dialect: Dialect[Any], pipeline: Pipeline, fault: Fault) -> Response:
    """The current request could not be read as a turn: the app is told why, and the history that it was there."""
    pipeline.note_refusal(fault, Caller(g.request_id, request.path, g.key_name, streaming=False))
    return fault_response(dialect, fault)


def caller_of(asked: Asked) -> Caller:
    """Who sent the current request."""
    return Caller(g.request_id, request.path, g.key_name, asked.streaming)


async def respond(dialect: Dialect[AskedKind], asked: AskedKind, events: AsyncGenerator[StreamEvent, None]) -> Response:
    """Answer the current request with these events, whole or as a stream."""
    if asked.streaming:
        return await _stream(dialect, asked, events)
    return await _whole(dialect, asked, events)


async def read_turn(dialect: Dialect[AskedKind]) -> AskedKind:
    """Decode the body of the current request; raises Refused."""
    body = await whole_body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    if len(body) > THREAD_FROM_BYTES:
        return await asyncio.to_thread(dialect.decode, body, headers)  # base64 checks take long
    return dialect.decode(body, headers)


def fault_response(dialect: Dialect[Any], fault: Fault) -> Response:
    """A failure before the first byte: true status, the caller's own envelope, JSON."""
    response = Response(dialect.fault(fault, g.request_id), fault.kind.status, content_type="application/json")
    if fault.retry_after_seconds is not None:
        response.headers["retry-after"] = str(fault.retry_after_seconds)
    if not fault.retryable:
        response.headers["x-should-retry"] = "false"
    return response


def answer_headers(asked: Asked, ignored: Iterable[str]) -> dict[str, str]:
    """Headers that every answer to a turn carries."""
    headers: dict[str, str] = {}
    if names := ", ".join(ignored):
        headers["x-tidegate-ignored"] = names
    if asked.turn.session_key:
        headers["x-session-id"] = asked.turn.session_key
    return headers


async def _whole(dialect: Dialect[AskedKind], asked: AskedKind, events: AsyncGenerator[StreamEvent, None]) -> Response:
    builder = ReplyBuilder()
    async for event in events:
        builder.add(event)
    result = builder.result()
    if isinstance(result, Fault):
        return fault_response(dialect, result)
    response = Response(dialect.reply(asked, result, g.request_id), 200, content_type="application/json")
    response.headers.update(answer_headers(asked, result.ignored))
    return response


async def _stream(dialect: Dialect[AskedKind], asked: AskedKind, events: AsyncGenerator[StreamEvent, None]) -> Response:
    pump = Pump(events)
    try:
        held = await _opening_events(pump)
    except BaseException:
        await pump.close()
        raise
    match held:
        case [*_, Failed(fault)] if all(isinstance(event, Accepted | Failed) for event in held):
            await pump.close()
            return fault_response(dialect, fault)
    ignored = next((event.ignored for event in reversed(held) if isinstance(event, Accepted)), asked.turn.ignored)
    body = _Body(pump, held, dialect.encoder(asked, g.request_id))
    response = Response(body, 200, headers=STREAM_HEADERS)
    response.headers.update(answer_headers(asked, ignored))
    response.timeout = None
    return response


async def _opening_events(pump: Pump[StreamEvent]) -> list[StreamEvent]:
    """The first events, up to the one that decides the status; without it when the engine takes its time."""
    loop = asyncio.get_running_loop()
    until = loop.time() + HEARTBEAT_SECONDS
    held: list[StreamEvent] = []
    while all(isinstance(event, Accepted) for event in held):
        batch = await pump.take(max(until - loop.time(), 0))
        if not batch:
            break
        held += batch
    return held


class _Body:
    """The bytes of one event stream; owns the pump, also when nobody ever reads a byte."""

    def __init__(self, pump: Pump[StreamEvent], held: list[StreamEvent], encoder: StreamEncoder) -> None:
        self._pump, self._held, self._encoder = pump, held, encoder

    def __del__(self) -> None:
        # A client that left between the headers and the body leaves this object unread: stop the engine then too.
        self._pump.cancel()

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        encoder, now = self._encoder, asyncio.get_running_loop().time
        try:
            yield encoder.opening() + b"".join(map(encoder.encode, self._held))
            written = now()
            async for batch in self._pump.batches(HEARTBEAT_SECONDS):
                encoded = b"".join(map(encoder.encode, batch))
                if encoded or not batch or now() >= written + HEARTBEAT_SECONDS:  # some events say nothing to the app
                    yield encoded or encoder.heartbeat
                    written = now()
        finally:
            await self._pump.close()

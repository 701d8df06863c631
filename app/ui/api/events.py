"""What happens, as it happens: a stream of events that goes on until the page or the program closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import msgspec
from quart import Blueprint, Response

from app.core.bus import Bus, Noted
from app.ui.api.json_http import WrongRequest
from app.ui.desk import Desk
from app.ui.event_shapes import shaped

HEARTBEAT_SECONDS = 15.0
_MOST_STREAMS = 32
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


def add_routes(blueprint: Blueprint, desk: Desk, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
    """GET /events."""
    open_streams = set[object]()

    @blueprint.get("/events")
    async def events() -> Response:
        if len(open_streams) >= _MOST_STREAMS:
            raise WrongRequest("The dashboard is open too many times. Close some of its windows.", 429, "too_many")
        stream = EventStream(desk.bus, desk.stopping, heartbeat_seconds, open_streams)
        response = Response(stream, 200, headers=_HEADERS)
        response.timeout = None
        return response


class EventStream:
    """The bytes of one stream; listens only while somebody reads it."""

    def __init__(self, bus: Bus, stopping: asyncio.Event, heartbeat_seconds: float, open_streams: set[object]) -> None:
        self._bus, self._stopping = bus, stopping
        self._heartbeat_seconds = heartbeat_seconds
        self._open_streams = open_streams

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        feed = self._bus.follow(lambda: loop.call_soon_threadsafe(arrived.set))
        self._open_streams.add(feed)
        stopping = asyncio.create_task(self._stopping.wait(), name="event stream ends")
        stopping.add_done_callback(lambda _: arrived.set())
        lost = 0
        try:
            yield b":ok\n\n"
            while not self._stopping.is_set():
                try:
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await arrived.wait()
                except TimeoutError:
                    yield b":heartbeat\n\n"
                    continue
                arrived.clear()
                batch = feed.take()
                if feed.dropped > lost:  # the page asks for everything anew
                    lost = feed.dropped
                    yield b'data: {"type":"events.lost"}\n\n'
                if batch:
                    yield b"".join(map(_encoded, batch))
        finally:
            feed.close()
            self._open_streams.discard(feed)
            stopping.cancel()


def _encoded(noted: Noted) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (noted.number, msgspec.json.encode(shaped(noted)))

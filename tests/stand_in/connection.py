"""One connection to the stand-in: HTTP/1.1 with keep-alive, just what the official clients speak."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from tests.stand_in.request import Request

REASONS = {200: b"OK", 400: b"Bad Request", 404: b"Not Found"}
Respond = Callable[[Request, "Connection"], Coroutine[None, None, None]]


class Connection(asyncio.Protocol):
    """Parses requests and hands each to `respond`, one at a time; the client's leaving cancels it."""

    def __init__(self, respond: Respond, opened: set[Connection]) -> None:
        self._respond = respond
        self._opened = opened
        self._received = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._opened.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._opened.discard(self)
        if self._answering:
            self._answering.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._next()

    def whole(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Write a complete answer."""
        self.transport.write(_head(status, {**headers, "content-length": str(len(body))}) + body)

    def begin(self, headers: dict[str, str]) -> None:
        """Write the head of an answer that comes in pieces."""
        self.transport.write(_head(200, {**headers, "transfer-encoding": "chunked"}))

    def piece(self, data: bytes) -> None:
        self.transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def finish(self) -> None:
        """Close an answer that came in pieces; the connection stays open."""
        self.transport.write(b"0\r\n\r\n")

    def tear(self) -> None:
        """Close the connection in the middle of an answer."""
        self.transport.close()

    def _next(self) -> None:
        if self._answering is None and (request := _take(self._received)):
            self._answering = asyncio.create_task(self._respond(request, self))
            self._answering.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering = None
        if not task.cancelled() and (problem := task.exception()):
            self.transport.abort()
            raise problem
        if not self.transport.is_closing():
            self._next()


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, REASONS.get(status, b"Error"), lines.encode())


def _take(received: bytearray) -> Request | None:
    """Take the first complete request off what was received."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        found = _take_chunks(received, end + 4)
    else:
        last = end + 4 + int(headers.get("content-length", 0))
        found = (bytes(received[end + 4 : last]), last) if len(received) >= last else None
    if found is None:
        return None
    content, used = found
    del received[:used]
    return Request(method, target, headers, content)


def _take_chunks(received: bytearray, start: int) -> tuple[bytes, int] | None:
    parts: list[bytes] = []
    while (line := received.find(b"\r\n", start)) >= 0:
        size = int(received[start:line], 16)
        after = line + 2 + size + 2
        if len(received) < after:
            return None
        if size == 0:
            return b"".join(parts), after
        parts.append(bytes(received[line + 2 : line + 2 + size]))
        start = after
    return None

"""A bare HTTP client that costs next to nothing: notes when bytes come, and looks into them afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tests.bench.heard import Heard

_LAST_CHUNK = b"0\r\n\r\n"
Piece = tuple[float, bytes]
"""What one read brought, and when."""
ANSWER_SECONDS = 60.0


class Line:
    """One connection to one server, opened when needed and kept; asks one thing at a time."""

    def __init__(self, address: str, path: str, headers: dict[str, str]) -> None:
        parts = urlsplit(address)
        self._host, self._port = str(parts.hostname), parts.port or 80
        fields = {"host": parts.netloc, "content-type": "application/json", **headers}
        self._head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._socket: _Socket | None = None

    async def ask(self, body: dict[str, Any]) -> Heard:
        """Send a request and wait for the end of its answer."""
        content = msgspec.json.encode(body)
        request = f"{self._head}content-length: {len(content)}\r\n\r\n".encode() + content
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                pieces = await (await self._connected()).exchange(request)
        except OSError as error:  # a TimeoutError is one too
            self.close()
            return Heard((), time.perf_counter() - begun, failed=f"{type(error).__name__}: {error}")
        return heard(pieces, begun)

    def close(self) -> None:
        if self._socket:
            self._socket.transport.abort()

    async def _connected(self) -> _Socket:
        if self._socket is None or self._socket.transport.is_closing():
            loop = asyncio.get_running_loop()
            _, self._socket = await loop.create_connection(_Socket, self._host, self._port)
        return self._socket


async def healthy(address: str) -> None:
    """Ask a starting Tidegate until it says that it is well."""
    parts = urlsplit(address)
    while True:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(f"GET /health HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: close\r\n\r\n".encode())
            if (await reader.read()).startswith(b"HTTP/1.1 200"):
                return
        finally:
            writer.close()


class _Socket(asyncio.Protocol):
    """Collects what comes until a chunked answer is complete."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._pieces: list[Piece] = []
        self._complete: asyncio.Future[None] | None = None

    async def exchange(self, request: bytes) -> list[Piece]:
        """Write a request; all that came until its answer was complete."""
        self._pieces = []
        self._tail = b""
        self._complete = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self._complete
        return self._pieces

    def data_received(self, data: bytes) -> None:
        self._pieces.append((time.perf_counter(), data))
        self._tail = (self._tail + data[-len(_LAST_CHUNK) :])[-len(_LAST_CHUNK) :]
        if self._tail == _LAST_CHUNK or not self._pieces[0][1].startswith(b"HTTP/1.1 200"):
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        if self._complete and not self._complete.done():
            self._complete.set_result(None)


def heard(pieces: Sequence[Piece], begun: float) -> Heard:
    """The answer in what was read, with times since `begun`."""
    ended = pieces[-1][0] if pieces else time.perf_counter()
    whole = b"".join(data for _, data in pieces)
    if not whole.startswith(b"HTTP/1.1 200") or not whole.endswith(_LAST_CHUNK):
        return Heard((), ended - begun, failed=whole[:300].decode(errors="replace") or "no answer")
    events = [(at - begun, msgspec.json.decode(event)) for at, event in _events(pieces)]
    deltas = tuple((at, text) for at, event in events for text in _texts(event))
    errors = [str(event["error"]) for _, event in events if event.get("error")]
    return Heard(deltas, ended - begun, failed=errors[0] if errors else None)


def _events(pieces: Sequence[Piece]) -> Iterator[tuple[float, bytes]]:
    """The data of each event, at the moment its last byte was there."""
    rest = b""
    for at, body in _unchunked(pieces):
        *events, rest = (rest + body).split(b"\n\n")
        for event in events:
            for line in event.split(b"\n"):
                if line.startswith(b"data: {"):
                    yield at, line[6:]


def _unchunked(pieces: Sequence[Piece]) -> Iterator[tuple[float, bytes]]:
    """The bodies of the chunks that each read completed."""
    waiting = b""
    in_head = True
    for at, data in pieces:
        waiting += data
        if in_head:
            head, end, waiting = waiting.partition(b"\r\n\r\n")
            if not end:
                waiting = head
                continue
            in_head = False
        while (line := waiting.find(b"\r\n")) >= 0:
            size = int(waiting[:line], 16)
            if len(waiting) < line + size + 4:
                break
            yield at, waiting[line + 2 : line + 2 + size]
            waiting = waiting[line + 4 + size :]


def _texts(said: dict[str, Any]) -> Iterator[str]:
    """The text of one event in either shape, if it has any."""
    if "choices" in said:
        for choice in said["choices"]:
            if text := choice["delta"].get("content"):
                yield text
    elif said.get("type") == "content_block_delta":
        yield said["delta"]["text"]

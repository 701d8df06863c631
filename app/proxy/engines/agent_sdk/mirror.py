"""A model API of a few lines, in this process: it keeps what it is sent and answers the same to everyone.

The self-test lets a real CLI talk to it, to see what reaches the model when one of the CLI's unwritten mechanisms
is used. It listens on loopback, on a free port, for as long as the test takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

_BODY_LIMIT = 1_000_000


class Mirror:
    """Lives inside `listening()`."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        """The JSON of each request for an answer, in order."""
        self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Mirror]:
        """Serve until the end of the block."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_BODY_LIMIT)
        _, port = server.sockets[0].getsockname()
        self.url = f"http://127.0.0.1:{port}"
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = await reader.readexactly(_content_length(head))
                writer.write(self._answer(head, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # the CLI has left, or it is not the CLI
        finally:
            writer.close()

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if not head.startswith(b"POST /v1/messages"):
            return b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
        self.bodies.append(msgspec.json.decode(body, type=dict[str, Any]))
        return _response(self.bodies[-1])

    @property
    def last(self) -> dict[str, Any]:
        """The newest request; empty when there was none."""
        return self.bodies[-1] if self.bodies else {}


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _response(request: dict[str, Any]) -> bytes:
    """A call of the first tool where one is offered and none was answered, else the word yes."""
    tools: list[Any] = request.get("tools") or []
    calls = bool(tools) and "tool_result" not in str(request["messages"][-2:])
    block: dict[str, Any]
    if calls:
        block = {"type": "tool_use", "id": "toolu_self_test", "name": tools[0]["name"], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": "{}"}
    else:
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "yes"}
    message = {
        "id": "msg_self_test",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    end = {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    stream = b"".join(map(_framed, events))
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(stream)}\r\n\r\n"
    return head.encode() + stream


def _framed(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: ".encode() + msgspec.json.encode(event) + b"\n\n"

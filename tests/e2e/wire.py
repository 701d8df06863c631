"""What really came over the wire to an official client, held against that client's own types, strictly.

The clients themselves check nothing: they build their objects from whatever comes. Here every member that a type
demands has to be there and of its type, and so does what many clients read without asking.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anthropic
import httpx2
import openai
from anthropic.types import Message, MessageTokensCount, ModelInfo, RawMessageStreamEvent
from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

JSON = dict[str, Any]
_RESPONSE_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
_MESSAGE_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
_OBJECTS: dict[str, Any] = {"response": Response, "chat.completion": ChatCompletion, "model": Model}
_TYPES: dict[str, Any] = {"message": Message, "model": ModelInfo}


@dataclass
class Exchange:
    """One answer as it came."""

    path: str
    status: int
    headers: httpx2.Headers
    body: bytearray = field(default_factory=bytearray)

    @property
    def events(self) -> list[tuple[str, str]]:
        """Name and data of each event of a stream; comments are no events."""
        found = []
        for block in self.body.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
            if lines:
                found.append((lines.get("event", ""), lines["data"]))
        return found


class Wire(httpx2.BaseTransport):
    """Carries a client's requests, and keeps what comes back until `check`."""

    def __init__(self) -> None:
        self._inner = httpx2.HTTPTransport()
        self.exchanges: list[Exchange] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        exchange = Exchange(request.url.path, response.status_code, response.headers)
        self.exchanges.append(exchange)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        stream = _Kept(response.stream, exchange.body)
        return httpx2.Response(response.status_code, headers=response.headers, stream=stream)

    def close(self) -> None:
        self._inner.close()

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    def check(self) -> None:
        """Hold everything that came against the official types, then forget it."""
        kept, self.exchanges = self.exchanges, []
        for exchange in kept:
            _check(exchange)


class _Kept(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, body: bytearray) -> None:
        self._inner, self._body = inner, body

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            self._body += piece
            yield piece

    def close(self) -> None:
        self._inner.close()


def clients(address: str, key: str, wire: Wire) -> tuple[openai.OpenAI, anthropic.Anthropic]:
    """Both official clients, on this wire."""
    http = httpx2.Client(transport=wire, timeout=120)
    return (
        openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0, http_client=http),
        anthropic.Anthropic(base_url=address, api_key=key, max_retries=0, http_client=http),
    )


def _check(exchange: Exchange) -> None:
    kind = exchange.headers.get("content-type", "")
    if kind.startswith("text/event-stream"):
        assert exchange.status == 200
        _check_stream(exchange)
    elif exchange.status >= 400:
        assert kind == "application/json"
        _check_error(json.loads(exchange.body))
    elif exchange.path.endswith("/count_tokens"):
        MessageTokensCount.model_validate_json(bytes(exchange.body), strict=True)
    else:
        _check_whole(json.loads(exchange.body))


def _check_whole(body: JSON) -> None:
    type_ = _OBJECTS.get(body.get("object", "")) or _TYPES.get(body.get("type", ""))
    if type_ is None or body.get("deleted"):
        return
    _strict(type_, body)
    for choice in body.get("choices", ()):
        assert choice.keys() == {"index", "message", "logprobs", "finish_reason"}
        assert choice["message"].keys() >= {"role", "content", "refusal"}


def _check_error(body: JSON) -> None:
    """All four members in one shape; type, message and the request's id in the other."""
    if body.get("type") == "error":
        assert body.keys() == {"type", "error", "request_id"}
        assert body["error"].keys() - {"details"} == {"type", "message"}
        return
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}


def _check_stream(exchange: Exchange) -> None:
    if exchange.path.endswith("/responses"):
        _check_response_events(exchange)
    elif exchange.path.endswith("/messages"):
        _check_message_events(exchange)
    else:
        _check_chunks(exchange)


def _check_chunks(exchange: Exchange) -> None:
    for name, data in exchange.events:
        assert name == ""
        if data == "[DONE]":
            continue
        chunk = json.loads(data)
        if "error" in chunk:
            _check_error(chunk)
            continue
        _strict(ChatCompletionChunk, chunk)
        assert chunk.keys() - {"usage"} == {"id", "object", "created", "model", "choices"}
        for choice in chunk["choices"]:
            assert choice.keys() == {"index", "delta", "logprobs", "finish_reason"}
            for call in choice["delta"].get("tool_calls", ()):
                assert isinstance(call["index"], int)


def _check_response_events(exchange: Exchange) -> None:
    events = [(name, json.loads(data)) for name, data in exchange.events]
    assert [event["sequence_number"] for _, event in events] == list(range(len(events)))
    for name, event in events:
        assert event["type"] == name
        _RESPONSE_EVENT.validate_json(json.dumps(event), strict=True)
        if name == "error":
            _check_error({"error": event["error"]})
        elif "response" in event:
            assert event["response"].keys() >= {"error", "incomplete_details", "instructions", "usage", "store"}


def _check_message_events(exchange: Exchange) -> None:
    for name, data in exchange.events:
        event = json.loads(data)
        assert event["type"] == name
        if name == "error":
            _check_error(event)
        elif name != "ping":  # which has no type there
            told = _MESSAGE_EVENT.validate_json(data, strict=True)
            assert not told.model_extra, told


def _strict(type_: Any, body: JSON) -> None:
    type_.model_validate_json(json.dumps(body), strict=True)

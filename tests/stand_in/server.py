"""The scripted model API: speaks the Messages API on loopback to the real clients, and notes what they sent."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.stand_in import frames, models
from tests.stand_in.answer import Answer, Break, Cut, Refusal, Say, Script, Silence, Stall, wanted
from tests.stand_in.connection import Connection
from tests.stand_in.refusals import refusal_of
from tests.stand_in.request import Request, texts_of

_STREAM = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
_JSON = {"content-type": "application/json"}


class StandIn:
    """Lives inside `async with`, on a free port.

    What it answers, first that applies: what a real service refuses (unless `lenient`); the script that the last
    user text carries (`wanting`); the next of `answer_next`; `respond`; an echo of the last user text.
    """

    def __init__(self, *, lenient: bool = False, keep: int = 10_000) -> None:
        """`keep`: how many requests are noted; a benchmark keeps none."""
        self.requests: list[Request] = []
        self.respond: Callable[[Request], Script | None] = lambda _: None
        self.connections: set[Connection] = set()
        self._lenient = lenient
        self._keep = keep
        self._queue: deque[Script] = deque()
        self._numbers = itertools.count(1)
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The base URL, without /v1."""
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def asked(self) -> list[Request]:
        """The requests for an answer, without those for models, counts and connection checks."""
        return [request for request in self.requests if request.path == "/v1/messages"]

    def answer_next(self, *scripts: Script) -> None:
        """Answer the next requests with these, one each."""
        self._queue.extend(scripts)

    async def until_asked(self, count: int = 1) -> Request:
        """Wait until that many requests for an answer have come; the last of them."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.asked) >= count)
        return self.asked[count - 1]

    async def start(self, port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self._serve, self.connections), "127.0.0.1", port)

    async def close(self) -> None:
        if self._server:
            self._server.close()
            for connection in tuple(self.connections):
                connection.transport.abort()
            await asyncio.sleep(0)  # lets the aborted connections report their end
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _serve(self, request: Request, connection: Connection) -> None:
        if len(self.requests) < self._keep:
            self.requests.append(request)
            async with self._arrived:
                self._arrived.notify_all()
        try:
            await self._route(request, connection)
        except asyncio.CancelledError:
            request.hung_up = True
            raise
        finally:
            request.ended.set()

    async def _route(self, request: Request, connection: Connection) -> None:
        match request.method, request.path:
            case "POST", "/v1/messages":
                await _perform(self._script(request), request, connection, f"msg_{next(self._numbers):06d}")
            case "POST", "/v1/messages/count_tokens":
                await self._count(request, connection)
            case "GET", "/v1/models":
                await self._list(connection)
            case "GET", path if path.startswith("/v1/models/") and (model := models.find(path[11:])):
                connection.whole(200, _JSON, msgspec.json.encode(models.entry(model)))
            case "HEAD", _:
                connection.whole(200, {}, b"")
            case _:
                connection.whole(404, _JSON, frames.envelope(404, "Not found"))

    def _script(self, request: Request) -> Script:
        if not self._lenient and (refusal := refusal_of(request)):
            return refusal
        if script := wanted(request.last_user_text):
            return script
        if self._queue:
            return self._queue.popleft()
        return self.respond(request) or echo(request)

    async def _list(self, connection: Connection) -> None:
        """The queue may hold a Refusal for it, so that a failing list can be tried."""
        if self._queue and isinstance(self._queue[0], Refusal):
            await _refuse(self._queue.popleft(), connection)  # type: ignore[arg-type] # checked above
            return
        connection.whole(200, _JSON, msgspec.json.encode(models.page()))

    async def _count(self, request: Request, connection: Connection) -> None:
        if refusal := refusal_of(request):
            await _refuse(refusal, connection)
            return
        connection.whole(200, _JSON, msgspec.json.encode({"input_tokens": tokens_of(request.body)}))


def echo(request: Request) -> Answer:
    """The default answer: what was said, word by word, and what was shown."""
    said = ["Echo:", *request.last_user_text.split(" "), *request.images()]
    return Answer((Say((said[0], *(f" {word}" for word in said[1:] if word))),))


def tokens_of(body: dict[str, Any]) -> int:
    """A count that a test can work out: the words of all texts."""
    system = body.get("system", "")
    texts = [*texts_of(system), *(text for message in body["messages"] for text in texts_of(message["content"]))]
    return sum(len(text.split()) for text in texts)


async def _perform(script: Script, request: Request, connection: Connection, message_id: str) -> None:
    match script:
        case Refusal():
            await _refuse(script, connection)
        case Silence():
            await _forever()
        case Answer() if request.body.get("stream"):
            await _stream(script, connection, frames.start(script, message_id, request.body["model"]))
        case Answer():
            await asyncio.sleep(script.first_pause + script.pause * len(frames.pieces(script)))
            if script.end:
                connection.tear()
            else:
                body = frames.whole(script, message_id, request.body["model"])
                connection.whole(200, {**_JSON, **dict(script.headers)}, body)


async def _refuse(refusal: Refusal, connection: Connection) -> None:
    await asyncio.sleep(refusal.first_pause)
    headers = {"request-id": "req_stand_in", **_JSON, **dict(refusal.headers)}
    connection.whole(refusal.status, headers, frames.envelope(refusal.status, refusal.message, refusal.type))


async def _stream(answer: Answer, connection: Connection, beginning: bytes) -> None:
    await asyncio.sleep(answer.first_pause)
    connection.begin({**_STREAM, "request-id": "req_stand_in", **dict(answer.headers)})
    if answer.cuts:
        await _parted(answer, connection, beginning + b"".join(frames.pieces(answer)) + frames.end(answer))
        return
    connection.piece(beginning)
    *deltas, last = frames.pieces(answer)
    for piece in deltas[: answer.end.after] if answer.end else deltas:
        if answer.pause:
            await asyncio.sleep(answer.pause)
        connection.piece(piece)
    if answer.end:  # bytes that arrive together with their end are thrown away by some clients
        await asyncio.sleep(answer.pause)
    match answer.end:
        case None:
            connection.piece(last + frames.end(answer))
        case Cut(clean=False):
            connection.tear()
            return
        case Break(_, kind, message):
            connection.piece(frames.error(kind, message))
        case Stall():
            await _forever()
        case Cut():
            pass
    connection.finish()


async def _parted(answer: Answer, connection: Connection, whole: bytes) -> None:
    places = sorted({place % len(whole) for place in answer.cuts} - {0})
    for start, end in itertools.pairwise([0, *places, len(whole)]):
        connection.piece(whole[start:end])
        await asyncio.sleep(answer.pause)
    connection.finish()


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()

"""A real server on a free port with a scripted engine behind it, and a client that sends bytes as they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from quart import Blueprint

from app.core.bus import Bus
from app.core.events import Event
from app.proxy.admission import AccessRules, KeyCheck
from app.proxy.application import BODY_BYTES_LIMIT, BODY_SECONDS, Application, create_application
from app.proxy.dialects.ollama.routes import PATHS as OLLAMA_PATHS
from app.proxy.listeners import open_listeners
from app.proxy.models import Catalogue
from app.proxy.neutral.stream import (
    BlockStarted,
    BlockStopped,
    Finished,
    Started,
    StopReason,
    TextBlock,
    TextDelta,
    Usage,
    UsageReported,
)
from app.proxy.pipeline import Deadlines, Pipeline
from app.proxy.server import Server, ServerLimits
from app.proxy.session_store import SessionStore
from app.proxy.sessions import Sessions
from app.proxy.system_routes import Health
from tests.fakes import ScriptedEngine, Step, accepted, one_key

KEY = "tg-test-key"
PAGE = "https://chat.example"
QUICK = ServerLimits(header=5, write=5, linger=0.5, drain=0.3, hard_exit=3)
STARTED = 1_767_225_600.0


def saying(*pieces: Step | str, end: bool = True) -> ScriptedEngine:
    """An engine whose answer is text in these pieces; what isn't text stands in the script as it is."""
    said = [TextDelta(piece) if isinstance(piece, str) else piece for piece in pieces]
    closing = (BlockStopped(), UsageReported(Usage(1, 1)), Finished(StopReason.END_TURN)) if end else ()
    return ScriptedEngine(accepted(Started("claude-scripted-1"), BlockStarted(TextBlock()), *said, *closing))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key == name]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Live:
    """A running server, seen from outside and from inside."""

    port: int
    engine: ScriptedEngine
    application: Application
    pipeline: Pipeline
    stop: asyncio.Event
    run: asyncio.Task[None]
    events: list[Event] = field(default_factory=list)

    async def send(self, raw: bytes) -> Answer:
        """Send bytes, read until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            with suppress(ConnectionError):
                writer.write(raw)
                await writer.drain()
            return parse(await reader.read())
        finally:
            writer.close()

    async def request(
        self,
        method: str = "GET",
        target: str = "/health",
        headers: Sequence[str] = (),
        body: bytes | None = None,
        *,
        host: str | None = None,
        key: str | None = KEY,
    ) -> Answer:
        """A request with the usual headers; a body goes as JSON unless `headers` say otherwise."""
        return await self.send(self.raw(method, target, headers, body, host=host, key=key))

    def raw(
        self,
        method: str = "GET",
        target: str = "/health",
        headers: Sequence[str] = (),
        body: bytes | None = None,
        *,
        host: str | None = None,
        key: str | None = KEY,
        close: bool = True,
    ) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", *headers]
        if close:
            lines.append("Connection: close")
        if key is not None:
            lines.append(f"Authorization: Bearer {key}")
        if body is not None:
            if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
                lines.append(f"Content-Length: {len(body)}")
            if not any(line.lower().startswith("content-type") for line in headers):
                lines.append("Content-Type: application/json")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")

    def chat(self, *, stream: bool = False, close: bool = True) -> bytes:
        return self.raw("POST", "/v1/chat/completions", body=chat_body(stream=stream), close=close)


async def opened(live: Live, raw: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    writer.write(raw)
    await writer.drain()
    return reader, writer


async def engine_works(engine: ScriptedEngine) -> None:
    """Until the engine has been asked: nothing else tells a client that waits for a whole answer."""
    async with asyncio.timeout(5):
        while not engine.answering:  # noqa: ASYNC110 - the engine counts, it has no event for its beginning
            await asyncio.sleep(0)


def chat_body(*, stream: bool = False, text: str = "hello") -> bytes:
    return json.dumps(
        {"model": "claude-scripted-1", "stream": stream, "messages": [{"role": "user", "content": text}]}
    ).encode()


def parse(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    if ("transfer-encoding", "chunked") in headers:
        body = _unchunked(body)
    return Answer(int(status.split()[1]), headers, body)


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        whole, body = whole + body[:length], body[length + 2 :]
        if not length:
            return whole
    raise AssertionError("the body broke off before its last chunk")


@asynccontextmanager
async def serving(
    engine: ScriptedEngine | None = None,
    *,
    limits: ServerLimits = QUICK,
    body_seconds: float = BODY_SECONDS,
    body_bytes_limit: int = BODY_BYTES_LIMIT,
    blueprints: Sequence[Blueprint] = (),
    store: SessionStore | None = None,
    ollama: bool = False,
    catalogue: Catalogue | None = None,
    check_key: KeyCheck | None = None,
) -> AsyncIterator[Live]:
    """Serve until the block ends; the server has returned by then, or the test fails.

    `store`: where conversations with a key are kept, and closed in the end; None serves without any. `catalogue`: of
    more than the one engine. `check_key`: where more keys than the usual one come in.
    """
    engine = engine or saying("hello")
    bus, events = Bus(), list[Event]()
    bus.subscribe(events.append)
    sessions = Sessions(store, bus, ttl_seconds=3_600) if store else None
    pipeline = Pipeline(catalogue or Catalogue([engine]), Deadlines(30, 30, 60), bus, sessions=sessions)
    stop, ready = asyncio.Event(), asyncio.Event()
    with open_listeners("127.0.0.1", 0) as listeners:
        application = create_application(
            pipeline=pipeline,
            access=AccessRules(
                listeners.port,
                check_key or one_key(KEY, "test"),
                frozenset({PAGE, "app://obsidian.md"}),
                ollama_paths=OLLAMA_PATHS if ollama else frozenset(),
            ),
            bus=bus,
            health=Health("1.2.3", lambda: "scripted", listeners.address, STARTED, clock=lambda: STARTED + 61),
            sessions=sessions,
            extra_blueprints=blueprints,
            ollama=ollama,
            body_seconds=body_seconds,
            body_bytes_limit=body_bytes_limit,
        )
        server = Server(application, limits=limits)
        run = asyncio.create_task(server.run(listeners.sockets, stop, pipeline, on_ready=ready.set))
        await ready.wait()
        live = Live(listeners.port, engine, application, pipeline, stop, run, events)
        try:
            yield live
        finally:
            stop.set()
            if not run.cancelled():
                async with asyncio.timeout(limits.hard_exit + 5):
                    await run
            if store:
                await store.close()

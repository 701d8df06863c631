"""The dashboard's routes with sample data behind them, for states that are hard to bring about in the real program."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Self

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, Response, request

from app.ui.api.pages import PAGE_HEADERS, STATIC
from tests.ui.browser import sample

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class FakeServer:
    """Lives from `with` to its end, in a thread of its own. `told` is what it answers, by path; change it at will."""

    def __init__(self, port: int = 0) -> None:
        self.told: dict[str, Any] = {
            "/dashboard/overview": sample.overview(),
            "/dashboard/sessions": sample.sessions(),
            "/dashboard/logs": sample.logs(),
            "/dashboard/settings": sample.settings(),
            "/dashboard/connect": sample.cards(),
            "/dashboard/keys": {
                "keys": [
                    {"name": "Chatbox", "last_four": "k3Qz", "created": sample.NOW - 900_000,
                     "last_used": sample.NOW - 70},
                    {"name": sample.HOSTILE, "last_four": "0000", "created": sample.NOW - 900, "last_used": None},
                ]
            },
            "/dashboard/origins": {"allowed": ["https://www.typingmind.com"], "asking": ["https://chat.example"]},
            "POST /dashboard/key/copy": {"key": "tg-sample-key"},
            "/auth/status": {"email": "ada@example.org", "subscriptionType": "max", "authMethod": "claude.ai",
                             "verified": True, "sentence": "Claude answered.", "proven_at": sample.NOW},
            "POST /auth/login/cancel": {"ok": True, "sentence": "The sign-in was given up."},
            "POST /auth/login": {"url": "https://example.org/sign-in", "sentence": "Open the page and sign in there."},
        }  # fmt: skip
        self.refused: dict[str, str] = {}
        """Method and path → why it won't do."""
        self.falls_silent = False
        """The chat's answer doesn't end."""
        self.exchanges = sample.exchanges()
        self.asked: list[tuple[str, str, Any]] = []
        """Method, path and body of what changed something."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen()  # whoever asks before it serves waits
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._followed = threading.Event()
        self._followers: set[asyncio.Queue[dict[str, Any] | None]] = set()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(20)
        self._loop.close()

    def happen(self, **event: Any) -> None:
        """Tell every open page."""
        for follower in list(self._followers):
            self._loop.call_soon_threadsafe(follower.put_nowait, event)

    def await_follower(self) -> None:
        """Until a page listens to what happens."""
        assert self._followed.wait(10)

    async def _serve(self) -> None:
        config = Config()
        config.bind = [f"fd://{self._socket.detach()}"]
        config.graceful_timeout = 1
        config.loglevel = "ERROR"
        await serve(self._app(), config, shutdown_trigger=self._closed)

    async def _closed(self) -> None:
        await self._closing.wait()
        for follower in list(self._followers):
            follower.put_nowait(None)

    def _app(self) -> Quart:
        app = Quart(__name__, static_folder=None)

        @app.get("/")
        async def front() -> Response:
            return _file("index.html")

        @app.get("/static/<path:name>")
        async def static(name: str) -> Response:
            return _file(name)

        @app.get("/health")
        async def health() -> dict[str, str]:
            return {"status": "ok"}

        @app.get("/events")
        async def events() -> Response:
            response = Response(self._events(), content_type="text/event-stream")
            response.timeout = None
            return response

        @app.get("/dashboard/exchanges")
        async def exchanges() -> Any:
            return self._refusal("GET /dashboard/exchanges") or self._found(request.args)

        @app.get("/dashboard/diagnostics")
        async def diagnostics() -> str:
            return "Tidegate 0.1.0"

        self._decisions(app)
        self._anything(app)
        return app

    def _decisions(self, app: Quart) -> None:
        @app.post("/dashboard/chat")
        async def chat() -> Any:
            return self._refusal("POST /dashboard/chat") or Response(self._said(), content_type="text/event-stream")

        @app.post("/dashboard/origins")
        async def decide() -> dict[str, Any]:
            asked = await request.get_json()
            self.asked.append(("POST", "/dashboard/origins", asked))
            origins = self.told["/dashboard/origins"]
            for where in ("allowed", "asking"):
                origins[where] = [each for each in origins[where] if each != asked["origin"]]
            origins["allowed"] += [asked["origin"]] if asked["allow"] else []
            return dict(origins)

        @app.delete("/dashboard/sessions")
        @app.delete("/dashboard/sessions/<path:key>")
        async def end(key: str | None = None) -> dict[str, Any]:
            self.asked.append(("DELETE", "/dashboard/sessions", key))
            told = self.told["/dashboard/sessions"]
            left = [each for each in told["sessions"] if key and f"{each['app']}/{each['key']}" != key]
            ended = len(told["sessions"]) - len(left)
            told["sessions"] = left
            return {"deleted": ended}

    def _anything(self, app: Quart) -> None:
        @app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
        async def anything(path: str) -> Any:
            body = await request.get_json(silent=True)
            if refusal := self._refusal(f"{request.method} /{path}"):
                return refusal
            if request.method == "GET":
                return self.told[f"/{path}"]
            self.asked.append((request.method, f"/{path}", body))
            if path == "dashboard/settings":
                self.told["/dashboard/settings"]["waiting"] = list(body)
            return self.told.get(f"{request.method} /{path}") or _done(path)

    async def _said(self) -> AsyncIterator[bytes]:
        async for event in _answer():
            if self.falls_silent and b"message_delta" in event:
                await self._closing.wait()
            yield event

    def _refusal(self, asked: str) -> tuple[dict[str, Any], int] | None:
        return ({"error": {"message": self.refused[asked]}}, 400) if asked in self.refused else None

    async def _events(self) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._followers.add(queue)
        self._followed.set()
        try:
            yield b":ok\n\n"
            while (event := await queue.get()) is not None:
                yield b"data: %s\n\n" % json.dumps(event).encode()
        finally:
            self._followers.discard(queue)

    def _found(self, asked: Any) -> dict[str, Any]:
        before, limit = int(asked.get("before", 1 << 60)), int(asked.get("limit", 50))
        fits: Mapping[str, Callable[[dict[str, Any]], bool]] = {
            "all": lambda one: True,
            "error": lambda one: one["outcome"] == "error",
            "slow": lambda one: (one["duration_seconds"] or 0) > 15,
        }
        wanted = fits[asked.get("outcome", "all")]
        word = asked.get("search", "").lower()
        found = [
            one
            for one in self.exchanges
            if one["id"] < before and wanted(one) and word in f"{one['app']} {one['model']} {one['detail']}".lower()
        ]
        return {"exchanges": found[:limit], "more": len(found) > limit}


def _file(name: str) -> Response:
    path = STATIC / name
    if not path.is_file():
        return Response("", 404)
    return Response(path.read_bytes(), headers=PAGE_HEADERS, content_type=f"{_TYPES[path.suffix]}; charset=utf-8")


def _done(path: str) -> dict[str, Any]:
    if path.endswith("/test"):
        return {
            "ok": False,
            "sentence": "The app's request came through, but Claude refused it: your plan's limit is reached.",
            "detail": '{"error": {"type": "rate_limit_error"}}',
            "steps": [
                {"ok": True, "sentence": "Ask for the list of models", "detail": "4 models"},
                {"ok": False, "sentence": "Ask a question, the answer piece by piece", "detail": "429 plan_limit"},
            ],
        }
    if path == "dashboard/settings":
        return {"applied": [], "needs_restart": True, "apps_to_update": [], "address": None}
    if path == "dashboard/keys":
        return {"name": "Chatbox", "key": "tg-shown-once"}
    return {"ok": True, "sentence": "Done.", "deleted": 3}


async def _answer() -> AsyncIterator[bytes]:
    pieces = ["Tides rise ", "and fall twice a day, ", f"mostly because of the moon. {sample.HOSTILE}"]
    message = {"model": sample.MODELS[0], "usage": {"input_tokens": 21, "output_tokens": 1}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in pieces
        ),
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 34}},
        {"type": "message_stop"},
    ]
    for event in events:
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()

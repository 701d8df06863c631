"""Who may call: ASGI middleware in front of everything, for every kind of connection."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import TypeAlias

from app.core.bus import Bus
from app.core.conditions import Condition
from app.core.events import RequestRefused
from app.proxy.admission import AccessRules, Admitted, Preflight, Refusal, admit
from app.proxy.asgi import AsgiApp, Header, Message, Receive, Scope, Send
from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.request_head import RequestHead

log = logging.getLogger(__name__)

RenderFault: TypeAlias = Callable[[str, Mapping[str, str], Fault, str], bytes]
"""The JSON body of a fault in the shape its caller expects, from path, lower-case headers, fault, request id."""

_SHOWN_CHARACTERS = 200


class Guard:
    """Refuses, answers preflights, or passes on with `request_id` and `key_name` in the scope's state.

    It stands before routing, so that a route can't be forgotten: what isn't on the open list needs the key.
    """

    def __init__(self, app: AsgiApp, rules: AccessRules, bus: Bus, render_fault: RenderFault) -> None:
        self._app = app
        self.rules = rules
        """Replaced as a whole when a person allows a page."""
        self._bus = bus
        self._render_fault = render_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "websocket":
                await self._websocket(scope, receive, send)
            case "lifespan":  # said by the server itself, never by a client
                await self._app(scope, receive, send)
            case unknown:
                raise ValueError(f"no {unknown} connections are served")

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = _head_of(scope)
        request_id = secrets.token_hex(12)
        answer = _Answer(send, request_id, self.rules.origins.answer_headers(head.one(b"origin")))
        match admit(head, self.rules):
            case Refusal() as refusal:
                self._report(refusal.reason, head)
                await self._refuse(answer, head, refusal)
            case Preflight(headers):
                await answer.whole(204, headers)
            case Admitted(key_name):
                state = {**scope.get("state", {}), "request_id": request_id, "key_name": key_name}
                await self._pass_on({**scope, "state": state}, receive, answer, head)

    async def _pass_on(self, scope: Scope, receive: Receive, answer: _Answer, head: RequestHead) -> None:
        try:
            await self._app(scope, receive, answer)
        except Exception:  # the last boundary: nobody behind it can write an answer any more
            log.exception("request %s failed outside its route", answer.request_id)
            if answer.begun:
                raise  # the connection has to break: a cut answer must not look finished
            condition = Condition.INTERNAL_ERROR
            fault = Fault(FaultKind.INTERNAL, condition.sentence, condition.code)
            await self._refuse(answer, head, Refusal("internal", fault, condition.status))

    async def _refuse(self, answer: _Answer, head: RequestHead, refusal: Refusal) -> None:
        names = {key.decode("latin-1"): value.decode("latin-1") for key, value in head.headers}
        body = self._render_fault(head.path, names, refusal.fault, answer.request_id)
        retry = [] if refusal.fault.retryable else [(b"x-should-retry", b"false")]
        await answer.whole(refusal.status, (*refusal.headers, *retry, (b"content-type", b"application/json")), body)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Nothing here is a WebSocket; the routes' own checks never run for one."""
        head = _head_of(scope)
        self._report("websocket", head)
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = _Answer(send, secrets.token_hex(12), [], prefix="websocket.")
        fault = Fault(FaultKind.PERMISSION, "Tidegate takes no WebSocket connections.", retryable=False)
        await self._refuse(answer, head, Refusal("websocket", fault, fault.kind.status))

    def _report(self, reason: str, head: RequestHead) -> None:
        path, origin = _printable(head.path), head.one(b"origin")
        shown = None if origin is None else _printable(origin)
        log.info("refused %s %s: %s (origin %s)", _printable(head.method), path, reason, shown)
        self._bus.publish(RequestRefused(reason, path, shown))


class _Answer:
    """The `send` of one request: adds what every answer carries, and knows whether it has begun."""

    def __init__(self, send: Send, request_id: str, cors: list[Header], *, prefix: str = "") -> None:
        self._send = send
        self._prefix = prefix
        self.request_id = request_id
        self.begun = False
        ids = request_id.encode("ascii")
        self._always = [(b"x-request-id", ids), (b"request-id", ids), (b"x-content-type-options", b"nosniff"), *cors]

    async def __call__(self, message: Message) -> None:
        if message["type"] == f"{self._prefix}http.response.start":
            self.begun = True
            message = {**message, "headers": self._completed(message.get("headers", []))}
        await self._send(message)

    async def whole(self, status: int, headers: tuple[Header, ...], body: bytes = b"") -> None:
        length = [] if status == 204 else [(b"content-length", str(len(body)).encode("ascii"))]
        start = f"{self._prefix}http.response.start"
        await self({"type": start, "status": status, "headers": [*headers, *length]})
        await self._send({"type": f"{self._prefix}http.response.body", "body": body})

    def _completed(self, headers: list[Header]) -> list[Header]:
        ours = {name for name, _ in self._always}
        kept = [(name, value) for name, value in headers if name.lower() not in ours]
        if not any(name.lower() == b"cache-control" for name, _ in kept):
            kept.append((b"cache-control", b"no-store"))
        return [*kept, *self._always]


def _head_of(scope: Scope) -> RequestHead:
    return RequestHead(
        method=scope.get("method", "GET").upper(),
        path=scope["path"],
        target=scope.get("raw_path") or b"",
        http_version=scope["http_version"],
        headers=tuple((name.lower(), value) for name, value in scope["headers"]),
        local_address=(scope.get("server") or ("",))[0],
    )


def _printable(text: str) -> str:
    """Safe for a log line and a screen, whatever a stranger sent."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_SHOWN_CHARACTERS])

"""Lets a client that is still sending its request read the answer it already has.

A server that answers early (wrong key, too large) and closes while bytes are still coming in makes the operating system
reset the connection, and the client reads "connection reset" where a sentence was waiting for it. So the last
byte of such an answer waits until the rest of the request was taken in and thrown away, or a limit is reached.
"""

from __future__ import annotations

import asyncio

from app.proxy.asgi import AsgiApp, Message, Receive, Scope, Send


class Lingering:
    """ASGI middleware, directly under the server."""

    def __init__(self, app: AsgiApp, *, limit_seconds: float) -> None:
        self._app = app
        self._limit = limit_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            exchange = _Exchange(receive, send, self._limit)
            await self._app(scope, exchange.receive, exchange.send)
        else:
            await self._app(scope, receive, send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, receive: Receive, send: Send, limit_seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._limit = limit_seconds
        self._request_ended = asyncio.Event()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._request_ended.set()
        return message

    async def send(self, message: Message) -> None:
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not last or self._request_ended.is_set():
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        discarding = asyncio.create_task(self._discard(), name="discard")
        try:
            async with asyncio.timeout(self._limit):
                await self._request_ended.wait()
        except TimeoutError:
            pass
        finally:
            # Hypercorn waits for room in the queue of a request nobody reads: keep reading until it has hung up.
            try:
                await self._send({"type": "http.response.body", "body": b""})
            finally:
                discarding.cancel()
                await asyncio.wait([discarding])

    async def _discard(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

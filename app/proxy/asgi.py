"""Names for the parts of ASGI, whose messages are plain dictionaries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]  # ASGI leaves the values to each message type
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]


class AsgiApp(Protocol):
    """Anything that answers a connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

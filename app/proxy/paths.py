"""One spelling per path, settled before anyone looks at it: apps double slashes, append one, or leave out /v1."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.proxy.asgi import AsgiApp, Receive, Scope, Send

_SLASHES = re.compile(r"/{2,}")
_VERSION = "/v1"


class PathFolding:
    """ASGI middleware, outermost: guard and routes must see the same path, or a request could slip between them."""

    def __init__(self, app: AsgiApp, rules: Iterable[str]) -> None:
        """`rules`: the paths served; what lies under /v1 is served without it too."""
        self._app = app
        self._versioned = frozenset(rule.split("/")[2] for rule in rules if rule.startswith(_VERSION + "/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "path" in scope:
            scope = {**scope, "path": self.fold(scope["path"])}
        await self._app(scope, receive, send)

    def fold(self, path: str) -> str:
        """`//messages/` → `/v1/messages`; what doesn't begin with a slash is no path and stays as it is."""
        if not path.startswith("/"):
            return path
        folded = _SLASHES.sub("/", path).rstrip("/") or "/"
        if folded.split("/")[1] in self._versioned:
            return _VERSION + folded
        return folded

"""Which web pages may call, and what a browser has to be told about it (CORS)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.proxy.asgi import Header

_ALLOWED_HEADERS = (
    "authorization",
    "content-type",
    "x-api-key",
    "anthropic-version",
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
    "http-referer",
    "x-title",
    "x-session-id",
    "user-agent",  # the official clients set it, and unlike Chrome, Safari and Firefox then ask for it
)
_ALLOWED_FAMILIES = re.compile(r"(?:openai|x-stainless)-[a-z0-9-]{1,64}")
_EXPOSED_HEADERS = (
    b"x-request-id, request-id, retry-after, x-should-retry, x-session-id, x-tidegate-ignored, x-tidegate-estimate"
)
_METHODS = b"GET, HEAD, POST, DELETE"
_REMEMBERED_SECONDS = b"600"


class Origins:
    """The pages that may call: Tidegate's own, and those a person allowed, each compared as a whole."""

    def __init__(self, port: int, allowed: Iterable[str]) -> None:
        suffixes = ("", ":80") if port == 80 else (f":{port}",)
        self._own = {f"http://{name}{suffix}" for name in ("localhost", "127.0.0.1", "[::1]") for suffix in suffixes}
        self._allowed = frozenset(allowed) - {"null", "*"}  # `null` is every sandboxed page there is

    def is_own(self, origin: str) -> bool:
        return origin in self._own

    def is_allowed(self, origin: str) -> bool:
        """Allowed by a person; Tidegate's own pages need no permission and get no CORS headers."""
        return origin in self._allowed

    def answer_headers(self, origin: str | None) -> list[Header]:
        """What lets the allowed page read the answer; nothing for anyone else. Never with credentials."""
        if origin is None or not self.is_allowed(origin):
            return []
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", _EXPOSED_HEADERS),
            (b"vary", b"Origin"),
        ]


def preflight_headers(asked_headers: str, *, private_network: bool) -> list[Header]:
    """The answer to a preflight, on top of `answer_headers`; of the headers asked for only known ones come back."""
    asked = [name.strip().lower() for name in asked_headers.split(",")]
    family = [name for name in dict.fromkeys(asked) if _ALLOWED_FAMILIES.fullmatch(name)]
    headers = [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", ", ".join((*_ALLOWED_HEADERS, *family)).encode("ascii")),
        (b"access-control-max-age", _REMEMBERED_SECONDS),
    ]
    if private_network:
        headers.append((b"access-control-allow-private-network", b"true"))
    return headers

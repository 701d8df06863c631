"""A request before its body: what decides whether it may come in."""

from __future__ import annotations

import msgspec

from app.proxy.asgi import Header


class RequestHead(msgspec.Struct, frozen=True):
    """A request before its body."""

    method: str
    path: str
    """Folded and percent-decoded, as the routes see it."""
    target: bytes
    """As it came, without the query."""
    http_version: str
    headers: tuple[Header, ...]
    """Lower-case names."""
    local_address: str = ""
    """The address of this computer that the connection came in on."""

    def __repr__(self) -> str:
        return f"RequestHead({self.method} {self.path})"  # the headers hold keys and cookies

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header, in order."""
        return [value.strip() for key, value in self.headers if key == name]

    def one(self, name: bytes) -> str | None:
        """The value of a header that came exactly once."""
        values = self.all(name)
        return values[0].decode("latin-1") if len(values) == 1 else None

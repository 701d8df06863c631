"""Parts of Tidegate that no app's key opens: the dashboard and the command line's way in. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from app.proxy.request_head import RequestHead

Trouble: TypeAlias = Literal["elsewhere", "page", "secret"]
_LOOPBACK = {"", "127.0.0.1", "::1"}
"""Where a connection from this computer comes in; empty where the server does not tell."""
_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "[::1]"}


class Realm(msgspec.Struct, frozen=True):
    """Paths behind a secret of their own: no app's key opens them, and their secret opens nothing else."""

    name: str
    """Stands where the name of an app's key would."""
    paths: tuple[str, ...]
    """Each with everything below it."""
    header: bytes
    """Lower-case name of the header that carries the secret."""
    check: Callable[[str], bool]
    """Whether that header's value holds the secret; must compare in constant time, and take any text."""
    sentence: str
    """For whoever comes without it: what to do."""
    open_paths: tuple[str, ...] = ()
    """Those of them, and below them, that need no secret; the pages that ask for it."""
    for_pages: bool = True
    """Tidegate's own pages may come in; False: nothing that a browser sends."""

    def covers(self, path: str) -> bool:
        return _is_below(path, self.paths)

    def trouble(self, head: RequestHead, is_own: Callable[[str], bool]) -> Trouble | None:
        """Why the request may not enter: it came over the network, from another page, or without the secret.

        `is_own`: whether an origin is Tidegate's own. A page that was opened by hand, or by another program, comes
        without an origin and from no site.
        """
        if head.local_address not in _LOOPBACK or _host(head) not in _LOOPBACK_NAMES:
            return "elsewhere"
        pages = [*head.all(b"origin"), *head.all(b"referer")]
        sites = {value.lower() for value in head.all(b"sec-fetch-site")}
        own = all(is_own(_origin_of(page.decode("latin-1"))) for page in pages)
        if not own or not sites <= {b"same-origin", b"none"} or (not self.for_pages and (pages or sites)):
            return "page"
        if _is_below(head.path, self.open_paths):
            return None
        has_secret = any(self.check(value.decode("latin-1")) for value in head.all(self.header))
        return None if has_secret else "secret"


def _host(head: RequestHead) -> str:
    host = (head.one(b"host") or "").lower()
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _origin_of(address: str) -> str:
    return "/".join(address.split("/")[:3])


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)

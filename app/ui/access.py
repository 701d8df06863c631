"""Who may see the dashboard: whoever brings a code that Tidegate itself gave out, or the cookie that came of one."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

COOKIE = "tidegate_dashboard"
CODE_SECONDS = 60.0
SESSION_SECONDS = 30 * 86_400.0
_MOST_CODES = 20
_MOST_SESSIONS = 50


class DashboardDoor:
    """Lives as long as the program: its secrets die with it. Thread-safe.

    Only digests are kept and looked up, so that neither time nor a look into memory gives a secret away.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, float] = {}
        self._sessions: dict[str, float] = {}

    def new_code(self) -> str:
        """A code that opens the dashboard once, within a minute."""
        code = secrets.token_urlsafe(18)
        with self._lock:
            self._keep(self._codes, code, CODE_SECONDS, _MOST_CODES)
        return code

    def enter(self, code: str) -> str | None:
        """The cookie's value for a code, which is used up by that; None for any other."""
        with self._lock:
            until = self._codes.pop(_digest(code), 0.0)
            if until <= self._clock():
                return None
            token = secrets.token_urlsafe(32)
            self._keep(self._sessions, token, SESSION_SECONDS, _MOST_SESSIONS)
        return token

    def admits(self, cookies: str) -> bool:
        """Whether a Cookie header holds an open session."""
        found = [value for name, value in map(_pair, cookies.split(";")) if name == COOKIE]
        with self._lock:
            return any(self._sessions.get(_digest(value), 0.0) > self._clock() for value in found)

    def close_all(self) -> None:
        """Every browser has to bring a new code."""
        with self._lock:
            self._codes.clear()
            self._sessions.clear()

    def _keep(self, kept: dict[str, float], secret: str, seconds: float, most: int) -> None:
        now = self._clock()
        for digest in [digest for digest, until in kept.items() if until <= now]:
            del kept[digest]
        while len(kept) >= most:
            del kept[next(iter(kept))]  # the oldest
        kept[_digest(secret)] = now + seconds


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _pair(cookie: str) -> tuple[str, str]:
    name, _, value = cookie.strip().partition("=")
    return name, value

"""One Tidegate for each state folder: a lock that the system takes back when its holder dies, however it dies."""

from __future__ import annotations

from filelock import FileLock, Timeout

from app.core.paths import Paths


class Instance:
    """Lives as long as the program."""

    def __init__(self, paths: Paths) -> None:
        self._lock = FileLock(paths.run / "instance.lock")

    def acquire(self, *, seconds: float = 0) -> bool:
        """Become the one, waiting so long for another to end; False when it is still there. The folders must be."""
        try:
            self._lock.acquire(timeout=seconds)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        self._lock.release()

"""One Tidegate for each state folder: a lock that the system takes back when its holder dies, however it dies."""

from __future__ import annotations

from filelock import FileLock, Timeout

from app.core.paths import Paths


class Instance:
    """Lives as long as the program."""

    def __init__(self, paths: Paths) -> None:
        self._lock = FileLock(paths.run / "instance.lock")

    def acquire(self) -> bool:
        """Become the one; False when another one is. The folders have to be there."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        self._lock.release()

"""One Tidegate for each state folder: a lock that the system takes back when its holder dies, however it dies."""

from __future__ import annotations

from filelock import FileLock, Timeout

from app.core.paths import Paths

LOOK_SECONDS = 0.5
"""Longer than a command line holds the lock, which only looks whether somebody has it."""


class Instance:
    """Lives as long as the program."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.run
        self._lock = FileLock(paths.run / "instance.lock")

    def acquire(self, *, seconds: float = LOOK_SECONDS) -> bool:
        """Become the one, waiting so long for another to end; False when it is still there. The folders must be."""
        try:
            self._lock.acquire(timeout=seconds)
        except Timeout:
            return False
        return True

    def is_taken(self) -> bool:
        """Whether a program is the one now; looks by taking it for a moment."""
        if not self._folder.is_dir():  # nobody ever started
            return False
        try:
            with self._lock.acquire(timeout=0):
                return False
        except Timeout:
            return True

    def release(self) -> None:
        self._lock.release()

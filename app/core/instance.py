"""One Tidegate for each state folder: a lock that the system takes back when its holder dies, however it dies."""

from __future__ import annotations

from filelock import FileLock, Timeout

from app.core.errors import UsageError
from app.core.paths import Paths

LOOK_SECONDS = 0.5
"""Longer than a command line holds the lock, which only looks whether somebody has it."""


class Instance:
    """Lives as long as the program."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.run
        self._lock = FileLock(paths.run / "instance.lock", mode=0o600)

    def acquire(self, *, seconds: float = LOOK_SECONDS) -> bool:
        """Become the one, waiting so long for another to end; False when it is still there. The folders must be.

        Raises UsageError where nothing can be locked.
        """
        try:
            self._lock.acquire(timeout=seconds)
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:  # a full disk; a file system without locks
            raise self._no_lock(error) from error
        return True

    def is_taken(self) -> bool:
        """Whether a program is the one now; looks by taking it for a moment. Raises UsageError."""
        if not self._folder.is_dir():  # nobody ever started
            return False
        try:
            with self._lock.acquire(timeout=0):
                return False
        except Timeout:
            return True
        except (OSError, NotImplementedError) as error:
            raise self._no_lock(error) from error

    def release(self) -> None:
        self._lock.release()

    def _no_lock(self, error: Exception) -> UsageError:
        why = error.strerror if isinstance(error, OSError) else "it knows no locks"
        return UsageError(
            f"Tidegate can't use {self._folder} for its state: {why}. Set TIDEGATE_HOME to another folder."
        )

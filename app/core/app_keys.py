"""The keys chat apps send: the one everybody gets, and those made for single apps, which can be taken back one by one.

Only digests of the single ones are kept, in a file. A plain SHA-256 is enough: a key is 192 random bits, which nobody
finds by trying, and a slow digest would cost time on every request. The command line changes the same file while
Tidegate runs, so that it is read anew whenever it has changed.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from app.core.errors import UsageError
from app.core.secrets import new_key
from app.core.settings_file import replace_file

log = logging.getLogger(__name__)

DEFAULT_NAME = "default"
RESERVED = frozenset({DEFAULT_NAME, "any", "dashboard", "control", "tidegate"})
MOST_KEYS = 100
_LONGEST_NAME = 40
_SAVE_SECONDS = 60.0
_LOCK_SECONDS = 10.0


class AppKey(msgspec.Struct, frozen=True):
    """A key made for one app, without the key."""

    name: str
    digest: str
    """SHA-256, hexadecimal."""
    created: float
    """Unix seconds."""
    last_four: str
    last_used: float | None = None
    """Unix seconds, up to a minute too early when another program asks; None: not since it was made."""


class AppKeys:
    """Lives as long as the program. Thread-safe."""

    def __init__(
        self,
        path: Path,
        default_key: str,
        *,
        any_key: bool = False,
        fixed: bool = False,
        kept: Callable[[], str | None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`default_key`: the one everybody gets; `fixed`: `tidegate key new` doesn't replace it.

        `kept`: reads the default key where it is kept, for when the command line has replaced it.
        `any_key`: accept whatever comes, as long as something does. Raises UsageError for a file that can't be read.
        """
        self._path = path
        self._uses_path = path.with_name(f"{path.stem}-used.json")
        self._clock = clock
        self._fixed = fixed
        self._kept = kept
        self._lock = threading.Lock()
        self.any_key = any_key
        self.default_key = default_key
        self._seen = _mark(path)
        self._keys = _read(path)
        self._uses = _read_uses(self._uses_path)
        self._saved: dict[str, float] = {}
        self._saving = threading.Lock()

    @property
    def default_key(self) -> str:
        """The key everybody gets; setting it makes the one before it worthless at once.

        Takes as long as the keyring does when the command line has replaced it.
        """
        self._look_again()
        if self._known()[0][1] != self._default_digest and (value := self._kept()):
            self.default_key = value
        return self._default_key

    @default_key.setter
    def default_key(self, value: str) -> None:
        self._default_key, self._default_digest, self._default_since = value, _digest(value), self._clock()

    def check(self, given: bytes) -> str | None:
        """The name of the key, in constant time; any bytes will do."""
        self._look_again()
        digest = hashlib.sha256(given).hexdigest()
        found = None
        for name, expected in self._known():
            if hmac.compare_digest(digest, expected):
                found = name
        if found:
            self._note_use(found)
            return found
        return "any" if self.any_key and given else None

    def listed(self) -> tuple[AppKey, ...]:
        """The keys made for single apps, oldest first."""
        self._look_again()
        return tuple(replace(key, last_used=self.last_used(key.name)) for key in self._keys if key.name != DEFAULT_NAME)

    def last_used(self, name: str) -> float | None:
        """When a key let somebody in."""
        made = next((key.created for key in self._keys if key.name == name), 0.0)
        used = max(self._uses.get(name, 0.0), _read_uses(self._uses_path).get(name, 0.0))
        return used if used and used >= made else None  # else it was another key of that name

    def add(self, name: str) -> str:
        """A new key for an app, shown this once; raises UsageError."""
        name = " ".join(name.split())
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise UsageError(f"Give the key a name of 1 to {_LONGEST_NAME} characters, such as the app's.")
        if "/" in name or not name.strip("."):
            raise UsageError("A key's name can't have a slash in it, nor be only dots. Choose another one.")
        if name.lower() in RESERVED:
            raise UsageError(f"{name} is a name that Tidegate uses itself. Choose another one.")
        value = new_key()

        def with_it(keys: tuple[AppKey, ...]) -> tuple[AppKey, ...]:
            if any(key.name.lower() == name.lower() for key in keys):
                raise UsageError(f"There is a key called {name} already. Choose another name, or revoke that one.")
            if len(keys) >= MOST_KEYS:
                raise UsageError(f"There are {MOST_KEYS} keys. Revoke one you no longer need first.")
            return (*keys, AppKey(name, _digest(value), self._clock(), value[-4:]))

        self._change(with_it)
        return value

    def remove(self, name: str) -> bool:
        """From now on this app's key opens nothing; False when there is none. Raises UsageError."""
        wanted = " ".join(name.split()).lower()
        before = self._change(
            lambda keys: tuple(key for key in keys if key.name.lower() != wanted or key.name == DEFAULT_NAME)
        )
        return any(key.name.lower() == wanted and key.name != DEFAULT_NAME for key in before)

    def renewed(self, value: str) -> None:
        """Tell a running Tidegate, by way of the file, that this is the default key from now on; raises UsageError."""
        told = AppKey(DEFAULT_NAME, _digest(value), self._clock(), value[-4:])
        self._change(lambda keys: (*(key for key in keys if key.name != DEFAULT_NAME), told))

    def _known(self) -> list[tuple[str, str]]:
        known = [(DEFAULT_NAME, self._default_digest)]
        for key in self._keys:
            if key.name != DEFAULT_NAME:
                known.append((key.name, key.digest))
            elif not self._fixed and key.created > self._default_since:
                known[0] = (DEFAULT_NAME, key.digest)
        return known

    def _look_again(self) -> None:
        """Two microseconds when nothing has changed."""
        if (mark := _mark(self._path)) == self._seen:
            return
        self._seen = mark
        try:
            self._keys = _read(self._path)
        except UsageError as error:
            log.error("%s Until then only the default key is accepted.", error)  # noqa: TRY400  no bug of ours
            self._keys = ()

    def _change(self, change: Callable[[tuple[AppKey, ...]], tuple[AppKey, ...]]) -> tuple[AppKey, ...]:
        """Change the file alone, among threads and programs; returns what was there before."""
        from filelock import FileLock, Timeout  # noqa: PLC0415  only a change needs it

        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._lock, FileLock(self._path.with_suffix(".lock"), timeout=_LOCK_SECONDS, mode=0o600):
                before = _read(self._path)
                after = change(before)
                if after != before:
                    replace_file(self._path, msgspec.json.encode(after).decode())
                self._keys, self._seen = after, _mark(self._path)
        except Timeout as error:
            raise UsageError("Another program is changing the keys. Try again in a moment.") from error
        except OSError as error:
            raise UsageError(f"The keys can't be changed: {error.strerror}. Free some space, and try again.") from error
        return before

    def _note_use(self, name: str) -> None:
        now = self._clock()
        self._uses[name] = now
        if now - self._saved.get(name, float("-inf")) >= _SAVE_SECONDS:
            self._saved[name] = now
            # A thread, because a slow disk must not hold up the request that came with the key.
            threading.Thread(target=self._save_uses, name="key uses", daemon=True).start()

    def _save_uses(self) -> None:
        try:
            with self._saving:  # who comes last writes what is known by then
                replace_file(self._uses_path, msgspec.json.encode(dict(self._uses)).decode())
        except OSError:
            log.warning("when keys were used last can't be written down", exc_info=True)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8")).hexdigest()


def _mark(path: Path) -> tuple[int, int, int] | None:
    """Differs after every change: each one brings a new file."""
    try:
        found = os.stat(path)  # noqa: PTH116  half the time of Path.stat, on every request
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> tuple[AppKey, ...]:
    """Those kept; none of a file that can't be read, because a guess would let somebody in."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[AppKey, ...])
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"The file of app keys {path} can't be read. Remove it, and make the apps new keys."
        ) from error


def _read_uses(path: Path) -> dict[str, float]:
    """Nothing rather than a failure: it decides about nothing."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except (OSError, msgspec.MsgspecError):
        return {}

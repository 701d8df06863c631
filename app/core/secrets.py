"""Keeps keys in the operating system's keyring, or in memory for this session where there is none, and says which.

The only file that knows the keyring library. Every call to it runs on a thread of its own with a time limit: a hung
message bus or an unlock question nobody answers must not keep Tidegate from starting.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from app.core.errors import SecretsUnavailable, UsageError
from app.core.paths import Paths

KEY_PREFIX = "tg-"
_SERVICE = "Tidegate"
_LIMIT_SECONDS = 10.0
Result = TypeVar("Result")


class SecretName(Enum):
    """What is kept; the value is the name a person sees in the keyring's own program."""

    LOCAL_KEY = "key for chat apps"
    ANTHROPIC_KEY = "Anthropic API key"


class KeptIn(Enum):
    """Where a secret lives."""

    ENVIRONMENT = "TIDEGATE_API_KEY"
    KEYRING = "the system's keyring"
    SESSION = "this session only"


@dataclass(frozen=True, slots=True, repr=False)
class LocalKey:
    """The key chat apps have to send."""

    value: str
    kept_in: KeptIn


class Store(Protocol):
    """A place that outlives the program; any exception means it can't be used."""

    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str) -> None: ...

    def delete(self, name: str) -> None:
        """Does nothing when there is none."""
        ...


class Secrets:
    """Lives as long as the program. Thread-safe for reading; `keep` belongs to one thread at a time."""

    def __init__(self, store: Store, *, limit_seconds: float = _LIMIT_SECONDS) -> None:
        self._store = store
        self._limit = limit_seconds
        self._session: dict[SecretName, str] = {}
        self._made_up: set[SecretName] = set()
        """Those of the session that nobody entered: the keyring may have had another one, had it answered."""
        self._in_keyring: set[SecretName] = set()
        """Those it is known to have."""
        self.problem: str | None = None
        """Why the keyring is not used, as a sentence; None while it works."""

    def read(self, name: SecretName) -> str | None:
        """The secret, or None when there is none or the keyring can't be used."""
        if name in self._session:
            return self._session[name]
        try:
            found = self._bounded(lambda: self._store.get(name.value))
        except SecretsUnavailable:
            return None
        if found is not None:
            self._in_keyring.add(name)
        return found

    def keep(self, name: SecretName, value: str, *, made_up: bool = False) -> KeptIn:
        """Keep the secret in the keyring; where that fails, for this session. The answer tells which.

        `made_up`: nobody entered it; where the keyring turns out to have one, that counts.
        """
        self._made_up.discard(name)
        try:
            self._bounded(lambda: self._store.set(name.value, value))
            if self._bounded(lambda: self._store.get(name.value)) == value:
                self._session.pop(name, None)
                self._in_keyring.add(name)
                return KeptIn.KEYRING
            self.problem = "The system's keyring accepts keys but does not keep them."
        except SecretsUnavailable:
            pass
        self._session[name] = value
        if made_up:
            self._made_up.add(name)
        return KeptIn.SESSION

    def forget(self, name: SecretName) -> None:
        """Keep it no longer; raises SecretsUnavailable when the keyring has it and can't be used."""
        if not (self.problem and name in self._session and name not in self._in_keyring):
            self._bounded(lambda: self._store.delete(name.value))
            self._in_keyring.discard(name)
        self._session.pop(name, None)

    def ask_again(self) -> None:
        """Use the keyring again if it answers now: at a login it may have been locked still, or not there yet."""
        if not self.problem:
            return
        self.problem = None
        for name, value in tuple(self._session.items()):
            if name in self._made_up:
                del self._session[name]
                if self.read(name) is None:
                    self.keep(name, value, made_up=True)
            else:
                self.keep(name, value)

    def _bounded(self, call: Callable[[], Result]) -> Result:
        """Run one keyring call; any failure closes the keyring for this session, so that nobody waits twice."""
        if self.problem:
            raise SecretsUnavailable(self.problem)
        outcome: list[Result] = []
        failure: list[BaseException] = []

        def run() -> None:
            try:
                outcome.append(call())
            except BaseException as error:  # noqa: BLE001  handed to the caller below
                failure.append(error)

        # A daemon thread, not a pool: a pool's threads keep the interpreter from ending while one of them hangs.
        thread = threading.Thread(target=run, name="keyring", daemon=True)
        thread.start()
        thread.join(self._limit)
        if outcome:
            return outcome[0]
        self.problem = _sentence(failure[0] if failure else None)
        raise SecretsUnavailable(self.problem) from (failure[0] if failure else None)


def local_key(secrets_: Secrets, environ: Mapping[str, str]) -> LocalKey:
    """The key of this start: the one TIDEGATE_API_KEY fixes, the kept one, or a new one. Raises UsageError."""
    if fixed := fixed_key(environ):
        return LocalKey(fixed, KeptIn.ENVIRONMENT)
    if kept := secrets_.read(SecretName.LOCAL_KEY):
        return LocalKey(kept, KeptIn.SESSION if secrets_.problem else KeptIn.KEYRING)
    value = new_key()
    return LocalKey(value, secrets_.keep(SecretName.LOCAL_KEY, value, made_up=True))


def fixed_key(environ: Mapping[str, str]) -> str | None:
    """The key TIDEGATE_API_KEY fixes, if it does; raises UsageError for one no HTTP header could carry."""
    value = environ.get("TIDEGATE_API_KEY")
    if value and not (value.isascii() and value.isprintable() and " " not in value):
        raise UsageError("TIDEGATE_API_KEY may only have letters, digits and signs of ASCII, and no spaces.")
    return value or None


def new_key() -> str:
    """A key nobody can guess: 192 random bits."""
    return KEY_PREFIX + secrets.token_urlsafe(24)


def keyring_of(paths: Paths) -> Store:
    """The operating system's keyring. A state folder of its own has keys of its own."""
    return _Keyring("" if paths.is_default else f" ({paths.home})")


class _Keyring:
    """The keyring library, imported at the first use: that alone takes a tenth of a second."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix

    def get(self, name: str) -> str | None:
        import keyring  # noqa: PLC0415  late, see above

        return keyring.get_password(_SERVICE, name + self._suffix)

    def set(self, name: str, value: str) -> None:
        import keyring  # noqa: PLC0415  late, see above

        keyring.set_password(_SERVICE, name + self._suffix, value)

    def delete(self, name: str) -> None:
        import keyring  # noqa: PLC0415  late, see above

        if keyring.get_password(_SERVICE, name + self._suffix) is not None:
            keyring.delete_password(_SERVICE, name + self._suffix)


def _sentence(error: BaseException | None) -> str:
    if error is None:
        return "The system's keyring does not answer."
    match type(error).__name__:
        case "NoKeyringError":
            return "This system has no keyring."
        case "InitError" | "KeyringLocked" | "LockedException":
            return "The system's keyring is locked."
        case _:
            return "The system's keyring can't be used."

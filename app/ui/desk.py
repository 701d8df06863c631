"""What the dashboard's routes work with: handed in as a whole, because each of them uses another part."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from app.core.app_keys import AppKeys
from app.core.bus import Bus
from app.core.commands import Commands, Outcome, StartAtLogin
from app.core.history import History
from app.core.redaction import Redaction
from app.core.settings_editor import Setting
from app.ui.access import DashboardDoor

_MODELS_SECONDS = 1.0


class SessionSummary(Protocol):
    """One conversation that goes on under a key of its app's; times in Unix seconds."""

    @property
    def app(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def message_count(self) -> int: ...
    @property
    def created(self) -> float: ...
    @property
    def used(self) -> float: ...


class Sessions(Protocol):
    """The conversations that apps continue by key."""

    @property
    def ttl_seconds(self) -> float: ...

    async def listed(self) -> Sequence[SessionSummary]: ...

    async def count(self) -> int | None:
        """None where they can't be read, which must not cost the rest of a page."""
        ...

    async def end(self, app: str, key: str) -> bool: ...

    async def end_all(self) -> int: ...


class Account(Protocol):
    """Who is signed in, as the signed-in program tells it. All but `sign_in_page` may take seconds."""

    def told(self) -> Mapping[str, object]:
        """What it said last, without asking again; empty when it never did."""
        ...

    def sign_in_page(self) -> str | None:
        """The page of the sign-in that is under way, wherever it was begun."""
        ...

    def use_api_key(self, key: str) -> ApiKeyOutcome:
        """Check the key once with the service, keep it, and answer with it from now on."""
        ...

    def forget_api_key(self) -> Outcome: ...


class ApiKeyOutcome(msgspec.Struct, frozen=True):
    ok: bool
    last_four: str | None
    sentence: str


class Origins(msgspec.Struct, frozen=True):
    """Web pages that may call, and those that tried."""

    allowed: tuple[str, ...]
    asking: tuple[str, ...]
    """Turned away since the start and not decided upon, the last one first."""


class SettingsChanged(msgspec.Struct, frozen=True):
    applied: tuple[str, ...]
    needs_restart: bool
    apps_to_update: tuple[str, ...]
    """Apps that use the address which is about to change."""
    address: str | None
    """Where Tidegate will be reached, when that changes."""


class Preferences(Protocol):
    """Settings, and what follows from changing them; raises UsageError."""

    def listed(self) -> tuple[Setting, ...]: ...

    def waiting(self) -> tuple[str, ...]:
        """Names of settings that were changed and work only after a restart."""
        ...

    def change(self, values: Mapping[str, object]) -> SettingsChanged: ...

    def origins(self) -> Origins: ...

    def allow_origin(self, origin: str, *, allow: bool) -> Origins:
        """Let a page in, or not (any more); one that was turned away is then no longer told of."""
        ...

    def new_key(self) -> str:
        """A new key for all apps; the old one opens nothing any more."""
        ...


class Model(msgspec.Struct, frozen=True):
    """One that can be asked for now."""

    id: str
    context_tokens: int | None
    """How much it takes in; None where the list doesn't say, as it does of a hidden one."""


class Desk(msgspec.Struct, frozen=True):
    commands: Commands
    history: History
    bus: Bus
    door: DashboardDoor
    keys: AppKeys
    sessions: Sessions
    account: Account
    preferences: Preferences
    start_at_login: StartAtLogin | None
    show_window: Callable[[str], Outcome] | None
    """Shows the dashboard's window at a page; None where there is none."""
    models: Callable[[], Awaitable[Sequence[Model]]]
    """The default first."""
    log_file: Path
    redaction: Redaction
    stopping: asyncio.Event
    """Set when the server closes: streams that go on for ever end themselves."""
    clock: Callable[[], float] = time.time

    async def models_soon(self) -> Sequence[Model]:
        """The same; none while the engine is still starting, which must not hold up a page."""
        try:
            async with asyncio.timeout(_MODELS_SECONDS):
                return await self.models()
        except TimeoutError:
            return ()

"""Changes settings while Tidegate runs: writes them down, and lets take effect what can."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from app.core import history_queries
from app.core.app_keys import DEFAULT_NAME, RESERVED, AppKeys
from app.core.bus import Bus
from app.core.errors import UsageError
from app.core.events import Event, RequestRefused
from app.core.history import History
from app.core.redaction import Redaction
from app.core.secrets import KeptIn, SecretName, Secrets, new_key
from app.core.settings import Settings, TraySettings, UpdateSettings
from app.core.settings_editor import Setting, SettingsEditor
from app.ui.desk import Origins, SettingsChanged

_ORIGINS = "access.allowed_origins"
_MOST_ASKING = 50
_MOST_DENIED = 500
_APPS_SINCE_SECONDS = 30 * 86_400.0


class Running(Protocol):
    """What takes effect at once, and how the server moves."""

    def allow_origins(self, origins: tuple[str, ...]) -> None: ...

    def refresh_every(self, hours: float) -> None: ...

    def look_for_updates(self, wanted: UpdateSettings) -> None: ...

    def wear(self, wanted: TraySettings) -> None:
        """How the icon looks, and whether it notifies."""
        ...

    def check_address(self, host: str, port: int) -> None:
        """Raises UsageError when it is taken, or no address of this computer."""
        ...

    def restart(self) -> None:
        """Begin anew with what is written down, as soon as running answers have ended."""
        ...


class LivePreferences:
    """Implements `app.ui.desk.Preferences`; lives as long as one run of the server."""

    def __init__(
        self,
        editor: SettingsEditor,
        running: Running,
        *,
        keys: AppKeys,
        key_is_fixed: bool,
        secrets: Secrets,
        redaction: Redaction,
        history: History,
        bus: Bus,
        check: Callable[[Settings], None],
        clock: Callable[[], float],
        started_with: Settings,
    ) -> None:
        """`key_is_fixed`: the environment says what the key is. `started_with`: the settings this server runs by.

        `check` raises UsageError for settings that would let in more than may get in.
        """
        self._check = check
        self._editor, self._running = editor, running
        self._keys, self._key_is_fixed = keys, key_is_fixed
        self._secrets, self._redaction = secrets, redaction
        self._history = history
        self._clock = clock
        self._started_with = started_with
        self._allowing = threading.Lock()
        """Whoever answers two pages at once means both."""
        self._denied: OrderedDict[str, None] = OrderedDict()
        self._asking: OrderedDict[str, None] = OrderedDict()
        bus.subscribe(self._note)

    def listed(self) -> tuple[Setting, ...]:
        return self._editor.listed()

    def waiting(self) -> tuple[str, ...]:
        return self._editor.waiting(self._started_with)

    def change(self, values: Mapping[str, object]) -> SettingsChanged:
        after = self._editor.planned(values)
        self._check(after)
        planned = after.server
        now = self._editor.current().server
        moves = (planned.host, planned.port) != (now.host, now.port)
        if moves:
            self._running.check_address(planned.host, planned.port)
        change = self._editor.change(values)
        for name in change.applied:
            self._apply(name, change.after)
        if not moves:
            return SettingsChanged(change.applied, change.needs_restart, (), None)
        self._running.restart()
        since = self._clock() - _APPS_SINCE_SECONDS
        apps = self._history.read(partial(history_queries.apps, since=since))
        return SettingsChanged(
            (*change.applied, *change.moves),
            needs_restart=False,
            apps_to_update=tuple(app for app in apps if app.lower() not in RESERVED or app == DEFAULT_NAME),
            address=f"http://127.0.0.1:{planned.port}" if planned.port else None,  # there whatever else the host is
        )

    def origins(self) -> Origins:
        return self._shown(self._editor.current().access.allowed_origins)

    def allow_origin(self, origin: str, *, allow: bool) -> Origins:
        with self._allowing:
            before = self._editor.current().access.allowed_origins
            others = tuple(each for each in before if each != origin)
            after = tuple(dict.fromkeys((*before, origin))) if allow else others
            self.change({_ORIGINS: list(after) or None})
        self._asking.pop(origin, None)
        if allow:
            self._denied.pop(origin, None)
        else:
            self._remember(self._denied, origin, _MOST_DENIED)
        return self.origins()

    def new_key(self) -> str:
        if self._key_is_fixed:
            raise UsageError("TIDEGATE_API_KEY fixes the key. Unset it first, then ask for a new one.")
        value = new_key()
        self._redaction.learn(value)
        if self._secrets.keep(SecretName.LOCAL_KEY, value) is KeptIn.KEYRING:
            self._keys.renewed(value)
        self._keys.default_key = value
        return value

    def _apply(self, name: str, settings: Settings) -> None:
        match name:
            case "access.allowed_origins":
                self._running.allow_origins(settings.access.allowed_origins)
            case "access.any_key":
                self._keys.any_key = settings.access.any_key
            case "upkeep.auth_refresh_hours":
                self._running.refresh_every(settings.upkeep.auth_refresh_hours)
            case "history.days" | "history.total_days":
                self._history.keep_for(days=settings.history.days, total_days=settings.history.total_days)
            case "updates.check" | "updates.skipped" | "updates.feed":
                self._running.look_for_updates(settings.updates)
            case "tray.notifications" | "tray.icon":
                self._running.wear(settings.tray)
            case "log.level":
                logging.getLogger("app").setLevel(settings.log.level.upper())
            case _:
                pass

    def _shown(self, allowed: tuple[str, ...]) -> Origins:
        return Origins(allowed, tuple(each for each in reversed(self._asking) if each not in allowed))

    def _note(self, event: Event) -> None:
        match event:
            case RequestRefused(reason="origin" | "cross_site", origin=str(origin)) if "://" in origin:
                if origin not in self._denied:
                    self._remember(self._asking, origin, _MOST_ASKING)
            case _:
                pass

    @staticmethod
    def _remember(origins: OrderedDict[str, None], origin: str, most: int) -> None:
        """As the newest; the oldest goes when there are too many."""
        origins.pop(origin, None)
        origins[origin] = None
        while len(origins) > most:
            origins.popitem(last=False)

"""Settings that are changed while Tidegate runs."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from app.core.app_keys import AppKeys
from app.core.bus import Bus
from app.core.history import History
from app.core.redaction import Redaction
from app.core.secrets import Secrets
from app.core.settings import Settings, TraySettings, UpdateSettings
from app.core.settings_editor import SettingsEditor
from app.preferences import LivePreferences
from tests.core.test_secrets import Drawer


class Running:
    """Notes which pages may call."""

    def __init__(self) -> None:
        self.origins: tuple[str, ...] = ()

    def allow_origins(self, origins: tuple[str, ...]) -> None:
        self.origins = origins

    def refresh_every(self, hours: float) -> None: ...

    def look_for_updates(self, wanted: UpdateSettings) -> None: ...

    def wear(self, wanted: TraySettings) -> None: ...

    def check_address(self, host: str, port: int) -> None: ...

    def restart(self) -> None: ...


def test_pages_that_are_allowed_at_the_same_time_are_all_allowed(tmp_path: Path):
    running, bus = Running(), Bus()
    history = History(tmp_path / "history.db", bus)
    preferences = LivePreferences(
        SettingsEditor(tmp_path / "config.toml", {}, {}), running, keys=AppKeys(tmp_path / "keys.json", "key"),
        key_is_fixed=False, secrets=Secrets(Drawer()), redaction=Redaction(), history=history, bus=bus,
        check=lambda _: None, clock=time.time, started_with=Settings(),
    )  # fmt: skip
    pages = [f"https://page{number}.example" for number in range(6)]
    threads = [
        threading.Thread(target=preferences.allow_origin, args=(page,), kwargs={"allow": True}) for page in pages
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(running.origins) == sorted(preferences.origins().allowed) == pages
    history.close()

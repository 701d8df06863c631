"""Where everything Tidegate keeps is: one folder, for its owner's eyes only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import platformdirs

from app.core.errors import UsageError


class Paths(msgspec.Struct, frozen=True):
    """The places below the state folder."""

    home: Path
    is_default: bool = False
    """True: the platform's own place, not one that TIDEGATE_HOME names."""
    common: Path | None = None
    """That own place of the platform, where another one is `home`."""

    @property
    def config(self) -> Path:
        """The settings a person may edit."""
        return self.home / "config.toml"

    @property
    def log(self) -> Path:
        """The newest log file; older ones lie beside it with a number."""
        return self.home / "logs" / "tidegate.log"

    @property
    def engine(self) -> Path:
        """An empty folder: what an engine's process sees as the current one."""
        return self.home / "engine"

    @property
    def conversations(self) -> Path:
        """What chat apps continue by key or by id, for as long as a setting says."""
        return self.home / "conversations.db"

    @property
    def history(self) -> Path:
        """Past requests: names and numbers."""
        return self.home / "history.db"

    @property
    def app_keys(self) -> Path:
        """Digests of the keys that were made for single apps."""
        return self.home / "app-keys.json"

    @property
    def control(self) -> Path:
        """How a command line reaches the running program: port and secret."""
        return self.run / "control.json"

    @property
    def run(self) -> Path:
        """What only matters while Tidegate runs: locks, records of its child processes."""
        return self.home / "run"

    @property
    def sign_in_lock(self) -> Path:
        """Held while the sign-in is renewed. It lies where every Tidegate of this person looks, whatever its home: they
        all use one sign-in."""
        return (self.common or self.home) / "run" / "sign-in.lock"

    def create(self) -> None:
        """Make the folders and close them to others; raises UsageError where that can't be done."""
        try:
            for folder in (self.home, self.log.parent, self.engine, self.run):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
        except OSError as error:
            raise UsageError(
                f"Tidegate can't use {self.home} for its state: {error.strerror}. Set TIDEGATE_HOME to another folder."
            ) from error


def paths_from(environ: Mapping[str, str]) -> Paths:
    """The folder TIDEGATE_HOME names, else the platform's own place for an application's state."""
    common = platformdirs.user_data_path("Tidegate", appauthor=False)
    if moved := environ.get("TIDEGATE_HOME"):
        return Paths(Path(moved).expanduser().absolute(), common=common)
    return Paths(common, is_default=True)

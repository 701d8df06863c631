"""Starting Tidegate when its person logs in: one Protocol, one file per operating system.

Whether it is on is read from the system each time and remembered nowhere, so that switching it off there is honoured.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from app.core.commands import Outcome
from app.core.own_command import OwnCommand


class Autostart(Protocol):
    """The system's list of what to start at login. Every method raises OSError where the system refuses."""

    def is_on(self) -> bool: ...

    def is_this_one(self) -> bool:
        """Whether what is listed starts this very program, and no other copy; only asked when it is on."""
        ...

    def turn_on(self) -> None:
        """Also mends an entry that names another place."""
        ...

    def turn_off(self) -> None:
        """Does nothing when it is off."""
        ...


def autostart_of(command: OwnCommand, environ: Mapping[str, str]) -> Autostart:
    """That of this system; `command` starts Tidegate."""
    match sys.platform:
        case "win32":
            from app.tray.autostart.windows import WindowsAutostart, registry  # noqa: PLC0415  only on its system

            return WindowsAutostart(command, registry())
        case "darwin":
            from app.tray.autostart.macos import MacAutostart  # noqa: PLC0415

            return MacAutostart(command, Path.home() / "Library" / "LaunchAgents")
        case _:
            from app.tray.autostart.linux import LinuxAutostart, autostart_folder  # noqa: PLC0415

            return LinuxAutostart(command, autostart_folder(environ))


class LoginStart:
    """What the commands know of it: `app.core.commands.StartAtLogin`."""

    def __init__(self, place: Autostart) -> None:
        self._place = place

    def is_on(self) -> bool:
        return self._place.is_on()

    def is_this_one(self) -> bool:
        return self._place.is_this_one()

    def switch(self, *, on: bool) -> Outcome:
        """Turn it on or off, look whether that holds, and say so."""
        try:
            if on:
                self._place.turn_on()
            else:
                self._place.turn_off()
            holds = self._place.is_on() is on
        except OSError as error:
            return Outcome(ok=False, sentence=f"The start at login can't be changed: {error.strerror or error}.")
        if not holds:
            return Outcome(ok=False, sentence="This system doesn't keep what starts at login. Look into its settings.")
        words = "Tidegate starts when you log in." if on else "Tidegate no longer starts when you log in."
        return Outcome(ok=True, sentence=words)

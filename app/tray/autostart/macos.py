"""A LaunchAgent: a property list in the person's own Library, which launchd reads at login."""

from __future__ import annotations

import os
import plistlib
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.own_command import OwnCommand

LABEL = "app.tidegate.Tidegate"
_SECONDS = 5.0


def _disabled_services() -> str:
    """What the person switched off in the system's settings, as launchd prints it."""
    command = ["/bin/launchctl", "print-disabled", f"gui/{os.getuid()}"]
    return _ran(command)


def _enable() -> None:
    command = ["/bin/launchctl", "enable", f"gui/{os.getuid()}/{LABEL}"]
    _ran(command)


def _ran(command: Sequence[str]) -> str:
    """What it printed; raises OSError, also when it does not end."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False).stdout  # noqa: S603  the system's
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{command[0]} does not answer") from error


class MacAutostart:
    """The file decides from the next login on; it is not loaded now, which would start Tidegate a second time."""

    def __init__(
        self,
        command: OwnCommand,
        folder: Path,
        *,
        disabled: Callable[[], str] = _disabled_services,
        enable: Callable[[], None] = _enable,
    ) -> None:
        self._command = command
        self._file = folder / f"{LABEL}.plist"
        self._disabled = disabled
        self._enable = enable

    def is_on(self) -> bool:
        return self._file.is_file() and not self._switched_off()

    def is_this_one(self) -> bool:
        try:
            return self._file.read_bytes() == property_list(self._command)
        except FileNotFoundError:
            return False

    def turn_on(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_bytes(property_list(self._command))
        if self._switched_off():
            self._enable()

    def turn_off(self) -> None:
        self._file.unlink(missing_ok=True)

    def _switched_off(self) -> bool:
        """launchd prints `"label" => disabled`; before macOS 13 it was `=> true`."""
        for line in self._disabled().splitlines():
            name, _, state = line.partition("=>")
            if name.strip().strip('"') == LABEL:
                return state.strip() in ("disabled", "true")
        return False


def property_list(command: OwnCommand) -> bytes:
    """Starts hidden, once, in the person's graphical session only; launchd does not bring it back after a Quit."""
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command.with_arguments("--hidden")),
            "RunAtLoad": True,
            "KeepAlive": False,
            "LimitLoadToSessionType": "Aqua",
            "ProcessType": "Interactive",
        }
    )

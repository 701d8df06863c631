"""XDG autostart: a desktop entry in the person's own folder, which every desktop reads at login."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

from app.core.own_command import OwnCommand
from app.core.settings_file import replace_file
from app.tray.images import ICONS

_NAME = "app.tidegate.Tidegate.desktop"
_RESERVED = frozenset(" \t\n\"'\\><~|&;$*?#()`")


def autostart_folder(environ: Mapping[str, str]) -> Path:
    """Where the XDG base directories say it is."""
    config = environ.get("XDG_CONFIG_HOME", "")
    base = Path(config) if config.startswith("/") else Path.home() / ".config"
    return base / "autostart"


class LinuxAutostart:
    def __init__(self, command: OwnCommand, folder: Path) -> None:
        self._command = command
        self._file = folder / _NAME

    def is_on(self) -> bool:
        """A desktop that switches it off leaves the file and marks it; one that removes it, removes it."""
        entry = _read(self._file)
        return (
            entry is not None
            and entry.get("Hidden", "false").lower() != "true"
            and entry.get("X-GNOME-Autostart-enabled", "true").lower() != "false"
        )

    def is_this_one(self) -> bool:
        entry = _read(self._file)
        return entry is not None and entry.get("Exec") == _command_line(self._command)

    def turn_on(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._file, desktop_entry(self._command))

    def turn_off(self) -> None:
        self._file.unlink(missing_ok=True)


def desktop_entry(command: OwnCommand) -> str:
    """The file's text: it starts hidden, in the tray."""
    return (
        "[Desktop Entry]\n"
        "Type=Application\n"
        "Version=1.0\n"
        "Name=Tidegate\n"
        "Comment=Lets chat apps on this computer talk to Claude\n"
        f"Exec={_command_line(command)}\n"
        f"TryExec={_as_string(command.program)}\n"  # a desktop passes over what was uninstalled
        f"Icon={ICONS / 'ready-colour.png'}\n"
        "Terminal=false\n"
        "X-GNOME-Autostart-enabled=true\n"
    )


def _as_string(text: str) -> str:
    return text.replace("\\", "\\\\")


def _command_line(command: OwnCommand) -> str:
    return " ".join(_quoted(part) for part in command.with_arguments("--hidden"))


def _quoted(part: str) -> str:
    """As the desktop entry specification wants it: quoted, and then escaped once more as a string."""
    doubled = part.replace("%", "%%")
    if doubled and not any(sign in _RESERVED for sign in doubled):
        return doubled
    inner = "".join(f"\\{sign}" if sign in '"`$\\' else sign for sign in doubled)
    return _as_string(f'"{inner}"')


def _read(file: Path) -> Mapping[str, str] | None:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # its way to keep capitals
    try:
        parser.read_string(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (UnicodeDecodeError, configparser.Error):
        return {"Hidden": "true"}
    return parser["Desktop Entry"] if parser.has_section("Desktop Entry") else {"Hidden": "true"}

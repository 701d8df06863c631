"""How this very program is started again: by the system at login, for the window, after an installation."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

_ROOT = Path(__file__).resolve().parents[2]
_WINDOWED = "Tidegate.exe"
"""The Windows package has the program twice; the other is for commands typed into a console, and opens one."""


class OwnCommand(msgspec.Struct, frozen=True):
    """A program and its arguments, good in any folder."""

    program: str
    arguments: tuple[str, ...] = ()

    def with_arguments(self, *more: str) -> tuple[str, ...]:
        """The whole command line, `more` at its end."""
        return (self.program, *self.arguments, *more)


def own_command(environ: Mapping[str, str], *, quiet: bool = False) -> OwnCommand:
    """The command of a packaged, an installed or a source Tidegate.

    `quiet`: without a console window on Windows. An AppImage is started by its own file, which is not what runs.
    """
    if getattr(sys, "frozen", False):
        program = Path(sys.executable)
        if quiet and sys.platform == "win32" and (windowed := program.with_name(_WINDOWED)).exists():
            program = windowed
        return OwnCommand(environ.get("APPIMAGE") or str(program))
    python = Path(sys.executable)
    if quiet and sys.platform == "win32" and python.with_name("pythonw.exe").exists():
        python = python.with_name("pythonw.exe")
    script = python.with_name("tidegate")
    if script.is_file() and sys.platform != "win32":
        return OwnCommand(str(script))
    if "site-packages" in _ROOT.parts:
        return OwnCommand(str(python), ("-m", "app"))
    return OwnCommand(str(python), ("-c", _FROM_SOURCE.format(folder=str(_ROOT))))


_FROM_SOURCE = "import sys; sys.path.insert(0, {folder!r}); from app.__main__ import main; sys.exit(main())"
"""Python's `-m` would look into the folder it is started in, and a login starts it anywhere."""

"""The icon in the system's tray. The only file that knows pystray, and what of it has to be done otherwise.

pystray builds a new menu whenever a label changes: on Linux an open menu then closes under the hand and memory grows,
on macOS and Windows it happens on the wrong thread. Here the menu is made once and its lines are changed in place, on
the thread that owns it, whether it is open or not. Importing pystray where there is no screen raises: it is done late.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias

from app.tray.board import Board, NoClipboard
from app.tray.images import Kind, picture
from app.tray.menu import Line
from app.tray.state import Look

log = logging.getLogger(__name__)

NAME = "tidegate"
PystrayIcon: TypeAlias = Any
"""pystray has no types."""


class Icon:
    """Lives from `run()` to `stop()`. Everything but `run` is thread-safe and returns at once."""

    def __init__(self, native: PystrayIcon, board: Board) -> None:
        self._native = native
        self._board = board

    def run(self, on_shown: Callable[[], None]) -> None:
        """Show the icon and handle its clicks on this thread, the main one, until `stop()`."""

        def shown(native: PystrayIcon) -> None:
            try:
                native.visible = True
            except Exception:  # pystray's thread would take it, and everything with it that comes after the icon
                log.exception("the icon can't be shown")
            on_shown()

        self._native.run(shown)

    def show(self, look: Look, title: str, lines: tuple[Line, ...]) -> None:
        """Change what there is to see."""
        changed = self._board.put(look, lines)
        if changed.look:
            self._native.draw()
        self._native.title = title
        if changed.lines:
            self._native.update_menu()

    def dress(self, kind: Kind) -> None:
        """Take the pictures of another kind, where a person may choose: macOS tints the one it has."""
        if self._board.kind not in (kind, "template"):
            self._board.kind = kind
            self._native.draw()

    def notify(self, title: str, text: str) -> None:
        """Show a notification, where the system has such a thing."""
        self._native.notify(text, title)

    def hosted(self) -> bool:
        """Whether anything shows tray icons here now; True where the system always does."""
        return bool(_own().hosted())

    def copy(self, text: str) -> None:
        """Put a text on the clipboard; raises NoClipboard."""
        try:
            self._native.copy(text)
        except (OSError, subprocess.SubprocessError) as error:
            raise NoClipboard("The clipboard does not answer. The dashboard can copy it too.") from error

    def stop(self) -> None:
        self._native.stop()


def open_icon(
    on_click: Callable[[str], None],
    on_session_end: Callable[[], None],
    environ: Mapping[str, str],
    kind: Kind = "colour",
) -> Icon:
    """An icon that is not shown yet; raises NoTray (see `board`). Belongs to the main thread.

    `on_click` gets the entry's name, on the thread that draws: it must only take note.
    `on_session_end`: the person logs out or the computer is switched off.
    """
    own = _own()
    own.prepare(environ)
    import pystray  # noqa: PLC0415  raises without a screen

    board = Board(on_click, "template" if sys.platform == "darwin" else kind)
    traits = {"board": board, "pystray": pystray, "on_session_end": staticmethod(on_session_end)}
    native = type("TidegateIcon", (own.OwnIcon, pystray.Icon), traits)
    return Icon(native(NAME, picture(Look.READY, board.kind), "Tidegate"), board)


def can_show(environ: Mapping[str, str]) -> bool:
    """Whether an icon would be seen here; raises NoTray."""
    own = _own()
    own.prepare(environ)
    return bool(own.hosted())


def _own() -> ModuleType:
    """What is ours on this system; each is loaded only there."""
    match sys.platform:
        case "win32":
            name = "icon_windows"
        case "darwin":
            name = "icon_macos"
        case _:
            name = "icon_linux"
    return import_module(f"app.tray.{name}")

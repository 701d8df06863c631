"""The icon on Windows: whatever touches its menu is done on the thread that owns it, also while the menu is open."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from app.tray.board import Board
from app.tray.images import picture
from app.tray.menu_windows import WindowsMenu

_WM_QUERYENDSESSION = 0x11
_WM_ENDSESSION = 0x16
_WM_RBUTTONUP = 0x205
_WM_LINES_CHANGED = 0x8001
"""Ours: the first numbers from 0x8000 on are free for programs."""
_LONGEST_TITLE = 127
_LONGEST_NOTIFICATION = 255
_NO_WINDOW = 0x0800_0000


def prepare(_environ: Mapping[str, str]) -> None:
    """Windows always has a tray."""


def hosted() -> bool:
    """There is always a place for icons."""
    return True


class OwnIcon:
    """What goes before pystray's own class."""

    board: Board
    pystray: Any
    on_session_end: Callable[[], None]
    icon: Any
    _hwnd: int | None

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments)
        self._win32 = self.pystray._win32.win32  # noqa: SLF001  its calls into the system
        self._native_menu: WindowsMenu | None = None
        self._menu_handle: Any = None
        self._message_handlers: dict[int, Callable[[int, int], int | None]]
        self._message_handlers[_WM_QUERYENDSESSION] = lambda *_: True
        self._message_handlers[_WM_ENDSESSION] = self._session_end
        self._message_handlers[_WM_LINES_CHANGED] = lambda *_: self._change_menu()

    def _session_end(self, ends: int, _reason: int) -> int:
        """Windows ends the process once this returns."""
        if ends:
            self.on_session_end()
        return 0

    def _update_menu(self) -> None:
        """From any thread. An open menu handles messages too; before there is a window, there is no menu to change."""
        if self._hwnd:
            self._win32.PostMessage(self._hwnd, _WM_LINES_CHANGED, 0, 0)

    def _change_menu(self) -> None:
        if self._native_menu is None:
            self._native_menu = WindowsMenu(self._win32)
        self._native_menu.follow(self.board.lines)
        self._menu_handle = (self._native_menu.handle, self.board.clicks())

    def _on_notify(self, wparam: int, lparam: int) -> None:
        if lparam == _WM_RBUTTONUP:
            self._change_menu()
        super()._on_notify(wparam, lparam)  # type: ignore[misc]  # pystray's

    def __call__(self) -> None:
        """A click on the icon itself."""
        self.board.click_default()

    def draw(self) -> None:
        self.icon = picture(self.board.look, self.board.kind)

    def _update_title(self) -> None:
        self._title = str(self._title)[:_LONGEST_TITLE]  # type: ignore[has-type]  # pystray's
        super()._update_title()  # type: ignore[misc]  # pystray's

    def _notify(self, message: str, title: str | None = None) -> None:
        super()._notify(message[:_LONGEST_NOTIFICATION], title)  # type: ignore[misc]  # pystray's

    def copy(self, text: str) -> None:
        data = text.encode("ascii" if text.isascii() else "utf-16")  # what it reads as the same on every Windows
        subprocess.run(["clip.exe"], input=data, timeout=5, check=True, creationflags=_NO_WINDOW)  # noqa: S607  Windows' own

"""The icon on Windows: its menu is made at the moment it is opened, on the thread that owns it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from app.tray.board import Board
from app.tray.images import picture
from app.tray.menu import Entry

_WM_QUERYENDSESSION = 0x11
_WM_ENDSESSION = 0x16
_WM_RBUTTONUP = 0x205
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

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments)
        self._menu_handle: Any = None
        self._message_handlers: dict[int, Callable[[int, int], int | None]]
        self._message_handlers[_WM_QUERYENDSESSION] = lambda *_: True
        self._message_handlers[_WM_ENDSESSION] = self._session_end

    def _session_end(self, ends: int, _reason: int) -> int:
        """Windows ends the process once this returns."""
        if ends:
            self.on_session_end()
        return 0

    def _update_menu(self) -> None:
        """Not now: see `_on_notify`."""

    def _on_notify(self, wparam: int, lparam: int) -> None:
        if lparam == _WM_RBUTTONUP:
            self._menu = self.pystray.Menu(*_items(self.pystray, self.board))
            super()._update_menu()  # type: ignore[misc]  # pystray's
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


def _items(pystray: Any, board: Board) -> list[Any]:  # noqa: ANN401
    return [
        pystray.Menu.SEPARATOR if line is None else _item(pystray, board, number, line)
        for number, line in enumerate(board.lines)
        if line is None or line.visible
    ]


def _item(pystray: Any, board: Board, number: int, line: Entry) -> Any:  # noqa: ANN401
    def click() -> None:  # pystray counts the arguments, and fills in what it likes
        board.click(number)

    def checked(_: object) -> bool | None:
        return line.checked

    return pystray.MenuItem(
        line.label.replace("&", "&&"),
        click,
        checked=None if line.checked is None else checked,
        enabled=line.enabled,
        default=line.default,
    )

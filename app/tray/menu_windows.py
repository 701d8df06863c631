"""The icon's menu on Windows: one that stays, whose lines are changed in place, also while it is open.

An open menu belongs to the thread that shows it, and that thread handles messages all the while: `icon_windows` calls
here from one. A hidden line is none there: it is put in where it belongs and taken out again, under an id that stays.

The tests play Windows' calls; on a real one nobody has looked at it yet. The same calls were seen to work under Wine 8,
which draws an open menu anew only when it is told, and gives a line that came meanwhile its place at the next opening.
"""

from __future__ import annotations

import ctypes
import threading
from ctypes import wintypes
from itertools import zip_longest
from typing import Any

from app.tray.menu import Entry, Line

_BY_POSITION = 0x400
_HIGHLIGHT = 0x80
_MENU_WINDOW = "#32768"
"""The system's own class for the windows of open menus."""
_MOST_MENUS = 32
_ALL_OF_IT = 0x1 | 0x4
_NOTHING = Entry("", "", visible=False)


class WindowsMenu:
    """Lives as long as the icon's window, and belongs to its thread; pystray destroys what `handle` names."""

    def __init__(self, win32: Any) -> None:  # noqa: ANN401  pystray has no types
        """`win32`: pystray's calls into the system, and the library behind them for those it has no use for."""
        self._win32 = win32
        user32, item = win32.windll.user32, win32.LPMENUITEMINFO
        whole, window, text = wintypes.UINT, wintypes.HWND, wintypes.LPCWSTR
        self._state = _call(user32.GetMenuState, whole, wintypes.HMENU, whole, whole)
        self._set = _call(user32.SetMenuItemInfoW, wintypes.BOOL, wintypes.HMENU, whole, wintypes.BOOL, item)
        self._take_out = _call(user32.DeleteMenu, wintypes.BOOL, wintypes.HMENU, whole, whole)
        self._next_window = _call(user32.FindWindowExW, window, window, window, text, text)
        self._thread_of = _call(user32.GetWindowThreadProcessId, wintypes.DWORD, window, wintypes.LPVOID)
        self._redraw = _call(user32.RedrawWindow, wintypes.BOOL, window, wintypes.LPVOID, wintypes.LPVOID, whole)
        self.handle = win32.CreatePopupMenu()
        self._lines: tuple[Line, ...] = ()

    def follow(self, lines: tuple[Line, ...]) -> None:
        """Show these lines from now on. The id of a choice is the line's number, counted from 1."""
        if lines == self._lines:
            return
        place = 0
        for number, (was, now) in enumerate(zip_longest(self._lines, lines, fillvalue=_NOTHING)):
            self._bring_up_to_date(place, number, was, now)
            place += _is_there(now)
        self._lines = lines
        self._draw_anew()

    def _bring_up_to_date(self, place: int, number: int, was: Line, now: Line) -> None:
        """The line at that place, or the one that belongs there."""
        if not _is_there(was) and _is_there(now):
            self._win32.InsertMenuItem(self.handle, place, True, ctypes.byref(self._item(number, now)))  # noqa: FBT003  by position
        elif _is_there(was) and not _is_there(now):
            self._take_out(self.handle, place, _BY_POSITION)
        elif _is_there(now) and was != now:
            highlight = self._state(self.handle, place, _BY_POSITION) & _HIGHLIGHT
            self._set(self.handle, place, True, ctypes.byref(self._item(number, now, highlight)))  # noqa: FBT003  by position

    def _draw_anew(self) -> None:
        """An open menu is a window of this thread; other programs' may be open too."""
        window = None
        for _ in range(_MOST_MENUS):
            window = self._next_window(None, window, _MENU_WINDOW, None)
            if not window:
                return
            if self._thread_of(window, None) == threading.get_native_id():
                self._redraw(window, None, None, _ALL_OF_IT)

    def _item(self, number: int, line: Line, highlight: int = 0) -> Any:  # noqa: ANN401
        """`highlight`: kept, because the hand may be on the line."""
        win32 = self._win32
        size = ctypes.sizeof(win32.MENUITEMINFO)
        if line is None:
            return win32.MENUITEMINFO(cbSize=size, fMask=win32.MIIM_FTYPE, fType=win32.MFT_SEPARATOR)
        return win32.MENUITEMINFO(
            cbSize=size,
            fMask=win32.MIIM_ID | win32.MIIM_STRING | win32.MIIM_STATE | win32.MIIM_FTYPE,
            wID=number + 1,
            dwTypeData=line.label.replace("&", "&&"),
            fState=highlight
            | (win32.MFS_DEFAULT if line.default else 0)
            | (win32.MFS_CHECKED if line.checked else 0)
            | (0 if line.enabled else win32.MFS_DISABLED),
        )


def _is_there(line: Line) -> bool:
    return line is None or line.visible


def _call(function: Any, result: Any, *arguments: Any) -> Any:  # noqa: ANN401
    """A call into the system that takes and gives what its documentation says."""
    function.restype, function.argtypes = result, arguments
    return function

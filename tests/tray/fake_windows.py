"""What pystray's Windows back end asks of the system: windows, messages, menus and the notification area, in memory."""

from __future__ import annotations

import ctypes
import itertools
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

LIMIT_SECONDS = 20
QUIT = 0x12
MENU_STRUCTURES = ("MENUITEMINFO", "NOTIFYICONDATAW", "WNDCLASSEX")
NUMBERS = {
    "WM_CREATE": 0x1, "WM_DISPLAYCHANGE": 0x7E, "WM_NCCREATE": 0x81, "WM_LBUTTONUP": 0x202, "WM_RBUTTONUP": 0x205,
    "WM_USER": 0x400, "WM_STOP": 0x40A, "WM_NOTIFY": 0x40B, "WM_TASKBARCREATED": 0xC0DE,
    "LR_DEFAULTSIZE": 0x40, "LR_LOADFROMFILE": 0x10, "IMAGE_ICON": 1,
    "MFS_CHECKED": 0x8, "MFS_DEFAULT": 0x1000, "MFS_DISABLED": 0x3, "MFT_RADIOCHECK": 0x200, "MFT_SEPARATOR": 0x800,
    "MIIM_FTYPE": 0x100, "MIIM_ID": 0x2, "MIIM_STATE": 0x1, "MIIM_STRING": 0x40, "MIIM_SUBMENU": 0x4,
    "MSGFLT_ALLOW": 1, "NIF_MESSAGE": 1, "NIF_ICON": 2, "NIF_TIP": 4, "NIF_INFO": 0x10,
    "NIM_ADD": 0, "NIM_MODIFY": 1, "NIM_DELETE": 2, "TPM_RIGHTALIGN": 8, "TPM_BOTTOMALIGN": 0x20,
    "TPM_RETURNCMD": 0x100, "WS_POPUP": 0x80000000, "PM_NOREMOVE": 0, "COLOR_WINDOW": 5,
}  # fmt: skip


@dataclass
class Shell:
    """The notification area, as a person sees it."""

    tip: str = ""
    shown: bool = False
    pictures: list[bytes] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)


class Windows:
    """One desktop. `module` is what pystray imports; the rest is what a person and the system do."""

    def __init__(self) -> None:
        self.shell = Shell()
        self.menus: dict[int, list[Any]] = {}
        self.seen: list[list[str]] = []
        """Each menu that was opened; (…) can't be chosen, ✓ is marked, * is the default."""
        self.menu_threads: set[int] = set()
        self._choose = ""
        self._handles = itertools.count(100)
        self._messages: queue.Queue[tuple[int, int, int, int, queue.Queue[int] | None]] = queue.Queue()
        self._message = (0, 0, 0, 0)
        self._answer: queue.Queue[int] | None = None
        self._procedure: Callable[[int, int, int, int], int] = lambda *_: 0
        self._window = 0
        self._pictures: dict[int, bytes] = {}
        self.module = self._module()

    def send(self, number: int, wparam: int = 0, lparam: int = 0) -> int:
        """A message that its sender waits for."""
        answer: queue.Queue[int] = queue.Queue()
        self._messages.put((self._window, number, wparam, lparam, answer))
        return answer.get(timeout=LIMIT_SECONDS)

    def left_click(self) -> None:
        self.send(NUMBERS["WM_NOTIFY"], 0, NUMBERS["WM_LBUTTONUP"])

    def right_click(self, choose: str = "") -> list[str]:
        """Open the menu and choose the line that begins so; returns what was there to read."""
        self._choose = choose
        self.send(NUMBERS["WM_NOTIFY"], 0, NUMBERS["WM_RBUTTONUP"])
        return self.seen[-1]

    def _module(self) -> ModuleType:
        module = ModuleType("pystray._util.win32")
        vars(module).update(NUMBERS)
        for name in MENU_STRUCTURES:
            setattr(module, name, type(name, (ctypes.Structure,), {"_fields_": []}))
        for name in ("TranslateMessage", "SetForegroundWindow", "ChangeWindowMessageFilterEx", "PeekMessage",
                     "GetCursorPos", "UnregisterClass", "DestroyIcon"):  # fmt: skip
            setattr(module, name, lambda *_: 1)
        vars(module).update(
            WNDPROC=lambda procedure: procedure,
            GetModuleHandle=lambda _: 1,
            RegisterClassEx=self._register,
            CreateWindowEx=self._create_window,
            DestroyWindow=lambda _: 1,
            GetMessage=self._get_message,
            DispatchMessage=self._dispatch,
            PostMessage=lambda window, number, w, lp: self._messages.put((window, number, w, lp, None)),
            PostQuitMessage=lambda _: self._messages.put((0, QUIT, 0, 0, None)),
            CreatePopupMenu=self._create_menu,
            InsertMenuItem=lambda menu, _place, _by, item: self.menus[menu].append(item._obj),
            DestroyMenu=self.menus.pop,
            TrackPopupMenuEx=self._track,
            LoadImage=self._load_image,
            Shell_NotifyIcon=self._notify,
        )
        return module

    def _register(self, window_class: Any) -> int:
        self._procedure = window_class.lpfnWndProc
        return 1

    def _create_window(self, *_: object) -> int:
        window = next(self._handles)
        self._window = self._window or window
        for number in (NUMBERS["WM_NCCREATE"], NUMBERS["WM_CREATE"]):
            self._procedure(window, number, 0, 0)
        return window

    def _get_message(self, *_: object) -> int:
        window, number, wparam, lparam, self._answer = self._messages.get(timeout=LIMIT_SECONDS)
        self._message = (window, number, wparam, lparam)
        return 0 if number == QUIT else 1

    def _dispatch(self, _: object) -> None:
        result = self._procedure(*self._message)
        if self._answer:
            self._answer.put(result)

    def _create_menu(self) -> int:
        menu = next(self._handles)
        self.menus[menu] = []
        self.menu_threads.add(threading.get_ident())
        return menu

    def _track(self, menu: int, *_: object) -> int:
        items = [item for item in self.menus[menu] if getattr(item, "wID", None)]
        self.seen.append([_line(item) for item in items])
        for item in items:
            if self._choose and item.dwTypeData.startswith(self._choose) and not item.fState & 3:
                return int(item.wID)
        return 0

    def _load_image(self, _: object, path: str, *__: object) -> int:
        handle = next(self._handles)
        self._pictures[handle] = Path(path).read_bytes()
        return handle

    def _notify(self, code: int, data: Any) -> None:
        self.shell.shown = code != NUMBERS["NIM_DELETE"]
        if data.uFlags & NUMBERS["NIF_TIP"]:
            assert len(data.szTip) < 128
            self.shell.tip = data.szTip
        if data.uFlags & NUMBERS["NIF_ICON"]:
            self.shell.pictures.append(self._pictures[data.hIcon])
        if data.uFlags & NUMBERS["NIF_INFO"]:
            assert len(data.szInfo) < 256
            assert len(data.szInfoTitle) < 64
            self.shell.told.append((data.szInfoTitle, data.szInfo))


def _line(item: Any) -> str:
    marks = ("✓ " if item.fState & 8 else "") + item.dwTypeData + ("*" if item.fState & 0x1000 else "")
    return f"({marks})" if item.fState & 3 else marks

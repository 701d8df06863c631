"""What pystray's Windows back end asks of the system: windows, messages, menus and the notification area, in memory."""

from __future__ import annotations

import ctypes
import itertools
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

LIMIT_SECONDS = 20
QUIT = 0x12
OURS, OTHERS = 71, 72
"""Windows of open menus."""
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


@dataclass(frozen=True)
class _Message:
    window: int
    number: int
    wparam: int = 0
    lparam: int = 0
    answer: queue.Queue[int] = field(default_factory=queue.Queue)


@dataclass
class Row:
    """A line of a menu, as the system keeps it."""

    id: int = 0
    text: str = ""
    type: int = 0
    state: int = 0

    def take(self, item: Any) -> None:
        """What the mask says, and no more."""
        for mask, theirs, ours in ((0x1, "fState", "state"), (0x2, "wID", "id"), (0x40, "dwTypeData", "text"),
                                   (0x100, "fType", "type")):  # fmt: skip
            if item.fMask & mask:
                setattr(self, ours, getattr(item, theirs, 0))

    def __str__(self) -> str:
        marked = f"✓ {self.text}" if self.state & 0x8 else self.text
        return f"({marked})" if self.state & 0x3 else marked


class Windows:
    """One desktop. `module` is what pystray imports; the rest is what a person and the system do."""

    def __init__(self) -> None:
        self.shell = Shell()
        self.menus: dict[int, list[Row]] = {}
        self.threads: set[int] = set()
        """Those that touched a menu."""
        self.redrawn: set[int] = set()
        """Windows that were told to draw themselves anew."""
        self._open: int | None = None
        self._drawn: list[Row] = []
        """The open menu, as it was drawn last."""
        self._chosen = 0
        self._handles = itertools.count(100)
        self._events: queue.Queue[_Message | Callable[[], object]] = queue.Queue()
        self._message = _Message(0, 0)
        self._procedure: Callable[[int, int, int, int], int] = lambda *_: 0
        self._window = 0
        self._pictures: dict[int, bytes] = {}
        self.module = self._module()
        self.modules = {self.module.__name__: self.module}

    def send(self, number: int, wparam: int = 0, lparam: int = 0) -> int:
        """A message that its sender waits for."""
        message = _Message(self._window, number, wparam, lparam)
        self._events.put(message)
        return message.answer.get(timeout=LIMIT_SECONDS)

    def on_main(self, work: Callable[[], Any]) -> Any:
        """Do it on the window's thread, after whatever has been posted to it before."""
        answer: queue.Queue[Any] = queue.Queue()
        self._events.put(lambda: answer.put(work()))
        return answer.get(timeout=LIMIT_SECONDS)

    def left_click(self) -> None:
        self.send(NUMBERS["WM_NOTIFY"], 0, NUMBERS["WM_LBUTTONUP"])

    def open_menu(self) -> None:
        """The menu stays open, as it does under a hand that has not chosen yet."""
        self._events.put(_Message(self._window, NUMBERS["WM_NOTIFY"], 0, NUMBERS["WM_RBUTTONUP"]))
        assert self.on_main(lambda: self._open)

    def close_menu(self) -> None:
        self.on_main(lambda: setattr(self, "_open", None))

    def choose(self, label: str) -> None:
        """Click a line of the open menu."""

        def click() -> None:
            row = next(row for row in self._rows() if row.text == label and not row.state & 0x3)
            self._chosen, self._open = row.id, None

        self.on_main(click)

    def shows_icon(self) -> bool:
        return self.shell.shown

    def rows(self) -> list[Row]:
        """The lines of the one menu."""
        return self.on_main(self._rows)  # type: ignore[no-any-return]

    def lines(self) -> list[str]:
        """What there is to read: (…) can't be chosen, ✓ is marked. An open menu draws itself when it is told."""
        seen = self.on_main(lambda: self._drawn if self._open else self._rows())
        return [str(row) for row in seen if not row.type & 0x800]

    def ids(self) -> dict[str, object]:
        """What stays the same of the lines that stay."""
        return {row.text: row.id for row in self.rows() if row.id}

    def _rows(self) -> list[Row]:
        [rows] = self.menus.values()
        return rows

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
            PostMessage=lambda *message: self._events.put(_Message(*message)),
            PostQuitMessage=lambda _: self._events.put(_Message(0, QUIT)),
            CreatePopupMenu=self._create_menu,
            InsertMenuItem=self._insert,
            DestroyMenu=self.menus.pop,
            TrackPopupMenuEx=self._track,
            LPMENUITEMINFO=object,
            windll=SimpleNamespace(
                user32=SimpleNamespace(
                    SetMenuItemInfoW=lambda menu, place, by, item: self._row(menu, place, by).take(item._obj),
                    GetMenuState=lambda menu, place, by: self._row(menu, place, by == 0x400).state,
                    DeleteMenu=partial(self._delete),
                    FindWindowExW=partial(self._next_window),
                    GetWindowThreadProcessId=lambda window, _: {OURS: threading.get_native_id(), OTHERS: 1}[window],
                    RedrawWindow=partial(self._redraw),
                )
            ),
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
        while callable(event := self._events.get(timeout=LIMIT_SECONDS)):
            event()
        self._message = event
        return 0 if event.number == QUIT else 1

    def _dispatch(self, _: object) -> None:
        message = self._message
        message.answer.put(self._procedure(message.window, message.number, message.wparam, message.lparam))

    def _create_menu(self) -> int:
        self.threads.add(threading.get_ident())
        menu = next(self._handles)
        self.menus[menu] = []
        return menu

    def _insert(self, menu: int, place: int, by_position: bool, item: Any) -> None:
        self.threads.add(threading.get_ident())
        assert by_position
        row = Row()
        row.take(item._obj)
        self.menus[menu].insert(place, row)

    def _delete(self, menu: int, place: int, by: int) -> None:
        self.threads.add(threading.get_ident())
        assert by == 0x400
        del self.menus[menu][place]

    def _next_window(self, _: object, after: int | None, kind: str, __: object) -> int:
        """Some other program's menu is always open."""
        windows = [OTHERS, OURS] if self._open else [OTHERS]
        assert kind == "#32768"
        return next(iter(windows[windows.index(after) + 1 :] if after else windows), 0)

    def _redraw(self, window: int, *_: object) -> None:
        self.redrawn.add(window)
        self._draw()

    def _draw(self) -> None:
        self._drawn = [replace(row) for row in self._rows()]

    def _row(self, menu: int, place: int, by_position: bool) -> Row:
        self.threads.add(threading.get_ident())
        assert by_position
        return self.menus[menu][place]

    def _track(self, menu: int, *_: object) -> int:
        """Handles messages until a line is chosen or the menu closed, as the system's own loop does."""
        self._open, self._chosen = menu, 0
        self._draw()
        while self._open:
            event = self._events.get(timeout=LIMIT_SECONDS)
            if callable(event):
                event()
            elif event.number == QUIT:
                self._events.put(event)
                break
            else:
                self._message = event
                self._dispatch(None)
        return self._chosen

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

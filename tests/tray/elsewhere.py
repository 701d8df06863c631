"""The icon on a system that is not this one: pystray's real back end and ours, with the system's calls in memory."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Generic, Protocol, TypeVar

import pytest

from app.tray import icon as icon_module
from app.tray.icon import Icon, open_icon
from app.tray.menu import Entry
from app.tray.state import Look

LIMIT_SECONDS = 20
LINES = (
    Entry("state", "Claude answered at 14:02.", enabled=False),
    None,
    Entry("open", "Open dashboard", default=True),
    Entry("hidden", "Not to be seen", visible=False),
    Entry("autostart", "Start at login", checked=True),
)
NEXT = (
    Entry("state", "Paused.", enabled=False),
    None,
    Entry("open", "Open dashboard", enabled=False, default=True),
    Entry("hidden", "Seen now"),
    Entry("autostart", "Start at login", checked=False),
)


class System(Protocol):
    """A system in memory, as far as a person has to do with it; `modules` are what pystray imports."""

    @property
    def modules(self) -> Mapping[str, ModuleType]: ...

    threads: set[int]
    """Those that touched the menu."""

    def open_menu(self) -> None: ...

    def lines(self) -> list[str]:
        """What there is to read: (…) can't be chosen, ✓ is marked."""
        ...

    def ids(self) -> Mapping[str, object]:
        """What stays the same of each line, by its label."""
        ...

    def choose(self, label: str) -> None:
        """Click a line of the open menu, which closes it."""
        ...

    def close_menu(self) -> None: ...

    def shows_icon(self) -> bool: ...


AnySystem = TypeVar("AnySystem", bound=System)


class Running(Generic[AnySystem]):
    """An icon whose loop runs on a thread of its own, which plays the main one."""

    def __init__(self, system: AnySystem) -> None:
        self.system = system
        self.clicked: queue.Queue[str] = queue.Queue()
        self.session_ended = threading.Event()
        self.icon: Icon = open_icon(self.clicked.put, self.session_ended.set, {})
        self.icon.show(Look.READY, "Tidegate: ready", LINES)  # the tray begins before the icon is seen
        shown = threading.Event()
        self.thread = threading.Thread(target=self.icon.run, args=(shown.set,))
        self.thread.start()
        assert shown.wait(LIMIT_SECONDS)

    def next_click(self) -> str:
        return self.clicked.get(timeout=LIMIT_SECONDS)

    def end(self) -> None:
        self.icon.stop()
        self.thread.join(LIMIT_SECONDS)
        assert not self.thread.is_alive()


@contextmanager
def running_on(system: AnySystem, platform: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running[AnySystem]]:
    """Its icon, with a pystray that believes to be there; `platform` as Python names it."""
    before = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "pystray"}
    for name in before:
        del sys.modules[name]
    monkeypatch.setenv("PYSTRAY_BACKEND", platform)
    for name, module in system.modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(icon_module, "sys", SimpleNamespace(platform=platform))
    found = Running(system)
    try:
        yield found
    finally:
        if found.thread.is_alive():
            found.end()
        for name in [name for name in sys.modules if name.split(".")[0] == "pystray"]:
            del sys.modules[name]
        sys.modules.update(before)

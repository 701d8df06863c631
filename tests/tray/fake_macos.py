"""What pystray's macOS back end asks of the system: AppKit's menu bar and its loop, in memory.

Every call to an object of the menu bar is noted with the thread it came from: AppKit wants them all on the main one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

LIMIT_SECONDS = 20


class NSObject:
    @classmethod
    def alloc(cls) -> Any:
        return cls()

    def init(self) -> Any:
        return self


class Noting:
    """An object of the menu bar: takes `setThing_(value)`, and answers `thing()` with it."""

    def __init__(self, mac: Mac, **values: Any) -> None:
        self._mac, self._values = mac, values

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self._mac.threads.add(threading.get_ident())
        if name.startswith("set") and name.endswith("_"):
            key = name[3].lower() + name[4:-1]
            return lambda value: self._values.__setitem__(key, value)
        return lambda: self._values.get(name)


class Centre:
    """A notification centre."""

    def __init__(self) -> None:
        self._heard: dict[str, Callable[[object], None]] = {}

    def addObserverForName_object_queue_usingBlock_(  # noqa: N802  AppKit's
        self, name: str, _object: object, _queue: object, block: Callable[[object], None]
    ) -> object:
        self._heard[name] = block
        return block

    def post(self, name: str) -> None:
        self._heard[name](None)


class Application:
    """Runs what is put into its queue, on the thread that called `run`, until it is stopped."""

    def __init__(self, mac: Mac) -> None:
        self._mac = mac
        self.delegate: Any = None
        self.stopped = False

    def setActivationPolicy_(self, policy: int) -> None:  # noqa: N802
        self._mac.policy = policy

    def setDelegate_(self, delegate: Any) -> None:  # noqa: N802
        self.delegate = delegate

    def run(self) -> None:
        self._mac.threads.clear()  # before its loop the main thread makes everything
        while not self.stopped:
            self._mac.events.get(timeout=LIMIT_SECONDS)()

    def stop_(self, _: object) -> None:
        self.stopped = True

    def postEvent_atStart_(self, _event: object, _start: bool) -> None:  # noqa: N802
        self._mac.events.put(lambda: None)


class Item(Noting):
    """A line of a menu."""

    def choose(self) -> None:
        """As AppKit does it when a person clicks."""
        assert self._values["enabled"]
        assert not self._values["hidden"]
        getattr(self._values["target"], "activate_menu_item")(SimpleNamespace(tag=lambda: self._values["tag"]))  # noqa: B009


class Mac:
    """One menu bar. `modules` is what pystray imports; the rest is what a person and the system do."""

    def __init__(self) -> None:
        self.events: queue.Queue[Callable[[], object]] = queue.Queue()
        self.threads: set[int] = set()
        self.policy = 0
        self._open = False
        self.signals: dict[int, Callable[[int], object]] = {}
        self.workspace, self.centre = Centre(), Centre()
        self.application = Application(self)
        self.button = Noting(self)
        self.status_item = Noting(self, button=self.button)
        self.removed: list[object] = []
        self.modules = self._modules()

    def on_main(self, work: Callable[[], Any]) -> Any:
        """Do it on the loop's thread, as whatever a person does is done."""
        answer: queue.Queue[Any] = queue.Queue()
        self.events.put(lambda: answer.put(work()))
        return answer.get(timeout=LIMIT_SECONDS)

    def open_menu(self) -> None:
        """The menu stays open: the loop goes on inside the click, and does what is for the common modes."""
        opened: queue.Queue[None] = queue.Queue()

        def track() -> None:
            self._open = True
            opened.put(None)
            while self._open and not self.application.stopped:
                self.events.get(timeout=LIMIT_SECONDS)()

        self.events.put(track)
        opened.get(timeout=LIMIT_SECONDS)

    def close_menu(self) -> None:
        self.on_main(lambda: setattr(self, "_open", False))

    def ids(self) -> dict[str, object]:
        """What stays the same of the lines that stay."""
        return self.on_main(lambda: {item.title(): item for item in self._shown()})  # type: ignore[no-any-return]

    def shows_icon(self) -> bool:
        return not self.removed

    def lines(self) -> list[str]:
        """What there is to read: (…) can't be chosen, ✓ is marked."""

        def read(item: Any) -> str:
            marked = f"{'✓ ' if item.state() else ''}{item.title()}"
            return marked if item.enabled() else f"({marked})"

        return self.on_main(lambda: [read(item) for item in self._shown()])  # type: ignore[no-any-return]

    def _shown(self) -> list[Any]:
        return [item for item in self.status_item.menu().items if item.title() and not item.hidden()]

    def choose(self, label: str) -> None:
        """Click a line, which closes the menu."""

        def click() -> None:
            self._open = False
            next(item for item in self._shown() if item.title() == label).choose()

        self.on_main(click)

    def _modules(self) -> dict[str, ModuleType]:
        kit, foundation, objc = ModuleType("AppKit"), ModuleType("Foundation"), ModuleType("objc")
        tools, helper, signals = (ModuleType(f"PyObjCTools{part}") for part in ("", ".AppHelper", ".MachSignals"))
        mac = self

        class NSMenu(NSObject):
            def initWithTitle_(self, _: str) -> Any:  # noqa: N802
                self.items: list[Any] = []
                return self

            def setAutoenablesItems_(self, _: bool) -> None:  # noqa: N802
                """Ours says itself which are enabled."""

            def addItem_(self, item: Any) -> None:  # noqa: N802
                self.items.append(item)

        class NSMenuItem(NSObject):
            def initWithTitle_action_keyEquivalent_(self, title: str, action: bytes, _: str) -> Item:  # noqa: N802
                return Item(mac, title=title, action=action)

            @staticmethod
            def separatorItem() -> Item:  # noqa: N802
                return Item(mac)

        class NSImage(NSObject):
            def initWithData_(self, data: bytes) -> Noting:  # noqa: N802
                return Noting(mac, data=data)

        bar = SimpleNamespace(
            thickness=lambda: 22,
            statusItemWithLength_=lambda _: self.status_item,
            removeStatusItem_=self.removed.append,
        )
        workspace = SimpleNamespace(notificationCenter=lambda: self.workspace)
        vars(kit).update(
            NSApplication=SimpleNamespace(sharedApplication=lambda: self.application),
            NSStatusBar=SimpleNamespace(systemStatusBar=lambda: bar),
            NSWorkspace=SimpleNamespace(sharedWorkspace=lambda: workspace),
            NSNotificationCenter=SimpleNamespace(defaultCenter=lambda: self.centre),
            NSEvent=SimpleNamespace(
                otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_=(
                    lambda *_: None
                )
            ),
            NSMenu=NSMenu, NSMenuItem=NSMenuItem, NSImage=NSImage, NSPoint=lambda x, y: (x, y),
            NSVariableStatusItemLength=-1, NSApplicationDefined=15, NSApplicationActivationPolicyAccessory=1,
            NSWorkspaceWillPowerOffNotification="power off", NSApplicationWillTerminateNotification="terminate",
        )  # fmt: skip
        vars(foundation).update(
            NSObject=NSObject, NSData=SimpleNamespace(dataWithBytes_length_=lambda data, length: data[:length])
        )
        objc.namedSelector = lambda _: lambda method: method  # type: ignore[attr-defined]
        helper.callAfter = self.events.put  # type: ignore[attr-defined]
        signals.signal = self.signals.__setitem__  # type: ignore[attr-defined]
        tools.AppHelper, tools.MachSignals = helper, signals  # type: ignore[attr-defined]
        named = (kit, foundation, objc, tools, helper, signals)
        return {module.__name__: module for module in named}

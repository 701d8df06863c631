"""The icon in macOS's menu bar: black and clear for the system to tint, every call to it on the main thread."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from app.tray.board import Board
from app.tray.images import png
from app.tray.menu import Entry, Line

_POINTS = 18
_PIXELS = 2 * _POINTS


def prepare(_environ: Mapping[str, str]) -> None:
    """macOS always has a menu bar, though a full one may hide the icon."""


def hosted() -> bool:
    """There is always a place for icons."""
    return True


class OwnIcon:
    """What goes before pystray's own class."""

    board: Board
    on_session_end: Callable[[], None]
    title: str
    _app: Any
    _delegate: Any
    _status_item: Any
    _status_bar: Any
    _icon_valid: bool
    _MENU_ITEM_SELECTOR: bytes
    _items: tuple[Any, ...] = ()

    def _run(self) -> None:
        import AppKit  # noqa: PLC0415  only on macOS
        from PyObjCTools import MachSignals  # noqa: PLC0415

        self._app.setActivationPolicy_(AppKit.NSApplicationActivationPolicyAccessory)  # no icon in the Dock
        self._observers = (
            _observed(
                AppKit.NSWorkspace.sharedWorkspace().notificationCenter(),
                AppKit.NSWorkspaceWillPowerOffNotification,
                self.on_session_end,
            ),
            _observed(  # asked to quit by the system: AppKit ends the process right after this
                AppKit.NSNotificationCenter.defaultCenter(),
                AppKit.NSApplicationWillTerminateNotification,
                self.on_session_end,
            ),
        )
        self._opened_again = _delegate(self.board.click_default)
        self._app.setDelegate_(self._opened_again)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            MachSignals.signal(number, _handler(number))
        self._mark_ready()  # type: ignore[attr-defined]  # pystray's
        self._app.run()
        self._status_bar.removeStatusItem_(self._status_item)

    def _stop(self) -> None:
        _soon(super()._stop)  # type: ignore[misc]  # pystray's

    def _show(self) -> None:
        _soon(self._appear)

    def _appear(self) -> None:
        self._draw()
        self._change_menu()
        self._status_item.button().setToolTip_(self.title)
        self._status_item.button().setHidden_(False)

    def _update_icon(self) -> None:
        self._icon_valid = True

    def draw(self) -> None:
        _soon(self._draw)

    def _draw(self) -> None:
        import AppKit  # noqa: PLC0415  only on macOS
        import Foundation  # noqa: PLC0415

        data = png(self.board.look, self.board.kind, _PIXELS)
        image = AppKit.NSImage.alloc().initWithData_(Foundation.NSData.dataWithBytes_length_(data, len(data)))
        image.setSize_((_POINTS, _POINTS))
        image.setTemplate_(True)
        self._status_item.button().setImage_(image)
        self._status_item.button().setAccessibilityLabel_(self.title)

    def _update_title(self) -> None:
        _soon(lambda: self._status_item.button().setToolTip_(self.title))

    def _update_menu(self) -> None:
        _soon(self._change_menu)

    def _change_menu(self) -> None:
        lines = self.board.lines
        if len(self._items) != len(lines):
            self._build(lines)
        for item, line in zip(self._items, lines, strict=True):
            if line is not None:
                _bring_up_to_date(item, line)

    def _build(self, lines: tuple[Line, ...]) -> None:
        import AppKit  # noqa: PLC0415  only on macOS

        menu = AppKit.NSMenu.alloc().initWithTitle_("Tidegate")
        menu.setAutoenablesItems_(False)
        self._items = tuple(self._item(number, line) for number, line in enumerate(lines))
        for item in self._items:
            menu.addItem_(item)
        self._menu_handle = (menu, self.board.clicks())
        self._status_item.setMenu_(menu)

    def _item(self, number: int, line: Line) -> Any:  # noqa: ANN401
        import AppKit  # noqa: PLC0415  only on macOS

        if line is None:
            return AppKit.NSMenuItem.separatorItem()
        make = AppKit.NSMenuItem.alloc().initWithTitle_action_keyEquivalent_
        item = make(line.label, self._MENU_ITEM_SELECTOR, "")
        item.setTarget_(self._delegate)
        item.setTag_(number)
        return item

    def _notify(self, message: str, title: str | None = None) -> None:
        """As arguments, never as a part of the script: the text may hold anything."""
        script = "on run argv\ndisplay notification (item 1 of argv) with title (item 2 of argv)\nend run"
        command = ["/usr/bin/osascript", "-e", script, message, title or "Tidegate"]
        subprocess.run(command, check=False, timeout=10, capture_output=True)  # noqa: S603  a program of the system

    def copy(self, text: str) -> None:
        subprocess.run(["/usr/bin/pbcopy"], input=text.encode(), timeout=5, check=True)


def _soon(draw: Callable[[], object]) -> None:
    """On the main thread, where AppKit wants every call; also while a menu is open, which counts as a common mode."""
    from PyObjCTools import AppHelper  # noqa: PLC0415  only on macOS

    AppHelper.callAfter(draw)


def _observed(centre: Any, name: Any, heard: Callable[[], None]) -> Any:  # noqa: ANN401
    return centre.addObserverForName_object_queue_usingBlock_(name, None, None, lambda _: heard())


def _delegate(opened_again: Callable[[], None]) -> Any:  # noqa: ANN401
    """Opened a second time, macOS starts no second program but tells the first: that is the way to its window."""
    import Foundation  # noqa: PLC0415  only on macOS

    class TidegateDelegate(Foundation.NSObject):  # type: ignore[misc]  # it has no types
        def applicationShouldHandleReopen_hasVisibleWindows_(self, _app: Any, _visible: bool) -> bool:  # noqa: ANN401, FBT001, N802  AppKit's
            opened_again()
            return False

    return TidegateDelegate.alloc().init()


def _handler(number: int) -> Callable[..., None]:
    """Python's own handler, which inside AppKit's loop would never be called."""
    heeds = signal.getsignal(number)

    def handle(*_: object) -> None:
        if callable(heeds):
            heeds(number, None)

    return handle


def _bring_up_to_date(item: Any, line: Entry) -> None:  # noqa: ANN401
    if item.title() != line.label:
        item.setTitle_(line.label)
    item.setEnabled_(line.enabled)
    item.setHidden_(not line.visible)
    item.setState_(1 if line.checked else 0)

"""The icon on Linux: a StatusNotifierItem (KDE, XFCE, GNOME with its extension), whose menu travels over D-Bus.

pystray has two more ways on Linux. One shows no menu and is taken silently when a library is missing, the other hangs
without a message bus: neither is used. What is missing is said instead.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.core.system_gi import find_gi
from app.tray.board import Board, NoTray
from app.tray.clipboard_wayland import copy_on_wayland
from app.tray.images import ICONS, name_of
from app.tray.menu import Entry, Line
from app.tray.session_linux import SessionClient
from app.tray.state import Look

log = logging.getLogger(__name__)

_WATCHER = "org.kde.StatusNotifierWatcher"
_NOTIFICATIONS = "org.freedesktop.Notifications"
_LIMIT_MILLISECONDS = 3_000
_ACTIVE = 1


def prepare(environ: Mapping[str, str]) -> None:
    """Make sure that pystray takes the one way that works; raises NoTray."""
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        raise NoTray("No tray icon: there is no screen to show it on.")
    if problem := find_gi():
        raise NoTray(f"No tray icon. {problem}")
    if environ.get("PYSTRAY_BACKEND", "appindicator") != "appindicator":
        raise NoTray("No tray icon: the environment variable PYSTRAY_BACKEND asks for another kind. Unset it.")
    _require_typelibs()
    from gi.repository import Gio, GLib, Gtk  # noqa: PLC0415  found just now

    if not Gtk.init_check()[0]:
        raise NoTray("No tray icon: the screen can't be opened.")
    if not _has_bus(environ):
        raise NoTray("No tray icon: there is no message bus. Start Tidegate from inside a desktop session.")
    try:
        Gio.bus_get_sync(Gio.BusType.SESSION, None)
    except GLib.Error as error:
        raise NoTray("No tray icon: the session's message bus does not answer.") from error


def _require_typelibs() -> None:
    try:
        import gi  # noqa: PLC0415  found just now

        gi.require_version("Gtk", "3.0")
        try:
            gi.require_version("AppIndicator3", "0.1")
        except ValueError:
            gi.require_version("AyatanaAppIndicator3", "0.1")
    except (ImportError, ValueError) as error:
        raise NoTray(
            "No tray icon. It needs GTK and the app indicator: on Debian and Ubuntu, "
            "`apt install gir1.2-gtk-3.0 gir1.2-ayatanaappindicator3-0.1` and start Tidegate again."
        ) from error


def _has_bus(environ: Mapping[str, str]) -> bool:
    """Asking for a bus that is not there would start one, which nobody else uses."""
    folder = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return bool(environ.get("DBUS_SESSION_BUS_ADDRESS")) or (Path(folder) / "bus").exists()


def hosted() -> bool:
    """Whether a desktop that shows icons is there now; wants `prepare`."""
    from gi.repository import Gio, GLib  # noqa: PLC0415  see prepare

    asked = GLib.Variant("(ss)", (_WATCHER, "IsStatusNotifierHostRegistered"))
    try:
        answer = Gio.bus_get_sync(Gio.BusType.SESSION, None).call_sync(
            _WATCHER, "/StatusNotifierWatcher", "org.freedesktop.DBus.Properties", "Get", asked,
            None, Gio.DBusCallFlags.NO_AUTO_START, _LIMIT_MILLISECONDS, None,
        )  # fmt: skip
    except GLib.Error:
        return _has_old_tray()
    return bool(answer.unpack()[0]) or _has_old_tray()


def _has_old_tray() -> bool:
    """Panels that know only the way of before D-Bus; the app indicator falls back to it by itself."""
    from Xlib import error  # noqa: PLC0415  pystray brings it
    from Xlib.display import Display  # noqa: PLC0415

    try:
        display = Display()
    except (error.DisplayError, OSError):  # Wayland alone
        return False
    try:
        return bool(display.get_selection_owner(display.intern_atom("_NET_SYSTEM_TRAY_S0")))
    finally:
        display.close()


class OwnIcon:
    """What goes before pystray's own class."""

    board: Board
    on_session_end: Callable[[], None]
    _appindicator: Any
    _icon_valid: bool
    title: str
    _widgets: tuple[Any, ...] = ()

    def _initialize(self) -> None:
        """Not pystray's: that one takes SIGINT for itself, and opens a second connection for notifications."""
        self._session = SessionClient(self.on_session_end, os.environ.get("DESKTOP_AUTOSTART_ID", ""))
        self._session.register()
        self._mark_ready()  # type: ignore[attr-defined]  # pystray's, as everything is that is only overridden

    def _finalize(self) -> None:
        """Nothing to take back: there are no temporary files, and a notification may outlive the icon."""

    def _show(self) -> None:
        _soon(self._appear)

    def _appear(self) -> None:
        self._appindicator.set_icon_theme_path(str(ICONS))
        self._draw(self.board.look)
        self._change_menu(self.board.lines)
        self._appindicator.set_title(self.title)
        self._appindicator.set_status(_ACTIVE)

    def _update_icon(self) -> None:
        """The pictures are files already; `draw` says which."""
        self._icon_valid = True

    def draw(self) -> None:
        _soon(lambda: self._draw(self.board.look))

    def _draw(self, look: Look) -> None:
        self._appindicator.set_icon_full(name_of(look, self.board.kind), f"Tidegate, {look.value}")

    def _update_menu(self) -> None:
        _soon(lambda: self._change_menu(self.board.lines))

    def _change_menu(self, lines: tuple[Line, ...]) -> None:
        if len(self._widgets) != len(lines):
            self._build(lines)
        for widget, line in zip(self._widgets, lines, strict=True):
            if line is not None:
                _bring_up_to_date(widget, line)

    def _build(self, lines: tuple[Line, ...]) -> None:
        from gi.repository import Gtk  # noqa: PLC0415  see prepare

        menu = Gtk.Menu.new()
        self._widgets = tuple(_widget(self.board, number, line) for number, line in enumerate(lines))
        for widget in self._widgets:
            menu.append(widget)
            widget.show()
        self._appindicator.set_menu(menu)

    def _notify(self, message: str, title: str | None = None) -> None:
        from gi.repository import Gio, GLib  # noqa: PLC0415  see prepare

        picture = str(ICONS / f"{name_of(self.board.look, 'colour')}.png")
        hints = {"desktop-entry": GLib.Variant("s", "app.tidegate.Tidegate")}
        asked = GLib.Variant("(susssasa{sv}i)", ("Tidegate", 0, picture, title or "Tidegate", message, [], hints, -1))
        Gio.bus_get_sync(Gio.BusType.SESSION, None).call(
            _NOTIFICATIONS, "/org/freedesktop/Notifications", _NOTIFICATIONS, "Notify", asked,
            None, Gio.DBusCallFlags.NONE, _LIMIT_MILLISECONDS, None, _notified,
        )  # fmt: skip

    def copy(self, text: str) -> None:
        from gi.repository import Gdk, Gtk  # noqa: PLC0415  see prepare

        if os.environ.get("WAYLAND_DISPLAY"):
            copy_on_wayland(text, os.environ)
        else:
            _soon(lambda: Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).set_text(text, -1))


def _soon(draw: Any) -> None:  # noqa: ANN401  lambdas with and without results
    """On the thread that draws."""
    from gi.repository import GLib  # noqa: PLC0415  see prepare

    def once() -> bool:
        draw()
        return False

    GLib.idle_add(once)


def _widget(board: Board, number: int, line: Line) -> Any:  # noqa: ANN401  gi has no types
    from gi.repository import Gtk  # noqa: PLC0415  see prepare

    if line is None:
        return Gtk.SeparatorMenuItem()
    made = Gtk.MenuItem if line.checked is None else Gtk.CheckMenuItem
    widget = made.new_with_label(line.label)
    widget.tidegate_click = widget.connect("activate", lambda _: board.click(number))
    return widget


def _bring_up_to_date(widget: Any, line: Entry) -> None:  # noqa: ANN401
    """Touch only what differs: every change is told over the bus."""
    if widget.get_label() != line.label:
        widget.set_label(line.label)
    if widget.get_sensitive() != line.enabled:
        widget.set_sensitive(line.enabled)
    if widget.get_visible() != line.visible:
        widget.set_visible(line.visible)
    if line.checked is not None and widget.get_active() != line.checked:
        widget.handler_block(widget.tidegate_click)  # setting the mark counts as a click
        widget.set_active(line.checked)
        widget.handler_unblock(widget.tidegate_click)


def _notified(bus: Any, result: Any) -> None:  # noqa: ANN401
    from gi.repository import GLib  # noqa: PLC0415  see prepare

    try:
        bus.call_finish(result)
    except GLib.Error as error:
        log.info("a notification was not shown: %s", error.message)

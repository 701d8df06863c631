"""Hears that the person logs out, from the session manager of GNOME, MATE, Cinnamon or Budgie, over D-Bus.

Other desktops send SIGTERM, or just take the screen away. Whoever registers is asked first, and waited for at the end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

_MANAGER = "org.gnome.SessionManager"
_PATH = "/org/gnome/SessionManager"
_CLIENT = "org.gnome.SessionManager.ClientPrivate"
_LIMIT_MILLISECONDS = 3_000


class SessionClient:
    """Lives as long as its icon; `register` belongs to the thread that draws, where the signals arrive too."""

    def __init__(self, on_end: Callable[[], None], startup_id: str) -> None:
        """`on_end` may take a few seconds. `startup_id`: what the session gave a program that it started itself."""
        self._on_end = on_end
        self._startup_id = startup_id
        self._bus: Any = None
        self._path = ""

    def register(self) -> None:
        """Ask to be told; returns at once, and nothing comes of it where no such session manager is."""
        from gi.repository import Gio, GLib  # noqa: PLC0415  found by the icon before

        self._bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        asked = GLib.Variant("(ss)", ("app.tidegate.Tidegate", self._startup_id))
        self._bus.call(
            _MANAGER, _PATH, _MANAGER, "RegisterClient", asked, GLib.VariantType("(o)"),
            Gio.DBusCallFlags.NO_AUTO_START, _LIMIT_MILLISECONDS, None, self._registered,
        )  # fmt: skip

    def _registered(self, bus: Any, result: Any) -> None:  # noqa: ANN401  gi has no types
        from gi.repository import Gio, GLib  # noqa: PLC0415

        try:
            (self._path,) = bus.call_finish(result).unpack()
        except GLib.Error as error:
            log.debug("no session manager to register with: %s", error.message)
            return
        bus.signal_subscribe(_MANAGER, _CLIENT, None, self._path, None, Gio.DBusSignalFlags.NONE, self._told)

    def _told(self, _bus: Any, _sender: str, _path: str, _interface: str, signal: str, _values: Any) -> None:  # noqa: ANN401
        match signal:
            case "QueryEndSession":
                self._agree()
            case "EndSession" | "Stop":
                threading.Thread(target=self._end, name="session end", daemon=True).start()
            case _:
                pass

    def _end(self) -> None:
        self._on_end()
        self._agree()

    def _agree(self) -> None:
        """Nothing stands in the way; without an answer the session would wait."""
        from gi.repository import Gio, GLib  # noqa: PLC0415

        self._bus.call(
            _MANAGER, self._path, _CLIENT, "EndSessionResponse", GLib.Variant("(bs)", (True, "")), None,
            Gio.DBusCallFlags.NO_AUTO_START, _LIMIT_MILLISECONDS, None, None,
        )  # fmt: skip

"""The clipboard on Wayland, which only the program in front may fill, and a tray icon never is in front.

Two can do it for others: the program wl-copy, and KDE's own clipboard. Where neither is there, that is said: GTK would
take the text, put it nowhere, and report nothing.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Mapping

from app.core.other_programs import for_others
from app.tray.board import NoClipboard

log = logging.getLogger(__name__)

_KLIPPER = "org.kde.klipper"
_LIMIT_SECONDS = 5


def copy_on_wayland(text: str, environ: Mapping[str, str]) -> None:
    """Put a text on the clipboard; raises NoClipboard."""
    if not (_wl_copy(text, environ) or _klipper(text)):
        raise NoClipboard(
            "Under Wayland, copying from the tray needs wl-clipboard: on Debian and Ubuntu, "
            "`apt install wl-clipboard`. The dashboard can copy it too."
        )


def _wl_copy(text: str, environ: Mapping[str, str]) -> bool:
    program = shutil.which("wl-copy", path=environ.get("PATH"))
    if program is None:
        return False
    try:
        subprocess.run(  # noqa: S603  the person's own
            [program], input=text.encode(), env=for_others(environ), timeout=_LIMIT_SECONDS, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        log.info("wl-copy failed: %s", error)
        return False
    return True


def _klipper(text: str) -> bool:
    from gi.repository import Gio, GLib  # noqa: PLC0415  found by the icon before

    try:
        Gio.bus_get_sync(Gio.BusType.SESSION, None).call_sync(
            _KLIPPER, "/klipper", "org.kde.klipper.klipper", "setClipboardContents", GLib.Variant("(s)", (text,)),
            None, Gio.DBusCallFlags.NO_AUTO_START, _LIMIT_SECONDS * 1_000, None,
        )  # fmt: skip
    except GLib.Error as error:
        log.info("KDE's clipboard did not answer: %s", error.message)
        return False
    return True

"""Opens a page in the browser of whoever sits at this computer."""

from __future__ import annotations

import subprocess
import sys
import webbrowser
from collections.abc import Mapping

from app.core.other_programs import for_others


def browse(address: str, environ: Mapping[str, str]) -> bool:
    """Open it; False when that is not possible, as on a computer without a screen."""
    if sys.platform in ("win32", "darwin"):
        return _python_opens(address)
    if not has_screen(environ):
        return False  # a browser for terminals would take this one away
    command = ["xdg-open", address]
    try:
        ran = subprocess.run(  # noqa: S603  an address of ours, or of the sign-in's own page
            command, env=for_others(environ), stdin=subprocess.DEVNULL, capture_output=True, timeout=15, check=False
        )
    except subprocess.TimeoutExpired:  # it waits for the browser, which is there
        return True
    except OSError:
        return _python_opens(address)
    return ran.returncode == 0


def has_screen(environ: Mapping[str, str]) -> bool:
    """Whether anything can be shown to anybody."""
    return sys.platform in ("win32", "darwin") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _python_opens(address: str) -> bool:
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False

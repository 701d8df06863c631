"""The dashboard's window, in a process of its own: `launcher` starts it. The only file that knows pywebview."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from app.core.errors import TidegateError
from app.core.settings_file import replace_file
from app.core.system_gi import find_gi
from app.ui.browser import browse
from app.ui.launcher import NO_WEB_VIEW, SHOWN

log = logging.getLogger(__name__)

_ICON = Path(__file__).parent.parent / "tray" / "icons" / "ready-colour.png"
_SMALLEST = 720, 480
_USUAL = 1120, 760
_MARGIN = 60
"""Pixels of a window that have to be on a screen, or nobody could take hold of it."""


def show(commands: IO[str], place: Path, environ: Mapping[str, str]) -> int:
    """Show the window until it is closed or `commands` ends; returns the exit code. Belongs to the main thread.

    `place`: the file where size and position are remembered. `environ`: what a browser is started with.
    """
    first = commands.readline()
    if not first.startswith("open "):
        return 0
    try:
        require_web_view()
        import webview  # noqa: PLC0415  only this process wants it

        webbrowser.register("tidegate", None, _Browser(environ), preferred=True)  # pywebview opens links with it
        return _Window(webview, place).run(first.removeprefix("open ").strip(), commands)
    except (ImportError, NoWebView) as error:
        _complain(str(error))
        return NO_WEB_VIEW


class NoWebView(TidegateError):
    """This system has nothing to show a window with; the sentence says what to install."""


def require_web_view() -> None:
    """pywebview itself would go on without one, and hang or show a browser of 2013."""
    if sys.platform != "linux":
        return
    if problem := find_gi():
        raise NoWebView(problem)
    import gi  # noqa: PLC0415  found just now

    try:
        gi.require_version("Gtk", "3.0")
        try:
            gi.require_version("WebKit2", "4.1")
        except ValueError:
            gi.require_version("WebKit2", "4.0")
    except ValueError as error:
        raise NoWebView("It needs WebKit: on Debian and Ubuntu, `apt install gir1.2-webkit2-4.1`.") from error
    from gi.repository import GLib, Gtk  # noqa: PLC0415  present, as was just seen

    GLib.set_prgname("tidegate")  # the desktop finds the icon by it
    if not Gtk.init_check()[0]:
        raise NoWebView("The screen can't be opened.")


class _Window:
    """Lives from `run()` to its return."""

    def __init__(self, webview: Any, place: Path) -> None:  # noqa: ANN401  it has no types
        self._webview = webview
        self._place = place
        self._home = ""
        self._code = 0
        self._closing = False
        self._spot: dict[str, int] = {}
        self._window: Any = None

    def run(self, address: str, commands: IO[str]) -> int:
        self._home = _origin(address)
        last = remembered(self._place)
        self._window = self._webview.create_window(
            "Tidegate", address, width=last.get("width", _USUAL[0]), height=last.get("height", _USUAL[1]),
            x=last.get("x"), y=last.get("y"), min_size=_SMALLEST, text_select=True,
        )  # fmt: skip
        self._spot = {name: last[name] for name in ("width", "height", "x", "y") if name in last}
        self._window.events.resized += self._resized
        self._window.events.moved += self._moved
        self._window.events.closing += self._remember
        self._window.events.loaded += self._stay_home
        self._webview.settings["ALLOW_DOWNLOADS"] = True
        self._webview.start(self._listen, (commands,), icon=str(_ICON) if _ICON.exists() else None)
        return self._code

    def _listen(self, commands: IO[str]) -> None:
        """On a thread of its own."""
        if self._webview.renderer == "mshtml":
            _complain("It needs WebView2, which Windows 11 has and Windows 10 gets from Microsoft.")
            self._code = NO_WEB_VIEW
            self._window.destroy()
            return
        self._back_on_screen()
        _tell(SHOWN)
        for line in commands:
            if self._closing:
                return
            match line.split():
                case ["open", address]:
                    self._home = _origin(address)
                    self._window.load_url(address)
                    self._raise()
                    _tell(SHOWN)
                case ["show"]:
                    self._raise()
                    _tell(SHOWN)
                case _:
                    log.warning("an unknown command")
        self._window.destroy()

    def _raise(self) -> None:
        self._window.restore()
        self._window.show()
        if sys.platform == "linux":
            _present(self._window.native)

    def _back_on_screen(self) -> None:
        """The screen it was on last time may be gone."""
        window = self._window
        if window.initial_x is None or window.initial_y is None:
            return
        spot = window.initial_x, window.initial_y
        if not any(_shows(screen, spot) for screen in self._webview.screens):
            window.move(0, 0)

    def _stay_home(self, *_: object) -> None:
        """Links to elsewhere ask for a window of their own, which is the browser's; this is for one that does not.

        Another port of this computer is where the dashboard goes when its address is changed.
        """
        address = self._window.get_current_url() or ""
        if urlsplit(address).hostname == "127.0.0.1":
            self._home = _origin(address)
        elif address.startswith(("http://", "https://")):
            webbrowser.open(address)
            self._window.load_url(f"{self._home}/")

    def _resized(self, width: float, height: float) -> None:
        self._spot |= {"width": int(width), "height": int(height)}

    def _moved(self, x: float, y: float) -> None:
        self._spot |= {"x": int(x), "y": int(y)}

    def _remember(self, *_: object) -> None:
        """What was noted on the way: on this thread, the drawing one, pywebview would wait for itself."""
        self._closing = True
        if sys.platform == "linux":  # what was noted there lacks the frame, and the window would creep down
            x, y = self._window.native.get_position()
            self._spot |= {"x": x, "y": y}
        try:
            replace_file(self._place, json.dumps(self._spot))
        except OSError as error:
            log.info("the window's place can't be kept: %s", error)


class _Browser(webbrowser.BaseBrowser):
    """The person's browser. Python's own choice would hand it the libraries of a packaged Tidegate."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._environ = environ

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:  # noqa: ARG002, FBT001, FBT002  Python's
        """On a thread of its own: it is asked for on the one that draws, and a browser may take its time."""
        threading.Thread(target=browse, args=(url, self._environ), name="browser", daemon=True).start()
        return True


def remembered(place: Path) -> dict[str, int]:
    """Size and position of the last time; nothing of what makes no sense."""
    try:
        values = json.loads(place.read_text("utf-8"))
        found = {name: int(values[name]) for name in ("width", "height", "x", "y")}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    found["width"], found["height"] = max(found["width"], _SMALLEST[0]), max(found["height"], _SMALLEST[1])
    return found


def _shows(screen: Any, spot: tuple[int, int]) -> bool:  # noqa: ANN401  pywebview has no types
    x, y = spot
    return bool(
        screen.x - _MARGIN <= x <= screen.x + screen.width - _MARGIN
        and screen.y <= y <= screen.y + screen.height - _MARGIN
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _present(native: Any) -> None:  # noqa: ANN401  gi has no types
    """Window managers let a window come to the front only when it says that the person has just asked for it."""
    from gi.repository import GLib  # noqa: PLC0415  only here

    def now() -> bool:
        native.present_with_time(int(time.monotonic() * 1000) & 0xFFFF_FFFF)
        return False

    GLib.idle_add(now)


def _complain(sentence: str) -> None:
    """For the launcher's log; a Windows program without a console may have no standard error."""
    if sys.stderr:
        sys.stderr.write(f"{sentence}\n")


def _tell(word: str) -> None:
    """For the launcher itself."""
    if sys.stdout:
        sys.stdout.write(f"{word}\n")
        sys.stdout.flush()

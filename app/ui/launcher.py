"""Opens the dashboard's window: a process of its own, because tray and web view both want the main thread.

The child reads commands from its standard input, one a line: `open ADDRESS`, and `show`; it answers each with `shown`,
because a window that is just closing still takes what is said to it. The end of its input closes the window, so that
none outlives Tidegate. The address never stands in a command line, where others on this computer could read it.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import threading
import webbrowser
from collections.abc import Callable, Mapping, Sequence

from app.core.commands import Outcome
from app.ui.browser import has_screen

log = logging.getLogger(__name__)

NO_WEB_VIEW = 3
"""The child's exit code when this system has nothing to show a window with."""
SHOWN = "shown"
_CLOSE_SECONDS = 5.0


class Launcher:
    """Lives as long as the program; one window at a time. Thread-safe."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        link: Callable[[], str],
        *,
        browse: Callable[[str], bool] = webbrowser.open,
    ) -> None:
        """`command` runs the window; `link` makes an address that opens the dashboard once."""
        self._command = tuple(command)
        self._environ = dict(environ)
        self._link = link
        self._browse = browse
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._attendant: threading.Thread | None = None
        self._page = ""
        self._origin = ""
        """Where the window's dashboard is; another port means that Tidegate has moved since."""
        self._unanswered = 0
        """Commands the child has not carried out yet."""
        self.web_view = has_screen(environ)
        """False once it has turned out that there is none."""

    def open(self, page: str = "") -> Outcome:
        """Show the dashboard, at the page behind that `#`; a window that is open is raised."""
        with self._lock:
            if not self.web_view:
                return self._open_browser(page)
            if self._child and self._child.poll() is None:
                self._page = page
                address = self._address(page)
                is_there = not page and _origin(address) == self._origin
                if self._said("show") if is_there else self._told(address):
                    return Outcome(ok=True, sentence="The dashboard is open.")
            return self._start(page)

    def close(self) -> None:
        """Close the window, if there is one, and wait for its end."""
        with self._lock:
            child, self._child = self._child, None
            if child is None:
                return
            _close(child)
        try:
            child.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
        if self._attendant:
            self._attendant.join()

    def _start(self, page: str) -> Outcome:
        try:
            child = subprocess.Popen(  # noqa: S603  our own command
                self._command,
                env=self._environ,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            log.warning("no window could be started: %s", error)
            return self._open_browser(page)
        self._child, self._page, self._unanswered = child, page, 0
        self._attendant = threading.Thread(target=self._attend, args=(child,), name="window", daemon=True)
        self._attendant.start()
        self._told(self._address(page))
        return Outcome(ok=True, sentence="The dashboard opens.")

    def _attend(self, child: subprocess.Popen[str]) -> None:
        """Hear the window's answers and wait for its end; without a web view the browser takes its place."""
        assert child.stdout  # noqa: S101  it was made with one
        last = ""
        with child.stdout:
            for line in child.stdout:
                if line.strip() == SHOWN:
                    with self._lock:
                        self._unanswered -= 1
                else:
                    last = line.strip() or last
        code = child.wait()
        with self._lock:
            _close(child)
            was_closed = self._child is not child
            if code == NO_WEB_VIEW:
                log.warning("no window of its own: %s", last[:300])
                self.web_view = False
                self._open_browser(self._page)
            elif code != 0:
                log.info("the window ended with %d: %s", code, last[:300])
            elif self._unanswered and not was_closed:  # it was closed just before it was asked for again
                self._start(self._page)

    def _told(self, address: str) -> bool:
        self._origin = _origin(address)
        return self._said(f"open {address}")

    def _said(self, line: str) -> bool:
        """Tell the child; False when it is gone."""
        assert self._child  # noqa: S101  asked before
        assert self._child.stdin  # noqa: S101  it was made with one
        try:
            self._child.stdin.write(f"{line}\n")
            self._child.stdin.flush()
        except (OSError, ValueError):  # it is ending at this moment
            return False
        self._unanswered += 1
        return True

    def _open_browser(self, page: str) -> Outcome:
        try:
            opened = self._browse(self._address(page))
        except webbrowser.Error:
            opened = False
        if opened:
            return Outcome(ok=True, sentence="The dashboard is open in your browser.")
        return Outcome(ok=False, sentence="No browser could be opened. Run `tidegate dashboard` for a link.")

    def _address(self, page: str) -> str:
        """The browser takes what is behind the `#` along to where the link leads."""
        return f"{self._link()}#{page}" if page else self._link()


def _origin(address: str) -> str:
    return address.partition("/open")[0]


def _close(child: subprocess.Popen[str]) -> None:
    """The end of its input is what tells the window to close; safe to call twice."""
    if child.stdin:
        with contextlib.suppress(OSError):
            child.stdin.close()

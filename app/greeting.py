"""What a person has to see when the desktop program starts: the welcome, the window, or why there is no icon."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from app.core.commands import Outcome
from app.core.paths import Paths
from app.ready_screen import for_a_person
from app.tray.actions import WELCOME
from app.tray.board import NoTray

if TYPE_CHECKING:
    from app.bootstrap import App

log = logging.getLogger(__name__)

_HOST_SECONDS = 4.0
"""A desktop that is just starting needs a moment until it shows icons."""
_NOBODY_SHOWS_IT = (
    "This desktop shows no tray icons; on GNOME, the extension AppIndicator brings them. "
    "Tidegate runs all the same: start it again to see its window."
)


class Icon(Protocol):
    """The tray icon, as far as it matters here."""

    def hosted(self) -> bool: ...

    def notify(self, title: str, text: str) -> None: ...


class Greeting:
    """Once for the program; belongs to the thread that serves."""

    def __init__(
        self, paths: Paths, icon: Icon | None, no_tray: NoTray | None, show: Callable[[str], Outcome], *, hidden: bool
    ) -> None:
        """`show` opens the dashboard at a page. `hidden`: started by the system, not by a person, who would want to
        see something."""
        self._paths, self._icon, self._show, self._hidden = paths, icon, show, hidden
        self.notices: tuple[str, ...] = (str(no_tray),) if no_tray else ()
        """Why there is no icon to be seen, as sentences."""

    def greet(self, app: App) -> None:
        """It serves for the first time."""
        on_terminal = sys.stdout is not None and (self._icon is None or sys.stdout.isatty())
        if on_terminal:
            say(for_a_person(app.ready(with_models=True)))
        first = not self._hidden and self._is_first_start()
        for notice in self.notices:
            log.warning("%s", notice)
        is_shown = (first or self._icon is None) and not self._hidden and self._show(WELCOME if first else "").ok
        if self._icon is None and not is_shown and on_terminal:
            say(f"Dashboard, once and within a minute: {app.commands.dashboard_link()}")
        if self._icon:
            threading.Thread(
                target=self._look_for_host, args=(self._icon, is_shown), name="tray host", daemon=True
            ).start()

    def _look_for_host(self, icon: Icon, is_shown: bool) -> None:  # noqa: FBT001  a thread's argument
        """Nothing may show icons here, as on GNOME without its extension: then the window is the way in."""
        threading.Event().wait(_HOST_SECONDS)
        if icon.hosted():
            return
        self.notices = (_NOBODY_SHOWS_IT,)
        log.warning("%s", _NOBODY_SHOWS_IT)
        icon.notify("Tidegate runs", _NOBODY_SHOWS_IT)
        if not (is_shown or self._hidden):
            self._show("")

    def _is_first_start(self) -> bool:
        mark = self._paths.home / "welcomed"
        if mark.exists():
            return False
        try:
            mark.touch()
        except OSError:
            log.warning("the first start can't be remembered")
        return True


def say(words: str, *, error: bool = False) -> None:
    """For whoever started it in a terminal; a program without one has no such streams."""
    stream = sys.stderr if error else sys.stdout
    if stream is not None:
        stream.write(f"{words}\n")
        stream.flush()

"""The desktop program: the server with an icon in the tray and a window beside it.

main thread: the icon, or without one nothing       thread "server": the supervisor
a click ──► tray ──► actions ──► the run's commands      and what it tells: serving, down
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.core.bus import Bus
from app.core.commands import Commands, Outcome
from app.core.errors import TidegateError
from app.core.own_command import own_command
from app.core.paths import Paths
from app.core.settings_layers import Layer
from app.ready_screen import for_a_person
from app.supervisor import Supervisor
from app.tray.actions import WELCOME, Actions
from app.tray.autostart import LoginStart, autostart_of
from app.tray.board import NoTray
from app.tray.icon import Icon, open_icon
from app.tray.state import Today
from app.tray.tray import Tray
from app.ui.browser import browse
from app.ui.launcher import Launcher

if TYPE_CHECKING:
    from app.bootstrap import App

log = logging.getLogger(__name__)

_HOST_SECONDS = 4.0
"""A desktop that is just starting needs a moment until it shows icons."""
_SESSION_END_SECONDS = 4.0
"""Windows waits five for a program."""


class Desktop:
    """One for the process. `run()` belongs to the main thread; it implements `app.tray.actions.Desk`."""

    def __init__(self, options: Layer, environ: Mapping[str, str], paths: Paths, *, hidden: bool) -> None:
        """`hidden`: started by the system, not by a person, who would want to see something."""
        self._options, self._environ, self._paths = options, environ, paths
        self._hidden = hidden
        self._bus = Bus()
        self._app: App | None = None
        self._failure: TidegateError | None = None
        self._code = 0
        self._served_before = threading.Event()
        self._ended = threading.Event()
        self._login = LoginStart(autostart_of(own_command(environ, quiet=True), environ))
        self._launcher = Launcher(
            own_command(environ, quiet=True).with_arguments("--window", str(paths.run / "window.json")),
            environ,
            lambda: self._commands().dashboard_link(),
            browse=lambda address: browse(address, environ),
        )
        self._actions = Actions(self._commands, self, self._is_on)
        self._icon: Icon | None = None
        self._tray: Tray | None = None
        self._no_tray = self._open_icon()
        self.supervisor = Supervisor(patient=self._icon is not None)

    def run(self) -> int:
        """Serve until a person, a signal or the session's end stops it; returns the exit code."""
        server = threading.Thread(target=self._serve, name="server", daemon=True)
        if self._icon and self._tray:
            self._tray.start()
            self._icon.run(on_shown=server.start)
            self.supervisor.stop()  # the icon may end first: its screen is gone
        else:
            server.start()
        while server.is_alive():
            server.join(0.25)  # in steps, or Windows hears no signal
        self._launcher.close()
        if self._failure:
            raise self._failure
        return self._code

    def open_dashboard(self, page: str = "") -> Outcome:
        if self._app is None:
            return Outcome(ok=False, sentence="Tidegate does not serve now, so there is nothing to show.")
        return self._launcher.open(page)

    def browse(self, address: str) -> Outcome:
        if browse(address, self._environ):
            return Outcome(ok=True, sentence="Your browser opens.")
        return Outcome(ok=False, sentence=f"No browser could be opened. Go to {address}")

    def copy(self, text: str) -> None:
        if self._icon:
            self._icon.copy(text)

    def restart(self) -> Outcome:
        if self._app is None:
            self.supervisor.retry()
            return Outcome(ok=True, sentence="Trying again.")
        return self._commands().restart()

    def quit(self) -> Outcome:
        self.supervisor.stop()
        return Outcome(ok=True, sentence="")

    def serving(self, app: App) -> None:
        """The supervisor tells: requests are accepted."""
        from app.core.history_queries import counts  # noqa: PLC0415  with the server, later than the icon

        self._app = app
        if self._tray:

            def today() -> Today:
                counted = app.history.read(lambda found: counts(found, time.time()))
                return Today(counted.today, counted.today_failed)

            self._tray.serving(app.commands.status, today, notifies=app.settings.tray.notifications)
            if self._icon:
                self._icon.dress(app.settings.tray.icon)
        for notice in app.notices:
            log.warning("%s", notice)
        if self._served_before.is_set():
            self._launcher.renew()
            return
        self._served_before.set()
        self._greet(app)

    def down(self, trouble: str) -> None:
        """The supervisor tells: it does not serve now."""
        self._app = None
        if self._tray:
            self._tray.down(trouble)
        elif trouble:
            _say(trouble, error=True)

    def _open_icon(self) -> NoTray | None:
        def click(name: str) -> None:
            if self._tray:
                self._tray.click(name)

        try:
            self._icon = open_icon(click, self._session_ends, self._environ)
        except NoTray as reason:
            return reason
        self._tray = Tray(self._icon, self._bus, do=self._actions.do, autostart=self._is_on)
        return None

    def _serve(self) -> None:
        """On the server's thread, which has to end the icon whatever happens."""
        try:
            from app.beside import Lasting  # noqa: PLC0415  loads the server; the icon comes first
            from app.restart import first_or_again  # noqa: PLC0415

            lasting = Lasting(bus=self._bus, start_at_login=self._login, show_window=self.open_dashboard)
            build = first_or_again(self._options, self._environ, self._paths, lasting)
            self._code = self.supervisor.run(build, self)
        except TidegateError as error:
            self._failure = error
        except BaseException:
            log.exception("the desktop program failed")
            self._code = 1
        finally:
            self._app = None
            self._ended.set()
            if self._tray:
                self._tray.close()
            if self._icon:
                self._icon.stop()

    def _greet(self, app: App) -> None:
        """The first time it serves: what a person has to see, now or later."""
        first = self._is_first_start()
        screen = sys.stdout is not None and (self._icon is None or sys.stdout.isatty())
        if screen:
            _say(for_a_person(app.ready(with_models=True)))
        if self._no_tray:
            log.warning("%s", self._no_tray)
            if not self._open_without_icon(first=first) and screen:
                _say(f"Dashboard, once and within a minute: {app.commands.dashboard_link()}")
        elif first and not self._hidden:
            self.open_dashboard(WELCOME)
        else:
            threading.Thread(target=self._look_for_host, name="tray host", daemon=True).start()

    def _open_without_icon(self, *, first: bool) -> bool:
        if self._hidden:
            return True
        return self.open_dashboard(WELCOME if first else "").ok

    def _look_for_host(self) -> None:
        """Nothing may show icons here, as on GNOME without its extension: then the window is the way in."""
        threading.Event().wait(_HOST_SECONDS)
        if self._icon and not self._icon.hosted():
            log.warning("This desktop shows no tray icons. On GNOME, the extension AppIndicator brings them.")
            if not self._hidden:
                self.open_dashboard()

    def _is_first_start(self) -> bool:
        mark = self._paths.home / "welcomed"
        if mark.exists():
            return False
        try:
            mark.touch()
        except OSError:
            log.warning("the first start can't be remembered")
        return True

    def _commands(self) -> Commands:
        app = self._app
        if app is None:
            raise TidegateError("Tidegate does not serve now. Try again in a moment.")
        return app.commands

    def _is_on(self) -> bool:
        try:
            return self._login.is_on()
        except OSError:
            return False

    def _session_ends(self) -> None:
        """The system waits only until this returns, and not long."""
        self.supervisor.stop()
        self._ended.wait(_SESSION_END_SECONDS)


def _say(words: str, *, error: bool = False) -> None:
    """For whoever started it in a terminal; a program without one has no such streams."""
    stream = sys.stderr if error else sys.stdout
    if stream is not None:
        stream.write(f"{words}\n")
        stream.flush()

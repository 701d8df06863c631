"""The desktop program: the server with an icon in the tray and a window beside it.

main thread: the icon, or without one nothing       thread "server": the supervisor
a click ──► tray ──► actions ──► the run's commands      and what it tells: serving, down
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.core.bus import Bus
from app.core.commands import Commands, Outcome
from app.core.errors import TidegateError
from app.core.garbage import loading
from app.core.own_command import own_command
from app.core.paths import Paths
from app.core.settings import TraySettings
from app.core.settings_layers import Layer
from app.greeting import Greeting, say
from app.supervisor import Supervisor
from app.tray.actions import Actions
from app.tray.autostart import LoginStart, autostart_of
from app.tray.board import NoTray
from app.tray.icon import Icon, open_icon
from app.tray.notifications import Notifications
from app.tray.state import Today
from app.tray.tray import Tray
from app.ui.browser import browse
from app.ui.launcher import Launcher

if TYPE_CHECKING:
    from app.bootstrap import App

log = logging.getLogger(__name__)

_SESSION_END_SECONDS = 2.0
"""For answers to end, and once more for everything else; Windows waits five for a program."""
_RESTART_SECONDS = 60.0
"""More than the longest end of running answers that anybody would set, and a start."""


class Desktop:
    """One for the process. `run()` belongs to the main thread; it implements `app.tray.actions.Desk`."""

    def __init__(self, options: Layer, environ: Mapping[str, str], paths: Paths, *, hidden: bool) -> None:
        """`hidden`: started by the system, not by a person, who would want to see something."""
        self._options, self._environ, self._paths = options, environ, paths
        self._bus = Bus()
        self._app: App | None = None
        self._failure: TidegateError | None = None
        self._code = 0
        self._turn = threading.Condition()
        self._turns = 0
        """How often it has begun to serve, or could not."""
        self._greeted = False
        self._trouble = ""
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
        no_tray = self._open_icon()
        self._greeting = Greeting(paths, self._icon, no_tray, self.open_dashboard, hidden=hidden)
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
        before, trouble = self._turns, self._trouble
        if self._app is None:
            self.supervisor.retry()
        else:
            told = self._commands().restart()
            if not told.ok:
                return told
        with self._turn:
            if not self._turn.wait_for(lambda: self._turns != before or self._ended.is_set(), _RESTART_SECONDS):
                return Outcome(ok=False, sentence="Tidegate has not begun anew yet. The log says why.")
        if self._app and (why := self._app.old_settings_because):
            return Outcome(ok=False, sentence=f"Tidegate has begun anew with its settings as they were. {why}")
        if not self._trouble:
            return Outcome(ok=True, sentence="Tidegate has begun anew.")
        return Outcome(ok=False, sentence=trouble if trouble == self._trouble else "")  # a new one was told already

    def quit(self) -> Outcome:
        self.supervisor.stop()
        self._ended.wait()
        return Outcome(ok=True, sentence="")

    def quit_now(self) -> Outcome:
        self.supervisor.stop_now()
        return Outcome(ok=True, sentence="")

    def serving(self, app: App) -> None:
        """The supervisor tells: requests are accepted."""
        from app.core.history_queries import counts  # noqa: PLC0415  with the server, later than the icon

        self._app = app
        if self._tray:

            def today() -> Today:
                counted = app.history.read(lambda found: counts(found, time.time()))
                return Today(counted.today, counted.today_failed)

            self._tray.serving(app.commands.status, today)
            self._wear(app.settings.tray)
        for notice in app.notices:
            log.warning("%s", notice)
        self._turned("")
        if not self._greeted:
            self._greeted = True
            self._greeting.greet(app)

    def down(self, trouble: str) -> None:
        """The supervisor tells: it does not serve now."""
        self._app = None
        if self._tray:
            self._tray.down(trouble)
        elif trouble:
            say(trouble, error=True)
        if trouble:
            self._turned(trouble)

    def _turned(self, trouble: str) -> None:
        with self._turn:
            self._turns, self._trouble = self._turns + 1, trouble
            self._turn.notify_all()

    def _wear(self, wanted: TraySettings) -> None:
        """Settings of the icon work at once."""
        if self._tray and self._icon:
            self._tray.notifies = wanted.notifications
            self._icon.dress(wanted.icon)

    def _open_icon(self) -> NoTray | None:
        def click(name: str) -> None:
            if self._tray:
                self._tray.click(name)

        try:
            self._icon = open_icon(click, self._session_ends, self._environ)
        except NoTray as reason:
            return reason
        self._tray = Tray(
            self._icon,
            self._bus,
            do=self._actions.do,
            autostart=self._is_on,
            notifications=Notifications(self._paths.run / "told.json"),
        )
        return None

    def _serve(self) -> None:
        """On the server's thread, which has to end the icon whatever happens."""
        try:
            with loading():
                from app.beside import Lasting  # noqa: PLC0415  loads the server; the icon comes first
                from app.restart import first_or_again  # noqa: PLC0415

            lasting = Lasting(
                bus=self._bus,
                start_at_login=self._login,
                show_window=self.open_dashboard,
                desktop_notices=lambda: self._greeting.notices,
                wear=self._wear,
            )
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
            self._turned("")
            if self._tray:
                self._tray.close()
            if self._icon:
                self._icon.stop()

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
        if not self._ended.wait(_SESSION_END_SECONDS):
            self.supervisor.stop_now()
            self._ended.wait(_SESSION_END_SECONDS)

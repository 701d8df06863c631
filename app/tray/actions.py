"""What a click in the menu does. Runs on threads of its own; the menu never waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.core.commands import Commands, Outcome
from app.tray.board import NoClipboard
from app.tray.menu import api_base

WELCOME, CONNECT, CLAUDE, ABOUT = "welcome", "connect", "settings/claude", "settings/about"
"""Pages of the dashboard, by what stands behind the `#`."""
_PASTE = "Sign in on the page that has opened. If it shows a code, paste that in Tidegate's window."


class Desk(Protocol):
    """What the desktop program does around the server."""

    def open_dashboard(self, page: str = "") -> Outcome:
        """Show the window, or a browser."""
        ...

    def browse(self, address: str) -> Outcome:
        """Open a page in the person's browser."""
        ...

    def copy(self, text: str) -> None:
        """Put a text on the clipboard; raises NoClipboard."""
        ...

    def restart(self) -> Outcome:
        """Begin anew, or try again where it could not begin; returns once it serves, or does not."""
        ...

    def quit(self) -> Outcome:
        """End, once running answers have; returns then."""
        ...

    def quit_now(self) -> Outcome: ...


class Actions:
    """One for the program's life. `do` may be called from any thread, and blocks for as long as it takes."""

    def __init__(self, commands: Callable[[], Commands], desk: Desk, autostart: Callable[[], bool]) -> None:
        """`commands`: those of the server that runs now. `autostart`: whether the system starts Tidegate at login."""
        self._commands = commands
        self._desk = desk
        self._autostart = autostart

    def do(self, name: str) -> Outcome:
        """What the menu's entry of that name does; raises KeyError for one that does nothing."""
        desk = self._desk
        doing: dict[str, Callable[[], Outcome]] = {
            "open": desk.open_dashboard,
            "dashboard": desk.open_dashboard,
            "connect": lambda: desk.open_dashboard(CONNECT),
            "set_up": lambda: desk.open_dashboard(WELCOME),
            "about": lambda: desk.open_dashboard(ABOUT),
            "remedy": self._remedy,
            "copy_address": lambda: self._copied(api_base(self._commands().status()), "The address"),
            "copy_key": lambda: self._copied(self._commands().key(), "The key"),
            "refresh": lambda: self._commands().refresh_sign_in(),
            "sign_in": self._sign_in,
            "sign_out_now": lambda: self._commands().sign_out(),
            "probe": lambda: self._commands().probe(),
            "pause": lambda: self._commands().pause(),
            "resume": lambda: self._commands().resume(),
            "restart": desk.restart,
            "autostart": lambda: self._commands().set_autostart(on=not self._autostart()),
            "updates": self._updates,
            "quit": desk.quit,
            "quit_now": desk.quit_now,
        }
        return doing[name]()

    def _updates(self) -> Outcome:
        """Looks for a newer version; once there is one, opens the page to download it from."""
        if found := self._commands().status().update:
            return self._desk.browse(found.page)
        return self._commands().look_for_update()

    def _remedy(self) -> Outcome:
        """The button that the state itself offers."""
        return self.do(self._commands().status().action_command)

    def _copied(self, text: str, what: str) -> Outcome:
        try:
            self._desk.copy(text)
        except NoClipboard as reason:
            return Outcome(ok=False, sentence=str(reason))
        return Outcome(ok=True, sentence=f"{what} is copied. Paste it into your chat app.")

    def _sign_in(self) -> Outcome:
        page = self._commands().sign_in()
        if page.url is None:
            return Outcome(ok=False, sentence=page.sentence)
        opened = self._desk.browse(page.url)
        if not opened.ok:
            return opened
        self._desk.open_dashboard(CLAUDE)
        return Outcome(ok=True, sentence=_PASTE)

"""What a person can tell the program to do, from the tray, the dashboard or the command line: one list for all three.

Every method is thread-safe and may take seconds (a program is asked, an answer ends): not for a thread that draws or
serves. None raises for what goes wrong: the outcome says it.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from app.core.status import Status


class Outcome(msgspec.Struct, frozen=True):
    """What came of a command."""

    ok: bool
    sentence: str
    """For the person who gave it; what to do next when it failed."""


class SignInPage(msgspec.Struct, frozen=True):
    """A sign-in that has begun."""

    url: str | None
    """The page that the signed-in program printed, to be opened in a browser; None when there is none."""
    sentence: str


class StartAtLogin(Protocol):
    """Whether the system starts Tidegate when this person logs in. Read from the system each time."""

    def is_on(self) -> bool:
        """Raises OSError where the system can't tell."""
        ...

    def switch(self, *, on: bool) -> Outcome: ...


class Commands(Protocol):
    """Implemented by `app.controller`."""

    def status(self) -> Status:
        """What there is to show; asks nobody, and returns at once."""
        ...

    def pause(self) -> Outcome:
        """Refuse new questions; running answers go on."""
        ...

    def resume(self) -> Outcome: ...

    def restart(self) -> Outcome:
        """Begin anew with the settings as they are now; running answers may end first."""
        ...

    def quit(self) -> Outcome: ...

    def refresh_sign_in(self) -> Outcome:
        """Let the signed-in program renew the sign-in."""
        ...

    def sign_in(self) -> SignInPage:
        """Begin the signed-in program's own flow; once more ends the one before."""
        ...

    def submit_code(self, code: str) -> Outcome:
        """Hand on the code that the sign-in page showed, and wait for what comes of it."""
        ...

    def cancel_sign_in(self) -> Outcome:
        """Give up the sign-in that was begun."""
        ...

    def sign_out(self) -> Outcome: ...

    def probe(self) -> Outcome:
        """Spend one tiny request to find out whether Claude answers."""
        ...

    def look_for_update(self) -> Outcome:
        """Ask once whether there is a newer version; `status()` then has it."""
        ...

    def skip_update(self) -> Outcome:
        """Tell no more of the version that was found."""
        ...

    def set_autostart(self, *, on: bool) -> Outcome:
        """Start Tidegate when this person logs in, or no more."""
        ...

    def dashboard_link(self) -> str:
        """An address that opens the dashboard once, within a minute."""
        ...

    def key(self) -> str:
        """The key for chat apps."""
        ...

"""What a menu click, a button of the dashboard or a command does."""

from __future__ import annotations

import logging
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec

from app import __version__
from app.core.account_state import action, sentence
from app.core.account_watch import AccountWatch
from app.core.app_keys import AppKeys
from app.core.bus import Bus
from app.core.commands import Outcome, SignInPage, StartAtLogin
from app.core.events import PauseChanged
from app.core.history import History
from app.core.secrets import Secrets
from app.core.status import Build, NewVersion, Notice, Status, standing
from app.proxy.engines.reach import AccountTrouble, Reach, SignInDesk
from app.proxy.pipeline import Pipeline
from app.proxy.probe import probe
from app.ui.access import DashboardDoor
from app.updates.updates import Updates

log = logging.getLogger(__name__)

Result = TypeVar("Result")
_PAGE_SECONDS = 30.0
_CODE_SECONDS = 90.0
_REFRESH_SECONDS = 60.0
_PROBE_SECONDS = 120.0
_UPDATE_SECONDS = 30.0
LASTS = "An API key that is entered here, and a new key for your apps, last only until Tidegate closes."


class Lifetime(Protocol):
    """The running program, as far as commands reach into it; every method is thread-safe."""

    def call(self, work: Callable[[], Awaitable[Result]], *, limit_seconds: float) -> Result: ...

    def stop(self) -> None: ...

    def restart(self) -> None: ...


class Way:
    """How Claude is reached now; replaced as a whole when a person changes it."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach


class Place(msgspec.Struct, frozen=True):
    """What does not change while this server runs."""

    address: str
    started_at: float
    """Unix seconds."""
    notices: Callable[[], tuple[str, ...]]
    """Who gets in, and what the engine can't do."""


class Controller:
    """Implements `app.core.commands.Commands`; lives as long as one run of the server."""

    def __init__(
        self,
        *,
        place: Place,
        way: Way,
        pipeline: Pipeline,
        account: AccountWatch,
        history: History,
        bus: Bus,
        keys: AppKeys,
        secrets: Secrets,
        door: DashboardDoor,
        desk: Callable[[], SignInDesk],
        updates: Updates,
        start_at_login: StartAtLogin | None = None,
        desktop_notices: Callable[[], tuple[str, ...]] = tuple,
        settings_problem: Callable[[], str] = str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`desk` is asked for on a thread that may wait: its first call loads the engine's library.

        `start_at_login`: None where nothing can. `desktop_notices`: what this desktop can't show.
        `settings_problem`: why a restart could not use what is written down; empty when it can.
        """
        self._place, self._way, self._pipeline = place, way, pipeline
        self._account, self._history, self._bus = account, history, bus
        self._keys, self._secrets, self._door = keys, secrets, door
        self._desk = desk
        self._updates = updates
        self._clock = clock
        self._lifetime: Lifetime | None = None
        self._start_at_login = start_at_login
        self._desktop_notices = desktop_notices
        self._settings_problem = settings_problem

    def attach(self, lifetime: Lifetime) -> None:
        """Called once, before the program runs."""
        self._lifetime = lifetime

    def status(self) -> Status:
        state, now, reach = self._account.state, self._clock(), self._way.reach
        label, command = action(state)
        facts = reach.facts()
        return Status(
            account=state,
            sentence=sentence(state, now),
            action_label=label,
            action_command=command,
            address=self._place.address,
            engine=reach.engine.name,
            method_label=reach.method.label,
            method_sentence=reach.method.sentence,
            started_at=self._place.started_at,
            build=Build(
                __version__,
                f"{sys.platform}-{platform.machine().lower()}",
                platform.python_version(),
                facts.cli_version,
            ),
            windows=standing(facts.windows, now),
            paused=self._pipeline.paused,
            running=self._pipeline.running,
            notices=self._notices(),
            update=self._new_version(),
            updates_problem=self._updates.problem,
            clock_ahead_seconds=facts.clock_ahead_seconds,
        )

    def pause(self) -> Outcome:
        self._set_paused(paused=True)
        return Outcome(ok=True, sentence="Tidegate is paused: new questions are turned away until you resume it.")

    def resume(self) -> Outcome:
        self._set_paused(paused=False)
        return Outcome(ok=True, sentence="Tidegate answers again.")

    def restart(self) -> Outcome:
        why = self._settings_problem()
        self._running().restart()
        kept = f" Its settings stay as they are. {why}" if why else ""
        return Outcome(ok=True, sentence=f"Tidegate restarts as soon as running answers have ended.{kept}")

    def quit(self) -> Outcome:
        self._running().stop()
        return Outcome(ok=True, sentence="Tidegate closes as soon as running answers have ended.")

    def refresh_sign_in(self) -> Outcome:
        if not self._way.reach.renewable:
            return Outcome(ok=True, sentence=f"Nothing to renew: {self._way.reach.method.sentence}")
        desk = self._desk()
        try:
            checked = self._running().call(desk.refresh, limit_seconds=_REFRESH_SECONDS)
        except TimeoutError:
            return Outcome(ok=False, sentence="The sign-in could not be renewed in time. Try again in a moment.")
        if checked.problem:
            return Outcome(ok=False, sentence=checked.problem)
        if not checked.signed_in:
            return Outcome(ok=False, sentence=sentence(self._account.state, self._clock()))
        return Outcome(ok=True, sentence="Claude Code says that you are signed in.")

    def sign_in(self) -> SignInPage:
        desk = self._desk()
        try:
            url = self._running().call(lambda: desk.begin(self._signed_in), limit_seconds=_PAGE_SECONDS)
        except AccountTrouble as trouble:
            return SignInPage(None, str(trouble))
        except TimeoutError:
            return SignInPage(None, "The sign-in could not be begun in time. Try again.")
        return SignInPage(url, "Sign in on the page that opens, and paste here the code it shows, if it shows one.")

    def submit_code(self, code: str) -> Outcome:
        desk = self._desk()
        try:
            self._running().call(lambda: desk.submit(code), limit_seconds=_CODE_SECONDS)
        except AccountTrouble as trouble:
            return Outcome(ok=False, sentence=str(trouble))
        except TimeoutError:
            return Outcome(ok=False, sentence="The sign-in did not end in time. Begin it again.")
        return Outcome(ok=True, sentence="You are signed in.")

    def cancel_sign_in(self) -> Outcome:
        given_up = self._running().call(self._desk().cancel, limit_seconds=_PAGE_SECONDS)
        return Outcome(ok=True, sentence="The sign-in was given up." if given_up else "No sign-in is under way.")

    def sign_out(self) -> Outcome:
        desk = self._desk()
        try:
            self._running().call(lambda: desk.sign_out(self._signed_out), limit_seconds=_REFRESH_SECONDS)
        except AccountTrouble as trouble:
            return Outcome(ok=False, sentence=str(trouble))
        except TimeoutError:
            return Outcome(ok=False, sentence="Signing out took too long. Try again.")
        return Outcome(ok=True, sentence="You are signed out of Claude Code on this computer.")

    def probe(self) -> Outcome:
        try:
            return self._running().call(lambda: probe(self._pipeline), limit_seconds=_PROBE_SECONDS)
        except TimeoutError:
            return Outcome(ok=False, sentence="Claude did not answer in time. Try again in a moment.")

    def look_for_update(self) -> Outcome:
        return self._running().call(self._updates.look, limit_seconds=_UPDATE_SECONDS)

    def skip_update(self) -> Outcome:
        return self._updates.skip()

    def set_autostart(self, *, on: bool) -> Outcome:
        if self._start_at_login is None:
            return Outcome(ok=False, sentence="Tidegate can't be started at login here.")
        return self._start_at_login.switch(on=on)

    def dashboard_link(self) -> str:
        return f"{self._place.address}/open?code={self._door.new_code()}"

    def key(self) -> str:
        return self._keys.default_key

    def _signed_in(self) -> None:
        self._sign_in_changed(signed_in=True)

    def _signed_out(self) -> None:
        self._sign_in_changed(signed_in=False)

    def _sign_in_changed(self, *, signed_in: bool) -> None:
        """Somebody has just signed in or out; a key in use is not touched by that."""
        reach = self._way.reach
        if reach.renewable and reach.credential:
            self._account.changed(reach.credential, signed_in=signed_in)

    def _set_paused(self, *, paused: bool) -> None:
        if self._pipeline.paused != paused:
            self._pipeline.paused = paused
            self._bus.publish(PauseChanged(paused))

    def _new_version(self) -> NewVersion | None:
        found = self._updates.news
        return NewVersion(found.version, found.page, found.notes, found.notice) if found else None

    def _notices(self) -> tuple[Notice, ...]:
        found = [Notice("access", told) for told in self._place.notices()]
        found += [Notice("desktop", told) for told in self._desktop_notices()]
        if self._history.problem:
            found.append(Notice("history", self._history.problem))
        if self._history.set_aside:
            found.append(Notice("history", self._history.set_aside))
        if self._secrets.problem:
            found.append(Notice("keyring", f"{self._secrets.problem} {LASTS}"))
        return tuple(found)

    def _running(self) -> Lifetime:
        assert self._lifetime, "attach() comes before the first command"  # noqa: S101  a mistake of ours
        return self._lifetime

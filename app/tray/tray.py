"""Keeps the icon true: watches what happens, and does what is clicked, each on threads of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.structs import replace

from app.core.bus import Bus, Noted
from app.core.commands import Outcome
from app.core.errors import TidegateError
from app.core.events import ExchangeEnded, ExchangeStarted
from app.core.events import Outcome as Ending
from app.core.moments import day_of
from app.core.status import Status
from app.tray.menu import Line, menu
from app.tray.notifications import Notifications
from app.tray.state import Look, Today, View, look, title

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.25
"""Between two changes of the menu: more often nobody could read."""
_TICK_SECONDS = 20.0
"""Without news: the clock goes on, and what the system says of the start at login may have changed."""
_SAID_SECONDS = 12.0
_ASKED_FIRST = {
    "sign_out": "This signs out Claude Code on this computer too, everywhere it is used. Click once more to do it."
}
_SHOWN_BY_THEMSELVES = {"open", "dashboard", "connect", "set_up", "about"}
"""Clicks that open a window, which says enough."""


class Shown(Protocol):
    """The icon, as far as this file changes it; every method is thread-safe and returns at once."""

    def show(self, look: Look, title: str, lines: tuple[Line, ...]) -> None: ...

    def notify(self, title: str, text: str) -> None: ...


class Tray:
    """Lives from `start()` to `close()`, restarts of the server included. Everything is thread-safe."""

    def __init__(
        self,
        shown: Shown,
        bus: Bus,
        *,
        do: Callable[[str], Outcome],
        autostart: Callable[[], bool],
        notifications: Notifications | None = None,
        clock: Callable[[], float] = time.time,
        ticking: Callable[[], float] = time.monotonic,
    ) -> None:
        """`do` does what is clicked and may take as long as it likes. `ticking`: seconds that only go forward."""
        self._shown = shown
        self._do = do
        self._autostart = autostart
        self.notifies = True
        """A setting; what a person asked for and went wrong is told all the same."""
        self._clock = clock
        self._ticking = ticking
        self._news = threading.Event()
        self._closing = threading.Event()
        self._feed = bus.follow(self._news.set)
        self._lock = threading.Lock()
        self._status: Callable[[], Status] | None = None
        self._view = View(None)
        self._said_until = 0.0
        self._day = ""
        self._count: Callable[[], Today] = Today
        self._notifications = notifications or Notifications()
        self._thread = threading.Thread(target=self._watch, name="tray", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Safe to call twice; clicks that are being done go on."""
        self._feed.close()
        self._closing.set()
        self._news.set()

    def serving(self, status: Callable[[], Status], count: Callable[[], Today]) -> None:
        """The server runs. `count` tells today's requests so far."""
        with self._lock:
            self._status, self._count, self._day = status, count, ""
            self._view = replace(self._view, trouble="")
        self._news.set()

    def down(self, trouble: str = "") -> None:
        """The server does not run; a sentence says why, if that needs a person."""
        with self._lock:
            self._status = None
            is_news = bool(trouble) and trouble != self._view.trouble
            self._view = replace(self._view, status=None, trouble=trouble)
        if is_news:
            self._notify("Tidegate does not run", trouble)
        self._news.set()

    def click(self, name: str) -> None:
        """Do what the entry of that name does; once at a time. What is hard to take back is asked about first."""
        if question := _ASKED_FIRST.get(name):
            self._say(question, asked=name)
            self._notify("Tidegate", question, always=True)
            return
        with self._lock:
            if name in self._view.under_way:
                return
            self._view = replace(self._view, under_way=self._view.under_way | {name})
        self._news.set()
        threading.Thread(target=self._done, args=(name,), name=f"click {name}", daemon=True).start()

    def _done(self, name: str) -> None:
        try:
            outcome = self._do(name)
        except TidegateError as error:
            outcome = Outcome(ok=False, sentence=str(error))
        except Exception:
            log.exception("%s failed", name)
            outcome = Outcome(ok=False, sentence="That did not work. The log in the dashboard says why.")
        with self._lock:
            self._view = replace(self._view, under_way=self._view.under_way - {name})
        self._say(_said(outcome))
        seen = outcome.ok and name in _SHOWN_BY_THEMSELVES
        if outcome.sentence and not seen and not self._closing.is_set():
            self._notify("Tidegate", outcome.sentence, always=not outcome.ok)

    def _say(self, words: str, *, asked: str = "") -> None:
        """In the menu, for a while."""
        with self._lock:
            self._view = replace(self._view, said=words, asked=asked)
            self._said_until = self._ticking() + _SAID_SECONDS
        self._news.set()

    def _notify(self, heading: str, text: str, *, always: bool = False) -> None:
        if self.notifies or always:
            self._shown.notify(heading, text)

    def _watch(self) -> None:
        while not self._closing.is_set():
            try:
                self._refresh(self._feed.take())
            except Exception:  # the icon must outlive whatever a running-down server answers
                log.exception("the tray could not be brought up to date")
            self._closing.wait(_PAUSE_SECONDS)
            self._news.wait(self._until_the_next_look())
            self._news.clear()

    def _until_the_next_look(self) -> float:
        """In seconds; what is said for a while has to go in time."""
        with self._lock:
            left = self._said_until - self._ticking()
        return min(left, _TICK_SECONDS) if left > 0 else _TICK_SECONDS

    def _refresh(self, news: Sequence[Noted]) -> None:
        now = self._clock()
        autostart = self._autostart()
        with self._lock:
            ask, count = self._status, self._count
            recount = ask is not None and self._day != day_of(now)
        status = ask() if ask else None
        counted = count() if recount else None
        with self._lock:
            if ask is not self._status:
                return  # the server changed meanwhile, and has woken this thread again
            today = counted or _after(self._view.today, news)
            self._day = day_of(now) if recount else self._day
            if self._ticking() >= self._said_until:
                self._view = replace(self._view, said="", asked="")
            view = self._view = replace(self._view, status=status, today=today, autostart=autostart)
        self._shown.show(look(view), title(view), menu(view, now))
        version = status.update.version if status and status.update else ""
        for each in self._notifications.after(news, version):
            self._notify(each.title, each.text)


def _after(today: Today, news: Sequence[Noted]) -> Today:
    """The history is asked once a day; in between it is enough to count."""
    started = sum(isinstance(noted.event, ExchangeStarted) for noted in news)
    failed = sum(isinstance(noted.event, ExchangeEnded) and noted.event.outcome is Ending.FAILED for noted in news)
    return Today(today.requests + started, today.failed + failed)


def _said(outcome: Outcome) -> str:
    return f"{'✓' if outcome.ok else '✗'} {outcome.sentence}" if outcome.sentence else ""

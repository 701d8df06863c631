"""Keeps the account's state up to date with what happens, and tells the bus when it changes."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial

from app.core.account_state import (
    AccountEvent,
    AccountState,
    Answered,
    CredentialChosen,
    Kind,
    NotAnswered,
    SignInSeen,
    TimePassed,
    after,
    sentence,
)
from app.core.bus import Bus
from app.core.conditions import Condition
from app.core.events import AccountChanged, Event, ExchangeEnded, ExchangeStarted, Outcome, SignInChecked
from app.core.history import History

_FACT = "credential"
_LASTING = {Kind.EXPIRED, Kind.REFUSED}
"""Only time or a person ends the others, which may have happened while nobody watched."""


class AccountWatch:
    """Lives as long as the program. Thread-safe; listens on the bus.

    What proves a credential is the last real answer since it was chosen: the history remembers both.
    """

    def __init__(
        self,
        bus: Bus,
        history: History,
        *,
        not_claude: frozenset[str] = frozenset(),
        limit_ends: Callable[[], float | None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`not_claude`: models that answer by themselves, and prove nothing. `limit_ends`: when the engine says that
        the plan works again, in Unix seconds."""
        self._bus = bus
        self._history = history
        self._not_claude = not_claude
        self._limit_ends = limit_ends
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: set[str] = set()
        """Requests that run with the credential of now; those from before prove nothing of it."""
        self._renewable = False
        self._state = AccountState()
        self._said = ""
        bus.subscribe(self._note)

    @property
    def state(self) -> AccountState:
        """As of now."""
        self.tick()
        return self._state

    def tick(self) -> None:
        """Look at the clock: a limit may be over."""
        self._happened(TimePassed(self._clock()))

    def choose(self, credential: str | None, *, renewable: bool = False) -> None:
        """From now on Claude is reached with this credential, by a name that is not the secret; None: not at all.

        `renewable`: it is the signed-in program's sign-in; of any other, looks at that program say nothing.
        Reads the history, so not for the loop's thread.
        """
        self._begun.clear()
        self._renewable = renewable
        if credential is None:
            self._happened(CredentialChosen(there=False))
            return
        since, now = self._chosen_since(credential), self._clock()
        words = partial(_last_words, since=since, now=now, not_claude=self._not_claude)
        proven_at, refusal = self._history.read(words)
        chosen = CredentialChosen(there=True, proven_at=proven_at)
        self._happened(chosen, *([NotAnswered(refusal, now)] if refusal else []))

    def changed(self, credential: str, *, signed_in: bool) -> None:
        """A person signed in or out: what was known of the credential before counts no more. Writes to the disk."""
        self._begun.clear()
        self._history.keep_fact(_FACT, json.dumps({"name": credential, "since": self._clock()}))
        self._happened(CredentialChosen(there=True), SignInSeen(signed_in))

    def _chosen_since(self, credential: str) -> float:
        kept = self._history.fact(_FACT)
        known = json.loads(kept) if kept else {}
        now = self._clock()
        if known.get("name") == credential and known["since"] <= now:  # else it was written by a clock that was ahead
            return float(known["since"])
        self._history.keep_fact(_FACT, json.dumps({"name": credential, "since": now}))
        return now

    def _note(self, event: Event) -> None:
        match event:
            case ExchangeStarted(request_id):
                self._begun.add(request_id)
            case ExchangeEnded(request_id) if request_id in self._begun:
                self._begun.discard(request_id)
                self._note_end(event)
            case SignInChecked(ok=True, signed_in=signed_in) if self._renewable:
                self._happened(SignInSeen(signed_in))
            case SignInChecked(ok=False, code=str(code)) if self._renewable:
                self._happened(NotAnswered(code, self._clock()))
            case _:
                pass

    def _note_end(self, event: ExchangeEnded) -> None:
        now = self._clock()
        match event:
            case ExchangeEnded(outcome=Outcome.OK, served_model=str(model)) if model not in self._not_claude:
                self._happened(Answered(now))
            case ExchangeEnded(outcome=Outcome.FAILED, detail=code):
                self._happened(NotAnswered(code, now, event.until or self._limit_ends()))
            case _:
                pass

    def _happened(self, *events: AccountEvent) -> None:
        with self._lock:
            for event in events:
                self._state = after(self._state, event)
            state = self._state
            said = sentence(state, self._clock())
            is_news, self._said = said != self._said, said
        if is_news:
            self._bus.publish(AccountChanged(state.kind.value, said, state.proven_at, state.until))


def _last_words(
    connection: sqlite3.Connection, *, since: float, now: float, not_claude: frozenset[str]
) -> tuple[float | None, str | None]:
    """When Claude last answered since then, and the code of a refusal of the credential that came after that.

    What a clock that was ahead wrote down counts for nothing: it would outlast every refusal.
    """
    marks = ", ".join("?" * len(not_claude))
    row = connection.execute(
        "SELECT max(started_at + duration_seconds) FROM exchanges WHERE outcome = 'ok' "  # noqa: S608  marks only
        f"AND started_at BETWEEN ? AND ? AND served_model NOT IN ({marks})",
        (since, now, *not_claude),
    ).fetchone()
    codes = [each.code for each in Condition if after(AccountState(), NotAnswered(each.code, 0.0)).kind in _LASTING]
    marks = ", ".join("?" * len(codes))
    refused = connection.execute(
        "SELECT detail FROM exchanges WHERE outcome = 'error' AND started_at >= ? "  # noqa: S608  marks only
        f"AND detail IN ({marks}) ORDER BY id DESC LIMIT 1",
        (max(since, row[0] or 0.0), *codes),
    ).fetchone()
    return row[0], refused[0] if refused else None

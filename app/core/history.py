"""Remembers what happened: names, numbers and times of past requests, never a word of anybody's.

Everything here is beside the answers: a full disk or a damaged file costs memory of them, and is said, no more.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from app.core.bus import Bus, Noted
from app.core.history_file import SCHEMA_VERSION, is_damage, is_held, new_in_memory, open_history
from app.core.history_rows import forget, mark_cut_off, write
from app.core.moments import day_of

log = logging.getLogger(__name__)

Result = TypeVar("Result")

_BATCH_SECONDS = 0.5
"""How long events wait for others to be written with: SIGKILL loses no more than that, and what was being written."""
_RETRY_SECONDS = 30.0
_MOST_WAITING = 20_000
"""Events that wait for the writer, or for another program to let go of the file."""
_DAY = 86_400.0


class History:
    """Owns the file and one thread that writes; lives from `start()` to `close()`. Every method is thread-safe.

    Reading and writing block for as long as the disk does: not for the loop's thread.
    """

    def __init__(
        self,
        path: Path,
        bus: Bus,
        *,
        days: int = 30,
        total_days: int = 400,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`days`: single requests are kept so long, `total_days`: the days' totals. `clock`: Unix seconds."""
        self._path = path
        self._keep = days, total_days
        self._clock = clock
        self._arrived = threading.Event()
        self._closing = threading.Event()
        self._feed = bus.follow(self._arrived.set, most=_MOST_WAITING)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._retry_at = 0.0
        self._held: list[Noted] = []
        """Could not be written yet, because another program holds the file."""
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self.set_aside: str | None = None
        """A sentence, when an old file could not be used and a new one was begun."""
        self.problem: str | None = None
        """Why nothing is remembered now, as a sentence."""

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Write what waits and give the file back; safe to call twice."""
        self._feed.close()
        self._closing.set()
        self._arrived.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            if not self._closed:
                self._retry_at = 0.0  # there is no later
                self._write(self._feed.take())
            self._closed = True
            self._drop_connection()

    def read(self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        """The query's result, over everything published before; over an empty history when there is no other."""
        with self._lock:
            if not self._closed:  # the file may be the next one's by now
                self._write(self._feed.take())
                try:
                    return query(self._open())
                except (sqlite3.Error, OSError) as error:
                    self._note_failure(error)
        empty = new_in_memory()
        try:
            return query(empty)
        finally:
            empty.close()

    def fact(self, name: str) -> str | None:
        """A fact kept by `keep_fact`, also by an earlier start."""
        row: tuple[str] | None = self.read(
            lambda found: found.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        )
        return row[0] if row else None

    def keep_fact(self, name: str, value: str | None) -> None:
        """Keep a fact beyond the end of the program; None forgets it."""

        def change(connection: sqlite3.Connection) -> None:
            if value is None:
                connection.execute("DELETE FROM facts WHERE name = ?", (name,))
            else:
                connection.execute("REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))

        self.read(change)

    def keep_for(self, *, days: int, total_days: int) -> None:
        """From the next `forget_old()` on."""
        self._keep = days, total_days

    def forget_old(self) -> None:
        """Forget what is older than the settings allow."""
        now = self._clock()
        days, total_days = self._keep
        self.read(
            lambda connection: forget(
                connection, exchanges_before=now - days * _DAY, totals_before=day_of(now - total_days * _DAY)
            )
        )

    def _run(self) -> None:
        while not self._closing.is_set():
            self._arrived.wait(_RETRY_SECONDS if self.problem else None)  # what is said of it must not grow old
            self._arrived.clear()
            self._closing.wait(_BATCH_SECONDS)
            with self._lock:
                self._write(self._feed.take())

    def _write(self, batch: Sequence[Noted]) -> None:
        batch = [*self._held, *batch]
        if self.problem and time.monotonic() < self._retry_at:
            self._held = batch[-_MOST_WAITING:] if self._held else []
            return
        if not (batch or self.problem):
            return
        self._held = []
        try:
            try:
                self._commit(batch)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._drop_connection()
                self._commit(batch)  # opening it again sets the damaged file aside
        except (sqlite3.Error, OSError) as error:
            self._note_failure(error)
            if is_held(error):
                self._held = batch[-_MOST_WAITING:]
        else:
            self.problem = None

    def _commit(self, batch: Sequence[Noted]) -> None:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for noted in batch:
                write(connection, noted)
            if not batch:  # something has to be written to show that it works again
                connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            opened, set_aside = open_history(self._path)
            self.set_aside = set_aside or self.set_aside
            try:
                mark_cut_off(opened)
            except BaseException:
                opened.close()
                raise
            self._connection = opened
        return self._connection

    def _note_failure(self, error: Exception) -> None:
        self._retry_at = time.monotonic() + _RETRY_SECONDS
        if not self.problem:
            log.error("the history can't be written: %s", error)
        full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
        self.problem = (
            "The disk is full: Tidegate answers, but no longer remembers requests. Free some space."
            if full
            else "Tidegate's history can't be written. Answers go on; requests are not remembered until it can."
        )
        if isinstance(error, sqlite3.DatabaseError) and is_damage(error):
            self._drop_connection()

    def _drop_connection(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

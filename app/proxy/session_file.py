"""The SQLite file of stored conversations: opened, checked, closed to others, set aside when it is damaged."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

log = logging.getLogger(__name__)

Result = TypeVar("Result")

SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE sessions (
    app TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, system BLOB NOT NULL, appended INTEGER NOT NULL,
    created REAL NOT NULL, used REAL NOT NULL, PRIMARY KEY (app, key)
) WITHOUT ROWID;
CREATE TABLE responses (
    id TEXT PRIMARY KEY, app TEXT NOT NULL, body BLOB NOT NULL, input BLOB NOT NULL, system BLOB NOT NULL,
    used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE messages (digest BLOB PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE places (
    owner TEXT NOT NULL, position INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (owner, position)
) WITHOUT ROWID;
CREATE INDEX places_digest ON places (digest);
"""
_BUSY_SECONDS = 5.0
_BEYOND_REPAIR = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class StoreUnavailable(Exception):
    """The file can't be read or written now: a full disk, a lock, no permission."""


class SessionFile:
    """Belongs to one thread, which also closes it. The file is made and opened when it is first needed.

    WAL, so that what was written before a SIGKILL is there after it; deleted texts are overwritten.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do `work` in one transaction; raises StoreUnavailable. A damaged file is replaced and the work done anew."""
        try:
            try:
                return self._in_transaction(work)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._set_aside("is damaged")
                return self._in_transaction(work)
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    def scrub(self) -> None:
        """Take what was deleted out of the log beside the file too; later when a reader is in the way."""
        with contextlib.suppress(sqlite3.Error):
            if self._connection:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Safe to call twice."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _in_transaction(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        connection = self._opened()
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return result

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            with contextlib.suppress(FileExistsError):  # SQLite gives its side files the same permissions
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            self._path.chmod(0o600)
            # None: transactions begin and end where this file says so
            self._connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                self._prepare(self._connection)
            except BaseException:
                self.close()  # the next try prepares it anew
                raise
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.execute("PRAGMA auto_vacuum=FULL")  # pictures come and go: the file shrinks again
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            self._begin_anew("is damaged")
        elif version == 0:
            connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={SCHEMA_VERSION};COMMIT;")
        elif version != SCHEMA_VERSION:
            self._begin_anew(f"was written by another version of Tidegate (schema {version})")

    def _begin_anew(self, why: str) -> None:
        self._set_aside(why)
        self._opened()

    def _set_aside(self, why: str) -> None:
        """One such file is kept, for whoever wants to look; the one before it goes, since it holds people's words."""
        self.close()
        aside = self._path.with_name(self._path.name + ".damaged")
        self._path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        log.error("the file of stored conversations %s; it was set aside as %s and a new one begun", why, aside.name)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # absent on errors that Python's own part raises
    return code is not None and code & 0xFF in _BEYOND_REPAIR

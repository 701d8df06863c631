"""The SQLite file of the history: opened, brought up to date, set aside when it is damaged, closed to others."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from pathlib import Path

log = logging.getLogger(__name__)

MIGRATIONS = (
    """
    CREATE TABLE exchanges (
        id INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, started_at REAL NOT NULL, app TEXT NOT NULL,
        path TEXT NOT NULL, model TEXT NOT NULL, served_model TEXT, session_key TEXT, streaming INTEGER NOT NULL,
        messages INTEGER NOT NULL, images INTEGER NOT NULL, tools INTEGER NOT NULL, outcome TEXT NOT NULL,
        detail TEXT, status INTEGER, duration_seconds REAL, first_token_seconds REAL,
        input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
        cache_read_tokens INTEGER NOT NULL DEFAULT 0, cache_creation_tokens INTEGER NOT NULL DEFAULT 0,
        cost_usd REAL
    );
    CREATE INDEX exchanges_started ON exchanges (started_at);
    CREATE TABLE totals (
        day TEXT NOT NULL, model TEXT NOT NULL, requests INTEGER NOT NULL, failed INTEGER NOT NULL,
        client_left INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL,
        PRIMARY KEY (day, model)
    ) WITHOUT ROWID;
    CREATE TABLE errors (
        day TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, code)
    ) WITHOUT ROWID;
    CREATE TABLE checks (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, ok INTEGER NOT NULL, signed_in INTEGER NOT NULL,
        duration_seconds REAL NOT NULL, problem TEXT
    );
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    "ALTER TABLE exchanges ADD COLUMN errand INTEGER NOT NULL DEFAULT 0",
)
"""What leads from each schema version to the next; the first from an empty file. Only ever added to."""
SCHEMA_VERSION = len(MIGRATIONS)
_FIRST_TABLES = {"exchanges", "totals", "errors", "checks", "facts"}
_BUSY_SECONDS = 2.0
_BEYOND_REPAIR = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class UnknownSchemaError(Exception):
    """A newer Tidegate wrote the file; an older one must leave it as it is."""


def open_history(path: Path) -> tuple[sqlite3.Connection, str | None]:
    """The open file, and a sentence when an old one had to be set aside; raises sqlite3.Error or OSError.

    WAL: what was committed is there after a SIGKILL. Any thread may use the connection, one at a time.
    """
    try:
        return _opened(path), None
    except UnknownSchemaError:
        why = "was written by a newer Tidegate"
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        why = "was damaged"
    aside = _set_aside(path)
    sentence = f"The history {why}. It was set aside as {aside.name}, and a new one begun."
    log.error("%s", sentence)
    return _opened(path), sentence


def new_in_memory() -> sqlite3.Connection:
    """An empty history that stands in where there is no file."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(connection)
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """True when the file's content is beyond repair; a full disk or a lock is not."""
    code = getattr(error, "sqlite_errorcode", None)  # absent on errors that Python's own part raises
    return code is not None and code & 0xFF in _BEYOND_REPAIR


def is_held(error: Exception) -> bool:
    """True when another program holds the file, as one does that copies or looks through it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _opened(path: Path) -> sqlite3.Connection:
    with contextlib.suppress(FileExistsError):  # SQLite gives its side files the same permissions
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    path.chmod(0o600)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise _damaged()
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Step by step; each leads to its version or, cut in the middle, leaves everything as it was."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise UnknownSchemaError
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version < 0 or (tables if version == 0 else _FIRST_TABLES - tables):
        raise _damaged()  # a database, but no history
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version={number};COMMIT;")


def _damaged() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("the file fails its own check")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _set_aside(path: Path) -> Path:
    """Keep one such file, for whoever wants to look."""
    aside = path.with_name(path.name + ".damaged")
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside

"""Keeps conversations on disk: those an app continues by key, and responses it refers to by id.

A message that several conversations share is stored once, under the digest of its bytes: a chain of responses would
otherwise hold each picture as often as it has answers.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

import msgspec

from app.proxy.message_json import message_json, message_of, texts_json, texts_of
from app.proxy.neutral.turn import Message, Text
from app.proxy.session_file import SessionFile, StoreUnavailable

Result = TypeVar("Result")
Connection = sqlite3.Connection
Name: TypeAlias = tuple[str, str]
"""Of a session: the app's, which is that of its key, and the one the app gave the session."""


class SessionSummary(msgspec.Struct, frozen=True):
    """What can be told of a session without what was said in it; times in Unix seconds."""

    app: str
    key: str
    model: str
    message_count: int
    created: float
    used: float


class StoredSession(msgspec.Struct, frozen=True):
    app: str
    """Whose it is; another app that uses the same key means another conversation."""
    key: str
    model: str
    messages: tuple[Message, ...]
    system: tuple[Text, ...]
    appended: bool
    """The app's last request was only the tail of the conversation."""
    created: float
    used: float


class StoredResponse(msgspec.Struct, frozen=True):
    """An answer that its app can ask for by its id, with the whole conversation that it ends."""

    app: str
    id: str
    body: bytes
    """As the app got it."""
    input: bytes
    """What the app sent for it, as JSON."""
    messages: tuple[Message, ...]
    system: tuple[Text, ...]
    """Of the conversation's own items, not of this one request."""
    used: float


class SessionStore:
    """Owns the file and one thread, the only one that touches it; lives until `close()`.

    Every method raises StoreUnavailable when the file can't be used. A write is finished when its method returns,
    and survives the end of the process.
    """

    def __init__(self, path: Path) -> None:
        self._file = SessionFile(path)
        # one thread of its own instead of to_thread: SQLite's calls block, and must come in the order they were made
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sessions")

    async def session(self, app: str, key: str) -> StoredSession | None:
        return await self._run(lambda connection: _session(connection, app, key))

    async def save_session(self, session: StoredSession) -> bool:
        """Store it in place of what its app had under its key; True when there was nothing."""
        return await self._run(lambda connection: _save_session(connection, session))

    async def sessions(self) -> tuple[SessionSummary, ...]:
        """All of them, the last used first."""
        return await self._run(_summaries)

    async def delete_session(self, app: str, key: str) -> bool:
        """False when there is none."""
        return bool(await self._erase(lambda connection: _delete_sessions(connection, [(app, key)])))

    async def delete_all_sessions(self, app: str | None = None) -> tuple[Name, ...]:
        """Those that are gone. `app`: None for those of every app."""
        return await self._erase(
            lambda connection: _delete_sessions(
                connection, [name for name in _names(connection) if app is None or name[0] == app]
            )
        )

    async def response(self, app: str, id_: str) -> StoredResponse | None:
        return await self._run(lambda connection: _response(connection, app, id_))

    async def save_response(self, response: StoredResponse) -> None:
        await self._run(lambda connection: _save_response(connection, response))

    async def delete_response(self, app: str, id_: str) -> bool:
        """False when there is none."""
        return await self._erase(lambda connection: _delete_response(connection, app, id_))

    async def expire(self, before: float, *, spare: Collection[Name] = ()) -> tuple[Name, ...]:
        """Forget what was last used before that moment, except the sessions in `spare`; returns those that are gone."""
        return await self._erase(lambda connection: _expire(connection, before, frozenset(spare)))

    async def close(self) -> None:
        """Wait for what is being written, then give the file back; safe to call twice."""
        with suppress(RuntimeError):  # closed already
            await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown(wait=False)

    async def _erase(self, work: Callable[[Connection], Result]) -> Result:
        return await self._in_thread(partial(_run_and_scrub, self._file, work))

    async def _run(self, work: Callable[[Connection], Result]) -> Result:
        return await self._in_thread(partial(self._file.run, work))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except RuntimeError as error:
            raise StoreUnavailable("the store is closed") from error


def _run_and_scrub(file: SessionFile, work: Callable[[Connection], Result]) -> Result:
    result = file.run(work)
    file.scrub()
    return result


def _session(connection: Connection, app: str, key: str) -> StoredSession | None:
    found = connection.execute(
        "SELECT model, system, appended, created, used FROM sessions WHERE app = ? AND key = ?", [app, key]
    ).fetchone()
    if found is None:
        return None
    model, system, appended, created, used = found
    try:
        messages = _messages(connection, _session_owner((app, key)))
        return StoredSession(app, key, model, messages, texts_of(system), bool(appended), created, used)
    except ValueError:  # nothing that this version wrote: as good as not there
        return None


def _save_session(connection: Connection, session: StoredSession) -> bool:
    name = (session.app, session.key)
    is_new = connection.execute("SELECT 1 FROM sessions WHERE app = ? AND key = ?", name).fetchone() is None
    connection.execute(
        "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
        [*name, session.model, texts_json(session.system), session.appended, session.created, session.used],
    )
    _write_messages(connection, _session_owner(name), session.messages)
    return is_new


def _summaries(connection: Connection) -> tuple[SessionSummary, ...]:
    counts = dict(connection.execute("SELECT owner, count(*) FROM places GROUP BY owner"))
    rows = connection.execute("SELECT app, key, model, created, used FROM sessions ORDER BY used DESC, app, key")
    return tuple(
        SessionSummary(app, key, model, counts.get(_session_owner((app, key)), 0), created, used)
        for app, key, model, created, used in rows
    )


def _names(connection: Connection) -> list[Name]:
    return connection.execute("SELECT app, key FROM sessions ORDER BY used DESC, app, key").fetchall()


def _delete_sessions(connection: Connection, names: list[Name]) -> tuple[Name, ...]:
    """Returns those that were there."""
    gone = [
        name for name in names if connection.execute("DELETE FROM sessions WHERE app = ? AND key = ?", name).rowcount
    ]
    _forget(connection, [_session_owner(name) for name in gone])
    return tuple(gone)


def _response(connection: Connection, app: str, id_: str) -> StoredResponse | None:
    found = connection.execute(
        "SELECT body, input, system, used FROM responses WHERE id = ? AND app = ?", [id_, app]
    ).fetchone()
    if found is None:
        return None
    body, given, system, used = found
    try:
        messages = _messages(connection, _response_owner(id_))
        return StoredResponse(app, id_, body, given, messages, texts_of(system), used)
    except ValueError:
        return None


def _save_response(connection: Connection, response: StoredResponse) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, ?)",
        [response.id, response.app, response.body, response.input, texts_json(response.system), response.used],
    )
    _write_messages(connection, _response_owner(response.id), response.messages)


def _delete_response(connection: Connection, app: str, id_: str) -> bool:
    there = connection.execute("DELETE FROM responses WHERE id = ? AND app = ?", [id_, app]).rowcount > 0
    if there:
        _forget(connection, [_response_owner(id_)])
    return there


def _expire(connection: Connection, before: float, spare: frozenset[Name]) -> tuple[Name, ...]:
    ids = [id_ for (id_,) in connection.execute("SELECT id FROM responses WHERE used < ?", [before])]
    connection.execute("DELETE FROM responses WHERE used < ?", [before])
    _forget(connection, [_response_owner(id_) for id_ in ids])
    old: list[Name] = connection.execute("SELECT app, key FROM sessions WHERE used < ?", [before]).fetchall()
    return _delete_sessions(connection, [name for name in old if name not in spare])


def _messages(connection: Connection, owner: str) -> tuple[Message, ...]:
    rows = connection.execute(
        "SELECT body FROM places JOIN messages USING (digest) WHERE owner = ? ORDER BY position", [owner]
    )
    return tuple(message_of(body) for (body,) in rows)


def _write_messages(connection: Connection, owner: str, messages: tuple[Message, ...]) -> None:
    bodies = [message_json(message) for message in messages]
    digests = [hashlib.sha256(body).digest() for body in bodies]
    before = [digest for (digest,) in connection.execute("SELECT digest FROM places WHERE owner = ?", [owner])]
    connection.executemany("INSERT OR IGNORE INTO messages VALUES (?, ?)", zip(digests, bodies, strict=True))
    connection.execute("DELETE FROM places WHERE owner = ?", [owner])
    rows = [(owner, position, digest) for position, digest in enumerate(digests)]
    connection.executemany("INSERT INTO places VALUES (?, ?, ?)", rows)
    if set(before) - set(digests):
        _sweep_messages(connection)


def _forget(connection: Connection, owners: list[str]) -> None:
    if owners:
        connection.executemany("DELETE FROM places WHERE owner = ?", [(owner,) for owner in owners])
        _sweep_messages(connection)


def _sweep_messages(connection: Connection) -> None:
    connection.execute("DELETE FROM messages WHERE NOT EXISTS (SELECT 1 FROM places WHERE digest = messages.digest)")


def _session_owner(name: Name) -> str:
    app, key = name
    return f"session:{key} {app}"  # no key has a space


def _response_owner(id_: str) -> str:
    return f"response:{id_}"

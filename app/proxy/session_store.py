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
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.proxy.message_json import message_json, message_of, texts_json, texts_of
from app.proxy.neutral.turn import Message, Text
from app.proxy.session_file import SessionFile, StoreUnavailable

Result = TypeVar("Result")
Connection = sqlite3.Connection


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What can be told of a session without what was said in it; times in Unix seconds."""

    key: str
    model: str
    message_count: int
    created: float
    used: float


@dataclass(frozen=True, slots=True)
class StoredSession:
    key: str
    model: str
    messages: tuple[Message, ...]
    system: tuple[Text, ...]
    appended: bool
    """The app's last request was only the tail of the conversation."""
    created: float
    used: float


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """An answer that can be asked for by its id, with the whole conversation that it ends."""

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

    async def session(self, key: str) -> StoredSession | None:
        return await self._run(lambda connection: _session(connection, key))

    async def save_session(self, session: StoredSession) -> bool:
        """Store it in place of what its key had; True when the key is new."""
        return await self._run(lambda connection: _save_session(connection, session))

    async def sessions(self) -> tuple[SessionSummary, ...]:
        """All of them, the last used first."""
        return await self._run(_summaries)

    async def delete_session(self, key: str) -> bool:
        """False when there is none."""
        return await self._erase(lambda connection: _delete_sessions(connection, [key])) == (key,)

    async def delete_all_sessions(self) -> tuple[str, ...]:
        """The keys that are gone."""
        return await self._erase(lambda connection: _delete_sessions(connection, None))

    async def response(self, id_: str) -> StoredResponse | None:
        return await self._run(lambda connection: _response(connection, id_))

    async def save_response(self, response: StoredResponse) -> None:
        await self._run(lambda connection: _save_response(connection, response))

    async def delete_response(self, id_: str) -> bool:
        """False when there is none."""
        return await self._erase(lambda connection: _delete_responses(connection, [id_])) == (id_,)

    async def expire(self, before: float, *, spare: Collection[str] = ()) -> tuple[str, ...]:
        """Forget what was last used before that moment, except the sessions in `spare`; returns the keys."""
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


def _session(connection: Connection, key: str) -> StoredSession | None:
    found = connection.execute(
        "SELECT model, system, appended, created, used FROM sessions WHERE key = ?", [key]
    ).fetchone()
    if found is None:
        return None
    model, system, appended, created, used = found
    try:
        messages = _messages(connection, _session_owner(key))
        return StoredSession(key, model, messages, texts_of(system), bool(appended), created, used)
    except ValueError:  # nothing that this version wrote: as good as not there
        return None


def _save_session(connection: Connection, session: StoredSession) -> bool:
    is_new = connection.execute("SELECT 1 FROM sessions WHERE key = ?", [session.key]).fetchone() is None
    connection.execute(
        "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
        [session.key, session.model, texts_json(session.system), session.appended, session.created, session.used],
    )
    _write_messages(connection, _session_owner(session.key), session.messages)
    return is_new


def _summaries(connection: Connection) -> tuple[SessionSummary, ...]:
    rows = connection.execute(
        "SELECT key, model, (SELECT count(*) FROM places WHERE owner = 'session:' || key), created, used "
        "FROM sessions ORDER BY used DESC, key"
    )
    return tuple(SessionSummary(*row) for row in rows)


def _delete_sessions(connection: Connection, keys: list[str] | None) -> tuple[str, ...]:
    """`keys`: None for all. Returns those that were there."""
    there = [key for (key,) in connection.execute("SELECT key FROM sessions ORDER BY used DESC, key")]
    gone = there if keys is None else [key for key in there if key in keys]
    connection.executemany("DELETE FROM sessions WHERE key = ?", [(key,) for key in gone])
    _forget(connection, [_session_owner(key) for key in gone])
    return tuple(gone)


def _response(connection: Connection, id_: str) -> StoredResponse | None:
    found = connection.execute("SELECT body, input, system, used FROM responses WHERE id = ?", [id_]).fetchone()
    if found is None:
        return None
    body, given, system, used = found
    try:
        return StoredResponse(id_, body, given, _messages(connection, _response_owner(id_)), texts_of(system), used)
    except ValueError:
        return None


def _save_response(connection: Connection, response: StoredResponse) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?)",
        [response.id, response.body, response.input, texts_json(response.system), response.used],
    )
    _write_messages(connection, _response_owner(response.id), response.messages)


def _delete_responses(connection: Connection, ids: list[str]) -> tuple[str, ...]:
    gone = [id_ for id_ in ids if connection.execute("DELETE FROM responses WHERE id = ?", [id_]).rowcount]
    _forget(connection, [_response_owner(id_) for id_ in gone])
    return tuple(gone)


def _expire(connection: Connection, before: float, spare: frozenset[str]) -> tuple[str, ...]:
    keys = [key for (key,) in connection.execute("SELECT key FROM sessions WHERE used < ?", [before])]
    ids = [id_ for (id_,) in connection.execute("SELECT id FROM responses WHERE used < ?", [before])]
    _delete_responses(connection, ids)
    return _delete_sessions(connection, [key for key in keys if key not in spare]) if keys else ()


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


def _session_owner(key: str) -> str:
    return f"session:{key}"


def _response_owner(id_: str) -> str:
    return f"response:{id_}"

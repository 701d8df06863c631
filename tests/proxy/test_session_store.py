"""The store: what was written is there again, for its owner only, whatever happened to the process or the file."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.proxy.message_json import message_json, message_of, texts_json, texts_of
from app.proxy.neutral.turn import (
    AssistantMessage,
    CacheMark,
    Citation,
    Document,
    Image,
    InlineData,
    Message,
    PlainText,
    RedactedThinking,
    RemoteData,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    UserMessage,
)
from app.proxy.session_file import StoreUnavailable
from app.proxy.session_store import SessionStore, SessionSummary, StoredResponse, StoredSession
from tests.proxy.conversations import said, user
from tests.tidegate_process import ROOT, environment

EVERYTHING: tuple[Message, ...] = (
    UserMessage(
        (
            Text("half a pair: \ud83d", CacheMark("1h")),
            Image(InlineData("image/png", "iVBORw==")),
            Image(RemoteData("https://example.org/a.png"), CacheMark()),
            Document(InlineData("application/pdf", "JVBERi0="), title="a", context="b", citations=True),
            Document(PlainText("plain")),
        )
    ),
    AssistantMessage(
        (
            Thinking("Hm.", "c2ln"),
            RedactedThinking("aGlk"),
            Text(""),
            ToolUse("toolu_1", "look", {"kind": "Text", "text": [{"kind": 1}], "big": 2**80, "nothing": None}),
        )
    ),
    UserMessage((ToolResult("toolu_1", (Text("no"), Image(RemoteData("https://e.org/"))), is_error=True),)),
)


def session(key: str = "chat-1", *messages: Message, used: float = 5.0) -> StoredSession:
    return StoredSession(
        "test", key, "m", messages or EVERYTHING, (Text("Be kind.", CacheMark("5m")),), True, 1.5, used
    )


def response(id_: str, *messages: Message, used: float = 5.0) -> StoredResponse:
    return StoredResponse("test", id_, b'{"id":1}', b"[]", messages or EVERYTHING, (Text("dev"),), used)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SessionStore]:
    store = SessionStore(path)
    yield store
    await store.close()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.text(), st.dictionaries(st.text(), _json))
def test_any_message_comes_back_as_it_was(text: str, arguments: dict[str, object]) -> None:
    cited = Text(text, citations=(Citation(arguments),))  # type: ignore[arg-type] # JSON
    message = AssistantMessage((cited, ToolUse("t", text, arguments)))  # type: ignore[arg-type] # JSON
    assert message_of(message_json(message)) == message
    assert texts_of(texts_json([Text(text)])) == (Text(text),)


@pytest.mark.parametrize("stored", [b"", b"[]", b"{}", b'{"kind":"Text","text":"a"}', b'{"kind":"Popen"}', b'{"kind":'])
def test_what_was_never_written_is_not_read(stored: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of them
        message_of(stored)


async def test_a_session_comes_back_as_it_was_and_is_replaced_whole(store: SessionStore, path: Path) -> None:
    assert await store.session("test", "chat-1") is None
    assert await store.save_session(session()) is True
    assert await store.session("test", "chat-1") == session()
    shorter = session("chat-1", user("x"), said("y"))
    assert await store.save_session(shorter) is False
    assert await store.session("test", "chat-1") == shorter
    other = SessionStore(path)
    assert await other.session("test", "chat-1") == shorter
    await other.close()


async def test_sessions_are_listed_last_used_first_and_deleted(store: SessionStore) -> None:
    for number, key in enumerate(("a", "b", "c")):
        await store.save_session(session(key, used=number))
    assert [(found.key, found.message_count) for found in await store.sessions()] == [("c", 3), ("b", 3), ("a", 3)]
    assert (await store.delete_session("test", "b"), await store.delete_session("test", "b")) == (True, False)
    assert await store.delete_all_sessions() == (("test", "c"), ("test", "a"))
    assert await store.sessions() == ()


async def test_a_response_is_kept_apart_from_the_sessions(store: SessionStore) -> None:
    await store.save_response(response("chat-1"))
    assert await store.session("test", "chat-1") is None
    assert await store.response("test", "chat-1") == response("chat-1")
    assert [await store.delete_response("test", "chat-1") for _ in range(2)] == [True, False]
    assert await store.response("test", "chat-1") is None


async def test_each_app_has_what_is_its_own(store: SessionStore) -> None:
    mine, theirs = session("a", user("mine")), replace(session("a", user("theirs")), app="other")
    answer = replace(response("r", user("theirs")), app="other")
    assert [await store.save_session(mine), await store.save_session(theirs)] == [True, True]
    await store.save_response(answer)
    assert (await store.session("test", "a"), await store.session("other", "a")) == (mine, theirs)
    assert (await store.response("test", "r"), await store.delete_response("test", "r")) == (None, False)
    assert await store.delete_all_sessions("test") == (("test", "a"),)
    assert (await store.session("other", "a"), await store.response("other", "r")) == (theirs, answer)


async def test_what_was_used_too_long_ago_expires(store: SessionStore) -> None:
    for key, used in (("old", 1.0), ("open", 1.0), ("new", 9.0)):
        await store.save_session(session(key, used=used))
        await store.save_response(response(key, used=used))
    assert await store.expire(5.0, spare=[("test", "open")]) == (("test", "old"),)
    assert [found.key for found in await store.sessions()] == ["new", "open"]
    assert [await store.response("test", id_) is None for id_ in ("old", "open", "new")] == [True, True, False]


async def test_a_message_in_many_conversations_is_stored_once_and_goes_with_the_last(
    store: SessionStore, path: Path
) -> None:
    await store.save_session(session("a", user("shared"), said("1")))
    await store.save_response(response("r", user("shared"), said("2")))
    assert _bodies(path) == sorted(message_json(message) for message in (user("shared"), said("1"), said("2")))
    await store.delete_session("test", "a")
    assert _bodies(path) == sorted(message_json(message) for message in (user("shared"), said("2")))
    await store.delete_response("test", "r")
    assert _bodies(path) == []


def _raw(path: Path) -> bytes:
    return path.read_bytes()


def _bodies(path: Path) -> list[bytes]:
    connection = sqlite3.connect(path)
    try:
        return sorted(body for (body,) in connection.execute("SELECT body FROM messages"))
    finally:
        connection.close()


async def test_the_file_shrinks_when_a_big_picture_is_gone(store: SessionStore, path: Path) -> None:
    await store.save_session(session("a", UserMessage((Image(InlineData("image/png", "a" * 3_000_000)),))))
    await store.delete_session("test", "a")
    assert len(_raw(path)) < 100_000


async def test_deleted_words_are_not_left_in_the_file(path: Path) -> None:
    store = SessionStore(path)
    await store.save_session(session("a", user("a secret that goes away"), said("kept by nobody")))
    assert b"secret that goes" in _raw(path) + _raw(path.with_name("conversations.db-wal"))
    await store.delete_session("test", "a")
    assert b"secret that goes" not in _raw(path) + _raw(path.with_name("conversations.db-wal"))
    await store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
async def test_nobody_else_can_read_it(store: SessionStore, path: Path) -> None:
    await store.save_session(session())
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == [path.name, f"{path.name}-shm", f"{path.name}-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def _scribbled(path: Path) -> None:
    path.write_bytes(b"this is no database at all, and longer than a header is" * 40)


def _holed(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[4096 * 1 : 4096 * 3] = b"\xff" * 8192
    path.write_bytes(raw)


def _from_the_future(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()


def _overwrite(path: Path) -> None:
    """While it is open: everything behind the first page."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    path.write_bytes(raw)


@pytest.mark.parametrize("spoil", [_scribbled, _holed, _from_the_future])
async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None]
) -> None:
    first = SessionStore(path)
    await first.save_session(session())
    await first.close()
    spoil(path)
    spoilt = _raw(path)
    second = SessionStore(path)
    assert await second.session("test", "chat-1") is None
    await second.save_session(session())
    assert await second.session("test", "chat-1") == session()
    await second.close()
    assert _raw(path.with_name("conversations.db.damaged")) == spoilt
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "set aside as conversations.db.damaged" in caplog.text


async def test_damage_that_shows_in_the_middle_of_work_is_treated_the_same(
    store: SessionStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await store.save_session(session())
    await store._run(lambda connection: connection.execute("SELECT 1").fetchone())
    _overwrite(path)
    assert await store.session("test", "chat-1") in (None, session())  # the pages may still be in memory
    await store.save_session(session("chat-2"))
    assert await store.session("test", "chat-2") == session("chat-2")


async def test_a_place_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "missing" / "conversations.db")
    with pytest.raises(StoreUnavailable):
        await store.sessions()
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.sessions()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from app.proxy.session_store import SessionStore, StoredSession
from tests.proxy.conversations import said, user

async def main():
    store = SessionStore(Path(sys.argv[1]))
    for number in range(25):
        messages = (user("one"), said(str(number)))
        await store.save_session(StoredSession("test", f"chat-{number}", "m", messages, (), False, 1.0, float(number)))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_was_stored_is_there_after_a_sigkill(tmp_path: Path, path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], env=environment(tmp_path), cwd=ROOT, timeout=60, check=False
    )
    assert ran.returncode == -9
    found, last = asyncio.run(_kept(path))
    assert [summary.key for summary in found] == [f"chat-{number}" for number in reversed(range(25))]
    assert last
    assert last.messages == (user("one"), said("24"))


async def _kept(path: Path) -> tuple[tuple[SessionSummary, ...], StoredSession | None]:
    store = SessionStore(path)
    try:
        return await store.sessions(), await store.session("test", "chat-24")
    finally:
        await store.close()

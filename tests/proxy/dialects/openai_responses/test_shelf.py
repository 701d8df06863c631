from __future__ import annotations

from pathlib import Path

from app.core.bus import Bus
from app.proxy.dialects.openai_responses.shelf import Shelf
from app.proxy.session_store import SessionStore, StoredResponse
from app.proxy.sessions import Sessions
from tests.proxy.conversations import user

TTL_SECONDS = 3_600
STORED_AT = 1_000.0


async def test_a_response_is_kept_for_the_time_of_a_session_and_no_longer(tmp_path: Path) -> None:
    now = STORED_AT
    sessions = Sessions(SessionStore(tmp_path / "c.db"), Bus(), ttl_seconds=TTL_SECONDS, wait_seconds=1)
    shelf = Shelf(sessions, clock=lambda: now)
    kept = StoredResponse("Chatbox", "resp_1", b"{}", b"[]", (user("hello"),), (), STORED_AT)
    await sessions.store.save_response(kept)
    now = STORED_AT + TTL_SECONDS
    assert await shelf.response("Chatbox", "resp_1") == kept
    assert await shelf.referred_to("Chatbox", b'{"previous_response_id": "resp_1"}') == {"resp_1": kept}
    now += 1
    assert await shelf.response("Chatbox", "resp_1") is None
    assert await shelf.referred_to("Chatbox", b'{"previous_response_id": "resp_1"}') == {}
    await sessions.store.close()

"""Sessions over a socket: the key on requests in every shape, and the addresses that show and end them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.core.events import SessionCreated, SessionExpired
from app.proxy.neutral.turn import CacheMark, Text, UserMessage
from app.proxy.session_store import SessionStore
from tests.fakes import ScriptedEngine
from tests.proxy.conversations import called, events_of, result, said, user
from tests.proxy.live import PAGE, Live, serving

CHAT = "/v1/chat/completions"
ITEM = {
    "sessionKey",
    "sdkSessionId",
    "model",
    "messageCount",
    "createdAt",
    "lastUsed",
    "idleSeconds",
    "ttlRemainingSeconds",
}


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with serving(ScriptedEngine(events_of(Text("ok"))), store=SessionStore(tmp_path / "c.db")) as live:
        yield live


async def say(live: Live, text: str, key: str | None = "chat-1", target: str = CHAT, **more: Any) -> int:
    body = {"model": "claude-scripted-1", "max_tokens": 9, "messages": [{"role": "user", "content": text}], **more}
    headers = [f"X-Session-Id: {key}"] if key else []
    return (await live.request("POST", target, headers, json.dumps(body).encode())).status


async def test_a_conversation_goes_on_by_header_or_member_and_in_either_shape(live: Live) -> None:
    statuses = [
        await say(live, "one"),
        await say(live, "two", None, session_id="chat-1"),
        await say(live, "three", "chat-1", "/v1/messages", session_id="other"),
        await say(live, "four", stream=True),
        await say(live, "alone", None),
    ]
    assert statuses == [200] * 5
    whole = (user("one"), said("ok"), user("two"), said("ok"), user("three"), said("ok"), user("four"))
    assert [turn.messages for turn in live.engine.turns] == [whole[:1], whole[:3], whole[:5], whole, (user("alone"),)]


@pytest.mark.parametrize("shape", ["chat", "responses", "ollama"])
async def test_a_wish_for_json_holds_for_one_answer_and_takes_no_system_prompt_away(tmp_path: Path, shape: str) -> None:
    shapes: dict[str, tuple[str, str, dict[str, Any]]] = {
        "chat": (CHAT, "messages", {"response_format": {"type": "json_object"}}),
        "responses": ("/v1/responses", "input", {"text": {"format": {"type": "json_object"}}}),
        "ollama": ("/api/chat", "messages", {"format": "json", "stream": False}),
    }
    target, messages, wish = shapes[shape]
    engine = ScriptedEngine(events_of(Text("ok")))
    async with serving(engine, store=SessionStore(tmp_path / "c.db"), ollama=True) as live:
        for asked, more in ((["Be kind.", "one"], {}), (["two"], wish), (["three"], {})):
            said = [{"role": "user" if text == asked[-1] else "system", "content": text} for text in asked]
            body = json.dumps({"model": "claude-scripted-1", messages: said, **more}).encode()
            assert (await live.request("POST", target, ["X-Session-Id: chat-1"], body)).status == 200
    kind = Text("Be kind.")
    first, (*before, json_only), last = (turn.system for turn in live.engine.turns)
    assert (first, tuple(before), last) == ((kind,), (kind,), (kind,))
    assert "JSON" in json_only.text


async def test_a_cache_mark_is_of_one_request_and_never_more_than_the_service_takes(live: Live) -> None:
    for text in ("one", "two"):
        assert await say(live, text, target="/v1/messages", cache_control={"type": "ephemeral"}) == 200
    marked = UserMessage((Text("two", CacheMark()),))
    assert live.engine.turns[-1].messages == (user("one"), said("ok"), marked)


async def test_tokens_are_counted_of_the_whole_conversation(live: Live) -> None:
    await say(live, "one")
    assert await say(live, "two", target="/v1/messages/count_tokens") == 200
    assert live.engine.turns[-1].messages == (user("one"), said("ok"), user("two"))


async def test_a_tools_result_alone_answers_the_stored_call_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    calling = ScriptedEngine(events_of(*called("toolu_1").content))  # type: ignore[arg-type] # a call and nothing else
    async with serving(calling, store=SessionStore(tmp_path / "c.db")) as live:
        await say(live, "one")
        openai = {"role": "tool", "tool_call_id": "toolu_1", "content": "found"}
        assert await say(live, "", messages=[openai]) == 200
        assert live.engine.turns[-1].messages == (user("one"), called("toolu_1"), result("toolu_1"))
        anthropic = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"}
        again = [{"role": "user", "content": [anthropic]}]
        assert await say(live, "", target="/v1/messages", messages=again) == 200
        for unknown in ({**openai, "tool_call_id": "toolu_2"}, {**openai, "tool_call_id": "a/b"}):
            assert await say(live, "", messages=[unknown]) == 400
        assert await say(live, "", None, messages=[openai]) == 400


async def test_sessions_are_shown_and_ended_in_the_shapes_apps_know(live: Live) -> None:
    await say(live, "one", "a")
    await say(live, "one", "b:1@x")
    listed = (await live.request(target="/sessions")).json
    assert (listed["active"], [item["sessionKey"] for item in listed["sessions"]]) == (2, ["b:1@x", "a"])
    one = (await live.request(target="/sessions/b:1@x")).json
    assert one.keys() == ITEM
    assert (one["model"], one["messageCount"], one["sdkSessionId"]) == ("claude-scripted-1", 2, None)
    assert 3_500 < one["ttlRemainingSeconds"] <= 3_600
    missing = await live.request(target="/sessions/nobody")
    assert (missing.status, missing.json) == (404, {"error": "Session not found"})
    ended = [(await live.request("DELETE", "/sessions/a")).json for _ in range(2)]
    assert ended == [{"deleted": True, "sessionKey": "a"}, {"deleted": False, "sessionKey": "a"}]
    assert (await live.request("DELETE", "/sessions/")).json == {"deleted": 1}
    assert (await live.request(target="/sessions")).json == {"active": 0, "sessions": []}
    told = [event for event in live.events if isinstance(event, SessionCreated | SessionExpired)]
    assert told[2:] == [SessionExpired("test", "a", "manual"), SessionExpired("test", "b:1@x", "manual_all")]


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/sessions"), ("DELETE", "/sessions"), ("DELETE", "/sessions/a")]
)
async def test_nobody_sees_or_ends_sessions_without_the_key(live: Live, method: str, target: str) -> None:
    await say(live, "one", "a")
    assert (await live.request(method, target, key=None)).status == 401
    assert (await live.request(method, target, key="other")).status == 401
    assert (await live.request(method, target, ["Origin: https://evil.example"])).status == 403
    assert (await live.request(method, target, [f"Origin: {PAGE}"])).status == 200


async def test_an_app_with_a_key_of_its_own_sees_continues_and_ends_only_what_is_its_own(tmp_path: Path) -> None:
    names = {b"key-a": "Chatbox", b"key-b": "Obsidian"}
    engine = ScriptedEngine(events_of(Text("ok")))
    async with serving(engine, store=SessionStore(tmp_path / "c.db"), check_key=names.get) as live:

        async def ask(key: str, method: str, target: str, body: Any = None) -> Any:
            raw = None if body is None else json.dumps(body).encode()
            return await live.request(method, target, ["X-Session-Id: chat"], raw, key=key)

        for key in ("key-a", "key-b", "key-a"):
            await ask(key, "POST", CHAT, {"messages": [{"role": "user", "content": key}]})
        await ask("key-b", "POST", "/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "?"}]})
        assert [turn.messages for turn in engine.turns[1:]] == [
            (user("key-b"),),
            (user("key-a"),),  # the first message alone is that answer anew
            (user("key-b"), said("ok"), user("?")),
        ]
        response = (await ask("key-a", "POST", "/v1/responses", {"input": "one"})).json
        address = f"/v1/responses/{response['id']}"
        theirs = [
            await ask("key-b", "GET", address),
            await ask("key-b", "GET", f"{address}/input_items"),
            await ask("key-b", "DELETE", address),
            await ask("key-b", "POST", "/v1/responses", {"input": "two", "previous_response_id": response["id"]}),
        ]
        assert [answer.status for answer in theirs] == [404, 404, 404, 400]
        assert (await ask("key-a", "GET", address)).json == response

        assert (await ask("key-b", "DELETE", "/sessions")).json == {"deleted": 1}
        assert [(await ask(key, "GET", "/sessions")).json["active"] for key in ("key-a", "key-b")] == [1, 0]
        assert (await ask("key-b", "GET", "/sessions/chat")).status == 404
        assert (await ask("key-b", "DELETE", "/sessions/chat")).json["deleted"] is False
        assert (await ask("key-a", "DELETE", "/sessions/chat")).json["deleted"] is True


async def test_a_conversation_goes_on_after_a_restart(tmp_path: Path) -> None:
    for text in ("one", "two"):
        async with serving(ScriptedEngine(events_of(Text("ok"))), store=SessionStore(tmp_path / "c.db")) as live:
            await say(live, text)
    assert live.engine.turns[0].messages == (user("one"), said("ok"), user("two"))

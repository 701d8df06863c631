"""What the proxies before Tidegate told their dashboards, in their names and shapes; ours stands beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.core.bus import Bus, Noted
from app.core.conditions import Condition
from app.core.events import (
    Event,
    Outcome,
    ServerStarted,
    SessionCreated,
    SessionExpired,
    SessionUpdated,
    SignInChecked,
)
from app.ui.api.events import EventStream
from app.ui.event_shapes import shaped
from tests.core.exchange_events import ended, started
from tests.ui.dashboard import browsing

AT = 1_795_262_400.25


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            started("r1", session_key="a-chat", tools=2, images=1, messages=3),
            {
                "type": "request.start",
                "id": "r1",
                "method": "POST",
                "path": "/v1/messages",
                "model": "sonnet",
                "resolvedModel": None,
                "session": "a-chat",
                "stream": True,
                "tools": 2,
                "images": 1,
                "messages": 3,
                "resuming": True,
            },
        ),
        (
            ended("r1"),
            {"type": "request.end", "id": "r1", "durationMs": 1_500, "status": "ok", "httpStatus": 200, "error": None},
        ),
        (
            ended("r1", Outcome.FAILED, status=200),
            {"type": "request.end", "id": "r1", "status": "error", "httpStatus": 200, "error": "service_error"},
        ),
        (
            ended("r1", Outcome.CLIENT_LEFT, detail="client_disconnect", status=200),
            {"type": "request.end", "id": "r1", "status": "error", "httpStatus": 200, "error": "client_disconnect"},
        ),
        (
            SignInChecked(ok=True, signed_in=True, duration_seconds=0.25),
            {"type": "auth.refresh", "ok": True, "durationMs": 250, "error": None},
        ),
        (
            SignInChecked(ok=True, signed_in=False, duration_seconds=0.25),
            {"type": "auth.refresh", "ok": False, "durationMs": 250, "error": Condition.NOT_SIGNED_IN.sentence},
        ),
        (
            SignInChecked(ok=False, signed_in=False, duration_seconds=20.0, problem="It did not answer."),
            {"type": "auth.refresh", "ok": False, "durationMs": 20_000, "error": "It did not answer."},
        ),
        (SessionCreated("Chatbox", "a-chat", "opus"), {"type": "session.created", "key": "a-chat", "model": "opus"}),
        (SessionUpdated("Chatbox", "a-chat", 4), {"type": "session.updated", "key": "a-chat", "messageCount": 4}),
        *(
            (
                SessionExpired("Chatbox", "a-chat", reason),
                {"type": "session.expired", "key": "a-chat", "reason": reason},
            )
            for reason in ("ttl", "manual", "manual_all")
        ),
        (
            ServerStarted("http://127.0.0.1:3456", "agent", "opus"),
            {"type": "server.boot", "port": 3456, "defaultModel": "opus"},
        ),
    ],
)
def test_every_event_has_the_members_it_had(event: Event, told: dict[str, object]):
    shape = shaped(Noted(7, AT, event))
    assert {name: shape[name] for name in told} == told
    assert shape["ts"] == 1_795_262_400_250


async def test_a_stream_of_events_begins_at_once_and_says_when_nothing_happens():
    bus, stopping = Bus(), asyncio.Event()
    stream = aiter(EventStream(bus, stopping, 0.01, set()))
    assert await anext(stream) == b":ok\n\n"
    assert await anext(stream) == b":heartbeat\n\n"
    bus.publish(SessionUpdated("Chatbox", "a-chat", 4))
    while (piece := await anext(stream)) == b":heartbeat\n\n":
        pass
    assert piece.startswith(b'id: 1\ndata: {"type":"session.updated"')
    stopping.set()
    assert [piece async for piece in stream if piece != b":heartbeat\n\n"] == []
    assert bus._feeds == []


def test_the_stream_is_kept_by_nobody_on_its_way(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        with browser.events() as stream:
            headers = {name.lower(): value for name, value in stream.getheaders()}
            assert stream.readline() == b":ok\n"
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache, no-transform", "no")


def test_recent_requests_sessions_and_log_have_the_members_they_had(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        browser.chat(session_id="a-chat", stream=True)
        browser.chat(model="no-such-model")
        recent = browser.get("/dashboard/recent?limit=1")
        both = browser.get("/dashboard/recent")
        sessions = browser.get("/dashboard/sessions")
        missing = browser.get("/dashboard/logs")
        browser.app.paths.log.write_text("".join(f"line {number}\n" for number in range(3_000)))
        log, most = browser.get("/dashboard/logs"), browser.get("/dashboard/logs?lines=9999")
    assert set(recent) == {"recent", "stats", "activeSessions", "port", "defaultModel", "build"}
    assert set(recent["build"]) >= {"name", "version", "platform", "node"}
    assert recent["build"]["contextWindow"] == 200_000
    assert (recent["activeSessions"], recent["defaultModel"]) == (1, "claude-scripted-1")
    assert f":{recent['port']}" in browser.app.address
    assert (recent["stats"]["total"], recent["stats"]["ok"], recent["stats"]["errors"]) == (2, 1, 1)
    assert (len(recent["recent"]), len(both["recent"])) == (1, 2)
    assert set(both["recent"][0]) == {
        "id", "ts", "method", "path", "model", "resolvedModel", "session", "stream", "tools", "images", "messages",
        "status", "httpStatus", "durationMs", "error",
    }  # fmt: skip
    assert [each["status"] for each in both["recent"]] == ["error", "ok"]
    [session] = sessions["sessions"]
    assert set(session) == {
        "key", "sdkSessionId", "model", "messageCount", "createdAt", "lastUsedAt", "idleSec", "ttlRemainingSec",
        "app",
    }  # fmt: skip
    assert (sessions["ttlMs"], session["messageCount"], session["ttlRemainingSec"] > 3_500) == (3_600_000, 2, True)
    assert (missing["lines"], missing["note"]) == ([], "There is no log yet.")
    assert set(log) == {"path", "lines", "totalLines", "sizeBytes"}
    assert (len(log["lines"]), log["lines"][-1], log["totalLines"]) == (200, "line 2999", 3_000)
    assert (len(most["lines"]), most["sizeBytes"]) == (2_000, sum(len(f"line {n}\n") for n in range(3_000)))

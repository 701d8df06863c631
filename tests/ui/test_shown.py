"""What the dashboard's routes tell, asked of the whole program."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from app import bootstrap
from app.core.bus import MOST_WAITING
from app.core.conditions import Condition
from app.core.events import PauseChanged
from app.core.status import PlanWindow
from app.proxy.engines.faults import fault_of
from app.proxy.engines.reach import EngineFacts, Reach
from app.proxy.neutral.stream import Failed
from tests.ui.dashboard import KEY, browsing

MARKUP = "<script>alert(1)<script>"


def test_the_overview_counts_what_really_happened(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        before = time.time()
        assert browser.chat().status == 200
        assert browser.chat(stream=True).status == 200
        assert browser.chat(model="no-such-model").status == 404
        told = browser.get("/dashboard/overview")
    assert before <= told["requests"].pop("since") <= time.time()
    assert told["requests"] == {
        "total": 3, "ok": 2, "failed": 1, "client_left": 0, "streamed": 1, "with_tools": 0, "with_images": 0,
        "today": 3, "today_failed": 1,
    }  # fmt: skip
    assert told["success_rate"] == pytest.approx(2 / 3)
    assert len(told["latency"]["recent_seconds"]) == 2
    assert sum(minute["requests"] for minute in told["traffic"]) == 3
    assert told["spending"]["today"] == {"input_tokens": 20, "output_tokens": 10, "cost_usd": 1.0}
    assert sum(hour["requests"] for hour in told["spending"]["hours"]) == 3
    assert told["spending"]["models"][0]["model"] == "claude-scripted-1"
    assert (told["default_model"], told["api_base"]) == ("claude-scripted-1", f"{browser.app.address}/v1")
    assert set(told) == {
        "state", "address", "api_base", "default_model", "models", "engine", "method", "key", "uptime_seconds",
        "started_at", "build", "windows", "paused", "running", "notices", "requests", "success_rate", "latency",
        "traffic", "spending", "autostart", "update", "sessions", "sign_in_page",
    }  # fmt: skip


def test_the_state_is_proven_by_a_real_answer_and_says_when(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.get("/dashboard/overview")["state"]["kind"] == "not_configured"
        before = time.time()
        browser.chat()
        state = browser.get("/dashboard/overview")["state"]
        status = browser.get("/auth/status")
    assert state["kind"] == "proven"
    assert before <= state["proven_at"] <= time.time()
    assert re.fullmatch(r"Claude answered at \d\d:\d\d\.", state["sentence"])
    assert (status["verified"], status["proven_at"]) == (True, state["proven_at"])


def test_a_limit_that_has_begun_anew_is_not_shown_as_it_was_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    over = PlanWindow("five_hour", "5 hours", 1.0, time.time() - 1, "rejected")
    lasting = PlanWindow("seven_day", "7 days", 0.4, time.time() + 3_600, "allowed")
    facts = EngineFacts(windows=(over, lasting))
    monkeypatch.setattr(bootstrap, "Reach", lambda method, engine: Reach(method, engine, facts=lambda: facts))
    with browsing(tmp_path) as browser:
        browser.open()
        windows = browser.get("/dashboard/overview")["windows"]
    assert [window["name"] for window in windows] == ["seven_day"]


def test_a_refusal_shows_the_sentence_the_app_got(tmp_path: Path):
    fault = fault_of(Condition.SIGN_IN_EXPIRED)
    with browsing(tmp_path, Failed(fault)) as browser:
        browser.open()
        answer = browser.chat()
        state = browser.get("/dashboard/overview")["state"]
    assert answer.json["error"]["message"] == state["sentence"] == Condition.SIGN_IN_EXPIRED.sentence
    assert (state["kind"], state["action"]) == ("expired", {"label": "Sign in again", "command": "sign_in"})


def test_requests_are_listed_with_their_app_but_without_their_words(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        made = browser.post("/dashboard/keys", {"name": MARKUP})
        browser.chat()
        browser.ask(
            "POST", "/v1/chat/completions",
            {"model": MARKUP, "messages": [{"role": "user", "content": "a secret question"}]},
            {"Authorization": f"Bearer {made['key']}"},
        )  # fmt: skip
        answer = browser.ask("GET", "/dashboard/exchanges")
        errors = browser.get("/dashboard/exchanges?outcome=error")["exchanges"]
        found = browser.get("/dashboard/exchanges?search=%3Cscript")["exchanges"]
        page = browser.get("/dashboard/exchanges?limit=1")
        older = browser.get(f"/dashboard/exchanges?before={page['exchanges'][0]['id']}")
        recent = browser.get("/dashboard/recent?limit=2")
        log = browser.app.paths.log
    assert [each["app"] for each in answer.json["exchanges"]] == [MARKUP, "default"]
    assert answer.headers["content-type"] == "application/json"
    assert b"secret question" not in answer.body
    assert [each["model"] for each in errors] == [each["model"] for each in found] == [MARKUP]
    assert [each["sentence"] for each in answer.json["exchanges"]] == [Condition.MODEL_UNAVAILABLE.sentence, None]
    assert (page["more"], older["more"], len(older["exchanges"])) == (True, False, 1)
    assert [each["status"] for each in recent["recent"]] == ["error", "ok"]
    assert not log.exists()


def test_what_an_app_asks_of_its_own_accord_is_told_as_that(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        browser.chat(messages=[{"role": "user", "content": "### Task:\nGenerate a concise title for this chat."}])
        browser.chat()
        told = browser.get("/dashboard/exchanges")["exchanges"]
    assert [each["errand"] for each in told] == [False, True]


@pytest.mark.parametrize("query", ["outcome=none", "limit=x", "limit=-1", "before=1e3", "limit=" + "9" * 30])
def test_a_query_that_means_nothing_is_refused(tmp_path: Path, query: str):
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.ask("GET", f"/dashboard/exchanges?{query}").status == 400


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/v1/responses"])
def test_what_could_not_be_read_is_told_as_failed_too_without_a_word_of_it(tmp_path: Path, path: str):
    with browsing(tmp_path) as browser:
        browser.open()
        refused = browser.ask("POST", path, {"messages": "a secret question"}, {"Authorization": f"Bearer {KEY}"})
        answer = browser.ask("GET", "/dashboard/exchanges?outcome=error")
        overview = browser.get("/dashboard/overview")
    [exchange] = answer.json["exchanges"]
    assert refused.status == 400
    assert exchange["request_id"] == refused.headers["x-request-id"]
    assert (exchange["app"], exchange["path"], exchange["status"]) == ("default", path, 400)
    assert (exchange["model"], exchange["outcome"], exchange["messages"]) == ("?", "error", 0)
    assert (overview["requests"]["failed"], overview["success_rate"]) == (1, 0.0)
    assert b"secret question" not in answer.body


def test_conversations_are_listed_and_ended(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        for key in ("one", "two"):
            browser.chat(session_id=key)
        listed = browser.get("/dashboard/sessions")
        assert [(each["app"], each["key"]) for each in listed["sessions"]] == [("default", "two"), ("default", "one")]
        assert listed["ttlMs"] == 3_600_000
        assert browser.get("/dashboard/sessions/default/one")["messageCount"] == 2
        ended = browser.ask("DELETE", "/dashboard/sessions/default/one").json
        assert ended == {"deleted": True, "app": "default", "key": "one"}
        assert browser.ask("GET", "/dashboard/sessions/default/one").status == 404
        assert browser.ask("DELETE", "/dashboard/sessions").json == {"deleted": 1}


def test_events_arrive_as_they_happen_and_end_with_the_server(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        with browser.events() as stream:
            assert stream.readline() == b":ok\n"
            browser.chat()
            told = [json.loads(line.removeprefix(b"data: ")) for line in lines_of(stream, 2)]
            browser.app.runtime.stop()
            rest = stream.read()
    assert [each["type"] for each in told] == ["request.start", "request.end"]
    assert told[0]["id"] == told[1]["id"]
    assert (told[1]["status"], told[1]["httpStatus"], told[1]["outcome"]) == ("ok", 200, "ok")
    assert b"secret question" not in json.dumps(told).encode() + rest


def test_a_dashboard_that_never_reads_holds_up_no_answer_and_learns_what_it_missed(tmp_path: Path):
    """It asks for events and then reads nothing; meanwhile far more happen than it may lag behind."""
    with browsing(tmp_path) as browser:
        browser.open()
        with browser.events() as slow:
            assert slow.readline() == b":ok\n"

            async def much_happens() -> None:
                for number in range(60_000):
                    browser.app.bus.publish(PauseChanged(bool(number % 2)))
                    if number % 1_000 == 0:
                        await asyncio.sleep(0)

            browser.app.runtime.call(much_happens, limit_seconds=60)
            assert browser.chat().status == 200
            assert browser.chat(stream=True).status == 200
            [feed] = [feed for feed in browser.app.bus._feeds if feed._waiting.maxlen == MOST_WAITING]
            assert feed.dropped > 0
            assert len(feed._waiting) <= MOST_WAITING
            while (line := slow.readline()) != b'data: {"type":"events.lost"}\n':
                assert line
        with browser.events() as another:
            assert another.readline() == b":ok\n"


def lines_of(stream: Any, most: int) -> list[bytes]:
    """The next events about requests."""
    found: list[bytes] = []
    while len(found) < most:
        line = stream.readline()
        assert line, "the stream ended too early"
        if line.startswith(b'data: {"type":"request.'):
            found.append(line)
    return found


def test_the_log_and_the_report_hold_no_secret(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        browser.app.paths.log.write_text(f"one\ntwo {KEY}\nthree sk-ant-{'a' * 20}\n")
        logs = browser.get("/dashboard/logs?lines=2")
        report = browser.ask("GET", "/dashboard/diagnostics")
    assert logs["lines"] == ["two [hidden]", "three [hidden]"]
    assert (logs["totalLines"], logs["path"]) == (3, str(browser.app.paths.log))
    assert report.headers["content-type"] == "text/plain; charset=utf-8"
    assert KEY.encode() not in report.body
    assert b"Tidegate" in report.body


def test_a_missing_log_is_said(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.get("/dashboard/logs")["note"] == "There is no log yet."

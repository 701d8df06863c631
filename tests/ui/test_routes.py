"""What the dashboard's routes say and do, asked of the whole program."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.core.bus import MOST_WAITING
from app.core.conditions import Condition
from app.core.control_file import read_control
from app.core.events import PauseChanged, SignInChecked
from app.core.paths import Paths
from app.core.settings import ServerSettings, Settings
from app.proxy.engines.faults import fault_of
from app.proxy.listeners import open_listeners
from app.proxy.neutral.stream import Failed
from tests.ui.dashboard import ANSWER, KEY, Browser, browsing

MARKUP = "<script>alert(1)<script>"


# What is shown


def test_the_overview_counts_what_really_happened(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.chat().status == 200
        assert browser.chat(stream=True).status == 200
        assert browser.chat(model="no-such-model").status == 404
        told = browser.get("/dashboard/overview")
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


# What is done


def test_the_chat_page_uses_the_same_pipeline_under_its_own_name(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        body = {"model": "default", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
        answer = browser.ask("POST", "/dashboard/chat", body)
        [exchange] = browser.get("/dashboard/exchanges")["exchanges"]
    assert b"event: message_stop" in answer.body
    assert (exchange["app"], exchange["path"], exchange["outcome"]) == ("Dashboard", "/dashboard/chat", "ok")


def test_a_paused_tidegate_turns_questions_away_until_it_is_resumed(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.post("/dashboard/commands/pause")["ok"]
        refused = browser.chat()
        assert (refused.status, refused.json["error"]["code"]) == (503, "paused")
        assert browser.get("/dashboard/overview")["paused"] is True
        assert browser.post("/dashboard/commands/resume")["ok"]
        assert browser.chat().status == 200


def test_commands_nobody_knows_and_forms_that_do_not_fit_are_refused(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.ask("POST", "/dashboard/commands/explode", {}).status == 404
        assert browser.ask("POST", "/dashboard/commands/autostart", {"on": "yes"}).status == 400
        assert browser.ask("POST", "/dashboard/commands/pause", [1]).status == 400
        assert browser.post("/dashboard/commands/autostart", {"on": True})["ok"] is False


def test_a_probe_spends_one_request_and_says_what_came_of_it(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        browser.app.bus.publish(SignInChecked(ok=True, signed_in=True, duration_seconds=0.25))
        status = browser.get("/auth/status?probe=1")
        [exchange] = browser.get("/dashboard/exchanges")["exchanges"]
    assert (status["verified"], status["probeError"]) == (True, None)
    assert (status["refreshCount"], status["lastRefresh"]["duration_seconds"]) == (1, 0.25)
    assert status["probeMs"] >= 0
    assert (exchange["app"], len(browser.engine.turns)) == ("Tidegate", 1)


def test_a_failed_probe_tells_why(tmp_path: Path):
    with browsing(tmp_path, Failed(fault_of(Condition.NO_CONNECTION))) as browser:
        browser.open()
        status = browser.get("/auth/status?probe=1")
    assert (status["verified"], status["probeError"]) == (False, Condition.NO_CONNECTION.sentence)
    assert status["state"] == "offline"


def test_a_key_for_one_app_is_shown_once_and_can_be_taken_back(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        made = browser.post("/dashboard/keys", {"name": "Chatbox"})
        [listed] = browser.get("/dashboard/keys")["keys"]
        assert (listed["name"], listed["last_four"]) == ("Chatbox", made["key"][-4:])
        assert made["key"] not in json.dumps(listed)
        app_key = {"Authorization": f"Bearer {made['key']}"}
        assert browser.ask("GET", "/v1/models", headers=app_key).status == 200
        assert browser.ask("POST", "/dashboard/keys", {"name": "Chatbox"}).status == 400
        assert browser.ask("DELETE", "/dashboard/keys/Chatbox").status == 200
        assert browser.ask("GET", "/v1/models", headers=app_key).status == 401
        assert browser.ask("DELETE", "/dashboard/keys/Chatbox").status == 404


def test_the_key_is_copied_and_renewed_at_once(tmp_path: Path):
    with browsing(tmp_path, environ={}) as browser:
        browser.open()
        old = browser.post("/dashboard/key/copy")["key"]
        new = browser.post("/dashboard/key/new")["key"]
        assert old != new == browser.post("/dashboard/key/copy")["key"]
        statuses = [
            browser.ask("GET", "/v1/models", headers={"Authorization": f"Bearer {key}"}).status for key in (old, new)
        ]
        assert statuses == [401, 200]
        assert new in browser.drawer.kept.values()


def test_a_key_the_environment_fixes_is_not_renewed(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        answer = browser.ask("POST", "/dashboard/key/new", {})
    assert (answer.status, answer.json["error"]["code"]) == (409, "key_is_fixed")


# Settings


def test_settings_are_told_with_where_they_come_from(tmp_path: Path):
    Paths(tmp_path).config.write_text("[session]\nttl_minutes = 5\n")
    with browsing(tmp_path, environ={"TIDEGATE_LOG_LEVEL": "debug", "TIDEGATE_API_KEY": KEY}) as browser:
        browser.open()
        told = {each["name"]: each for each in browser.get("/dashboard/settings")["settings"]}
    assert (told["session.ttl_minutes"]["value"], told["session.ttl_minutes"]["source"]) == (5.0, "file")
    assert (told["log.level"]["source"], told["log.level"]["origin"]) == ("environment", "TIDEGATE_LOG_LEVEL")
    assert (told["engine.choice"]["kind"], told["engine.choice"]["choices"][0]) == ("choice", "auto")
    assert (told["server.port"]["kind"], told["server.port"]["default"]) == ("int", 3456)
    assert all(each["words"]["reason"] for each in told.values())


def test_a_change_that_can_take_effect_at_once_does(tmp_path: Path):
    page = {"Origin": "https://chat.example", "Authorization": f"Bearer {KEY}"}
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.ask("GET", "/v1/models", headers=page).status == 403
        assert browser.get("/dashboard/origins") == {"allowed": [], "asking": ["https://chat.example"]}
        told = browser.post("/dashboard/origins", {"origin": "https://chat.example", "allow": True})
        assert told == {"allowed": ["https://chat.example"], "asking": []}
        assert browser.ask("GET", "/v1/models", headers=page).status == 200
        assert 'allowed_origins = ["https://chat.example"]' in browser.app.paths.config.read_text()
        told = browser.post("/dashboard/origins", {"origin": "https://chat.example", "allow": False})
        assert told["allowed"] == []
        assert browser.ask("GET", "/v1/models", headers=page).status == 403
        browser.ask("PUT", "/dashboard/settings", {"log.level": "debug"})
        assert logging.getLogger("app").level == logging.DEBUG
        browser.ask("PUT", "/dashboard/settings", {"log.level": None})


def test_a_page_that_was_turned_away_is_told_of_until_somebody_decides(tmp_path: Path):
    pages = [f"https://{name}.example" for name in ("one", "two")]
    with browsing(tmp_path) as browser:
        browser.open()
        for page in pages:
            browser.ask("GET", "/v1/models", headers={"Origin": page})
        told = [each for each in browser.get("/dashboard/overview")["notices"] if each["action"] == "pages"]
        assert [each["sentence"] for each in told] == [
            f"The web page {page} asked for Claude and was turned away." for page in reversed(pages)
        ]
        denied = browser.post("/dashboard/origins", {"origin": pages[1], "allow": False})
        assert denied == {"allowed": [], "asking": [pages[0]]}
        browser.ask("GET", "/v1/models", headers={"Origin": pages[1]})
        assert browser.get("/dashboard/origins") == {"allowed": [], "asking": [pages[0]]}
        browser.post("/dashboard/origins", {"origin": pages[1], "allow": True})
        assert browser.get("/dashboard/origins") == {"allowed": [pages[1]], "asking": [pages[0]]}


@pytest.mark.parametrize(
    "changes",
    [
        {"server.port": "many"},
        {"no.setting": 1},
        {"session.ttl_minutes": -1},
        {"server.drain_seconds": 60, "session.ttl_minutes": 5},
        {"access.allowed_origins": ["not an origin"]},
    ],
)
def test_a_change_that_will_not_do_changes_nothing(tmp_path: Path, changes: dict[str, object]):
    with browsing(tmp_path) as browser:
        browser.open()
        answer = browser.ask("PUT", "/dashboard/settings", changes)
        assert (answer.status, answer.json["error"]["code"]) == (400, "setting_refused")
        assert not browser.app.paths.config.exists()


def test_a_change_for_the_next_start_says_so(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        before = browser.get("/dashboard/settings")["waiting"]
        told = browser.ask("PUT", "/dashboard/settings", {"session.ttl_minutes": 5}).json
        assert told == {"applied": [], "needs_restart": True, "apps_to_update": [], "address": None}
        assert set(browser.get("/dashboard/settings")["waiting"]) - set(before) == {"session.ttl_minutes"}
        notice = browser.get("/dashboard/overview")["notices"][-1]
        assert (notice["kind"], notice["action"]) == ("settings", "restart")
        assert "Forget a session after" in notice["sentence"]
        browser.ask("PUT", "/dashboard/settings", {"session.ttl_minutes": None})
        assert browser.get("/dashboard/settings")["waiting"] == before


def test_another_port_moves_the_server_and_names_the_apps_to_tell(tmp_path: Path):
    with open_listeners("127.0.0.1", 0) as free:
        port = free.port
    with browsing(tmp_path) as browser:
        browser.open()
        browser.chat()
        told = browser.ask("PUT", "/dashboard/settings", {"server.port": port}).json
        assert told == {
            "applied": ["server.port"], "needs_restart": False, "apps_to_update": ["default"],
            "address": f"http://127.0.0.1:{port}",
        }  # fmt: skip
        assert browser.app.runtime.wait() == 0
        assert browser.app.runtime.restarting


def test_a_port_that_is_taken_moves_nothing(tmp_path: Path):
    with browsing(tmp_path / "other", settings=Settings(server=ServerSettings(port=0))) as other:
        taken = int(other.app.address.rsplit(":", 1)[1])
        (tmp_path / "own").mkdir()
        with browsing(tmp_path / "own") as browser:
            browser.open()
            answer = browser.ask("PUT", "/dashboard/settings", {"server.port": taken})
            assert answer.status == 400
            assert str(taken) in answer.json["error"]["message"]
            assert not browser.app.runtime.stopping
            assert not browser.app.paths.config.exists()


# The command line's way in


def test_the_control_file_opens_the_control_routes_and_goes_with_the_server(tmp_path: Path):
    with browsing(tmp_path) as browser:
        path = browser.app.paths.control
        control = read_control(path)
        assert control
        assert sys.platform == "win32" or path.stat().st_mode & 0o077 == 0
        key = {"Authorization": f"Bearer {control.secret}"}
        told = browser.ask("POST", "/control/dashboard", {}, key).json
        assert told["link"].startswith(f"{browser.app.address}/open?code=")
        status = browser.ask("POST", "/control/status", {}, key).json["status"]
        assert status["address"] == browser.app.address
        assert browser.ask("POST", "/control/pause", {}, key).json["ok"]
        assert browser.ask("POST", "/control/pause", {}, {**key, "Origin": browser.app.address}).status == 403
        assert browser.ask("POST", "/control/pause", {}, {"Authorization": f"Bearer {KEY}"}).status == 401
        assert browser.ask("POST", "/control/restart", {}, key).json["ok"]
        assert browser.app.runtime.wait() == 0
        assert browser.app.runtime.restarting
        assert not path.exists()


def test_an_unwritable_history_is_said_and_costs_no_answer(tmp_path: Path):
    (tmp_path / "history.db").mkdir()
    with browsing(tmp_path, *ANSWER) as browser:
        browser.open()
        assert browser.chat().status == 200
        overview = browser.get("/dashboard/overview")
        kinds = [notice["kind"] for notice in overview["notices"]]
        assert kinds == ["history", "settings"]  # a test's own settings stand in no file: a restart would change them
        assert overview["requests"]["total"] == 0
        check(browser)


def test_conversations_that_cannot_be_read_cost_no_other_page(tmp_path: Path):
    (tmp_path / "conversations.db").mkdir()
    with browsing(tmp_path, *ANSWER) as browser:
        browser.open()
        assert browser.chat().status == 200
        assert browser.get("/dashboard/overview")["sessions"] is None
        assert browser.get("/dashboard/recent")["activeSessions"] is None
        assert browser.ask("GET", "/dashboard/sessions").status == 500
        check(browser)


def check(browser: Browser) -> None:
    """Everything still answers."""
    for path in ("/dashboard/exchanges", "/dashboard/settings", "/dashboard/keys", "/auth/status"):
        assert browser.ask("GET", path).status == 200

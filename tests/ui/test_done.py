"""What the dashboard's routes do, asked of the whole program."""

from __future__ import annotations

import json
from pathlib import Path

from app.core.conditions import Condition
from app.core.events import SignInChecked
from app.core.settings import ModelSettings, ServerSettings, Settings
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.stream import Failed
from tests.fakes import ScriptedEngine, accepted
from tests.ui.dashboard import ANSWER, browsing


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


def test_a_probe_is_never_answered_by_the_demo_while_claude_can_not_be_asked(tmp_path: Path):
    with browsing(tmp_path, engine=ScriptedEngine((), refused=Refused(fault_of(Condition.NO_CONNECTION)))) as browser:
        browser.open()
        status = browser.get("/auth/status?probe=1")
        [exchange] = browser.get("/dashboard/exchanges")["exchanges"]
    assert (status["verified"], status["probeError"]) == (False, Condition.NO_CONNECTION.sentence)
    assert (status["state"], exchange["outcome"], exchange["model"]) == ("offline", "error", "default")


def test_an_engine_that_lists_nothing_is_asked_all_the_same_and_says_why(tmp_path: Path):
    """As the agent's does while its program is missing."""
    missing = ScriptedEngine(accepted(Failed(fault_of(Condition.ENGINE_MISSING))), models=())
    with browsing(tmp_path, engine=missing) as browser:
        browser.open()
        status = browser.get("/auth/status?probe=1")
    assert (status["verified"], status["state"]) == (False, "engine_missing")


def test_where_the_demo_is_the_usual_model_a_probe_asks_one_of_claudes(tmp_path: Path):
    settings = Settings(server=ServerSettings(port=0), model=ModelSettings(default="tidegate-demo"))
    with browsing(tmp_path, settings=settings) as browser:
        browser.open()
        assert browser.get("/auth/status?probe=1")["verified"] is True
        assert [turn.model for turn in browser.engine.turns] == ["claude-scripted-1"]


def test_with_the_demo_alone_a_probe_verifies_nothing_and_counts_no_request(tmp_path: Path):
    demo = ScriptedEngine(accepted(*ANSWER))
    demo.name = "demo"
    with browsing(tmp_path, engine=demo) as browser:
        browser.open()
        status = browser.get("/auth/status?probe=1")
        assert browser.get("/dashboard/exchanges")["exchanges"] == []
    assert (status["verified"], status["probeError"]) == (False, Condition.NOT_CONFIGURED.sentence)


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

"""Settings, read and changed through the dashboard's routes."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from app.core.paths import Paths
from app.core.settings import ServerSettings, Settings
from app.proxy.listeners import open_listeners
from tests.ui.dashboard import KEY, browsing


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

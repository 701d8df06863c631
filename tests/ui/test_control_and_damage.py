"""The command line's way in, and what a broken history costs."""

from __future__ import annotations

import sys
from pathlib import Path

from app.core.control_file import read_control
from tests.ui.dashboard import ANSWER, KEY, Browser, browsing


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

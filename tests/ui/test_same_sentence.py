"""What stands between a person and an answer is told in one sentence: to the app, in the tray, on the dashboard."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from app.core.account_state import ABOUT_THE_ACCOUNT, action
from app.core.conditions import Condition
from app.core.control_file import read_control
from app.proxy.engines.faults import fault_of, limit_fault
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.stream import Failed
from app.tray import state as tray
from app.tray.menu import menu
from app.tray.state import View
from tests.ui.dashboard import KEY, Browser, browsing

ASKED = {"model": "claude-scripted-1", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 9}
PATHS = {
    "/v1/chat/completions": ASKED,
    "/v1/messages": ASKED,
    "/v1/responses": {"model": "claude-scripted-1", "input": "Hello", "store": False},
}


def told_to_apps(browser: Browser) -> list[str]:
    """In each dialect, whole and as a stream."""
    found = []
    for path, body in PATHS.items():
        for stream in (False, True):
            answer = browser.ask("POST", path, {**body, "stream": stream}, {"Authorization": f"Bearer {KEY}"})
            found.append(str(answer.json["error"]["message"]))
    return found


def everywhere(browser: Browser) -> set[str]:
    overview = browser.get("/dashboard/overview")["state"]["sentence"]
    control = read_control(browser.app.paths.control)
    assert control
    status = browser.app.commands.status()
    line = browser.ask("POST", "/control/status", {}, {"Authorization": f"Bearer {control.secret}"}).json["sentence"]
    return {
        *told_to_apps(browser),
        overview,
        browser.get("/auth/status")["sentence"],
        line,
        tray.sentence(View(status)),
    }


def failing(home: Path, fault: Fault) -> Any:
    return browsing(home, Failed(fault))


@pytest.mark.parametrize(
    "condition", [each for each in Condition if each in ABOUT_THE_ACCOUNT and each is not Condition.PLAN_LIMIT]
)
def test_every_trouble_with_the_account_is_told_in_the_sentence_and_with_the_button_of_the_catalogue(
    tmp_path: Path, condition: Condition
):
    with failing(tmp_path, fault_of(condition, detail="what the service said of it")) as browser:
        browser.open()
        told_to_apps(browser)
        assert everywhere(browser) == {condition.sentence}
        status = browser.app.commands.status()
        shown = browser.get("/dashboard/overview")["state"]["action"]
        button = next(line for line in menu(View(status), time.time()) if line and line.name == "remedy")
    assert (status.action_label, status.action_command) == action(status.account)
    assert shown == {"label": condition.action, "command": status.action_command}
    assert (button.label, button.visible) == (condition.action, True)


@pytest.mark.parametrize("seconds", [90, 3_599, 3_601, 3 * 86_400])
def test_a_limit_says_everywhere_when_it_ends(tmp_path: Path, seconds: int):
    now = time.time()
    fault = limit_fault(Condition.PLAN_LIMIT, now + seconds, now)
    with failing(tmp_path, fault) as browser:
        browser.open()
        told_to_apps(browser)
        assert everywhere(browser) == {fault.message}
        state = browser.get("/dashboard/overview")["state"]
    assert (state["kind"], state["until"]) == ("limited", fault.until)
    assert state["action"] == {"label": Condition.PLAN_LIMIT.action, "command": "dashboard"}


def test_a_limit_whose_end_nobody_told_claims_none(tmp_path: Path):
    with failing(tmp_path, fault_of(Condition.PLAN_LIMIT)) as browser:
        browser.open()
        told_to_apps(browser)
        assert everywhere(browser) == {Condition.PLAN_LIMIT.sentence}
        assert browser.get("/dashboard/overview")["state"]["until"] is None

"""The cards and their tests, asked of the whole program."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.conditions import Condition
from app.core.settings import AccessSettings, ServerSettings, Settings
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.stream import Failed
from tests.ui.dashboard import KEY, browsing

PAGES = AccessSettings(
    allowed_origins=(
        "https://www.typingmind.com",
        "app://obsidian.md",
        "tauri://localhost",
        "http://tauri.localhost",
    )
)
OPEN = Settings(server=ServerSettings(port=0, drain_seconds=0.5), access=PAGES)


def test_the_cards_hold_the_address_the_server_really_has_and_no_key(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        answer = browser.ask("GET", "/dashboard/connect")
    assert KEY.encode() not in answer.body
    card = next(card for card in answer.json["apps"] if card["id"] == "jan")
    assert [field["value"] for field in card["fields"]] == [
        f"{browser.app.address}/v1", "<your key>", "claude-scripted-1"
    ]  # fmt: skip


def test_every_app_that_works_is_answered(tmp_path: Path):
    with browsing(tmp_path, settings=OPEN) as browser:
        browser.open()
        tested = [card for card in browser.get("/dashboard/connect")["apps"] if card["test"]]
        verdicts = {card["id"]: browser.post(f"/dashboard/connect/{card['id']}/test") for card in tested}
    assert {name: verdict for name, verdict in verdicts.items() if not verdict["ok"]} == {}
    assert len(verdicts) == 25


@pytest.mark.parametrize("name", ["typingmind", "obsidian-copilot", "jan"])
def test_a_page_that_is_not_allowed_is_told_where_to_allow_it(tmp_path: Path, name: str):
    with browsing(tmp_path) as browser:
        browser.open()
        verdict = browser.post(f"/dashboard/connect/{name}/test")
    assert verdict["ok"] is False
    assert "Settings, Web pages" in verdict["sentence"]
    assert len(verdict["steps"]) == 1


def test_an_app_that_would_take_tidegate_for_ollama_is_told_so(tmp_path: Path):
    with browsing(tmp_path, settings=replace(OPEN, server=replace(OPEN.server, ollama=True))) as browser:
        browser.open()
        verdict = browser.post("/dashboard/connect/hermes/test")
    assert (verdict["ok"], "/api/tags" in verdict["sentence"]) == (False, True)


def test_a_failure_comes_with_the_sentence_the_app_would_show_and_without_the_key(tmp_path: Path):
    with browsing(tmp_path, Failed(fault_of(Condition.PLAN_LIMIT))) as browser:
        browser.open()
        verdict = browser.post("/dashboard/connect/chatbox/test")
    assert (verdict["ok"], verdict["sentence"]) == (False, Condition.PLAN_LIMIT.sentence)
    assert [step["ok"] for step in verdict["steps"]] == [True, False]
    assert verdict["detail"].startswith(f"POST {browser.app.address}/v1/chat/completions\n")
    assert KEY not in json.dumps(verdict)


def test_what_has_no_test_says_so(tmp_path: Path):
    with browsing(tmp_path) as browser:
        browser.open()
        assert browser.ask("POST", "/dashboard/connect/cursor/test", {}).status == 404

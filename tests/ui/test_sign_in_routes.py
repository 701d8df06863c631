"""Signing in and out through the whole program's routes, with a program that answers as the real one does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app import bootstrap
from app.core.conditions import Condition
from app.core.environment import Method
from app.proxy.engines.agent_sdk.auth_program import AuthProgram
from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.desk import AgentSignInDesk
from app.proxy.engines.agent_sdk.login import Login
from app.proxy.engines.agent_sdk.sign_in import SignIn
from app.proxy.engines.reach import Reach
from tests.proxy.engines.agent_sdk import fake_auth
from tests.proxy.engines.agent_sdk.sign_in.accounts import NEEDED, put
from tests.ui.dashboard import Browser, browsing

GOOD_CODE = fake_auth.GOOD_CODE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "program"
    made.mkdir()
    put(made, signed_in=False)
    return made


@pytest.fixture
def browser(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Reached as whoever is signed in."""
    with signing_in(tmp_path, folder, monkeypatch, renewable=True) as opened:
        yield opened


@contextmanager
def signing_in(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, *, renewable: bool) -> Iterator[Browser]:
    def command(*asked: str) -> Command:
        argv = (str(folder / "missing"),) if (folder / "gone").exists() else (sys.executable, fake_auth.__file__)
        return Command((*argv, "auth", *asked), NEEDED, folder)

    def desk(_environ: object, _paths: object, on_checked: Callable[[Any], object]) -> AgentSignInDesk:
        program = AuthProgram(command)
        return AgentSignInDesk(program, Login(command), SignIn(program, folder / "lock", on_checked))

    def reach_of(engine: Any) -> Reach:
        method = Method.ACCOUNT if renewable else Method.KEPT_KEY
        return Reach(method, engine, method.name, "k3Qz" if not renewable else None, renewable=renewable)

    monkeypatch.setattr(bootstrap, "sign_in_desk", desk)
    monkeypatch.setattr(bootstrap, "Reach", lambda _method, engine: reach_of(engine))
    with browsing(home) as opened:
        opened.open()
        yield opened


def state(browser: Browser) -> str:
    return str(browser.get("/auth/status")["state"])


def failed(browser: Browser, path: str, body: object) -> str:
    answer = browser.ask("POST", path, body)
    assert answer.status == 502
    assert answer.json["sentence"] == answer.json["message"]
    return str(answer.json["sentence"])


def test_the_page_is_given_the_code_is_handed_on_and_the_state_is_signed_in(browser: Browser, folder: Path):
    page = browser.post("/auth/login")
    assert page["url"] == fake_auth.PAGE
    done = browser.post("/auth/login/code", {"code": f" {GOOD_CODE}\n"})
    status = browser.get("/auth/status")
    assert (done["ok"], done["success"], done["error"]) == (True, True, None)
    assert (status["state"], status["loggedIn"], status["authenticated"]) == ("signed_in", True, True)
    assert (status["verified"], status["proven_at"], status["refreshCount"]) == (None, None, 1)
    browser.chat()
    assert browser.get("/auth/status")["verified"] is True
    everything = b"".join(file.read_bytes() for file in folder.parent.rglob("*") if file.is_file())
    assert GOOD_CODE.encode() not in everything + json.dumps([page, done, status]).encode()


def test_signing_out_is_told_as_that_and_a_proof_from_before_is_gone(browser: Browser, folder: Path):
    put(folder, signed_in=True)
    browser.chat()
    done = browser.post("/auth/logout")
    status = browser.get("/auth/status")
    assert (done["success"], done["sentence"]) == (True, "You are signed out of Claude Code on this computer.")
    assert (status["state"], status["sentence"]) == ("not_configured", Condition.NOT_SIGNED_IN.sentence)
    assert (status["verified"], status["proven_at"], status["authenticated"]) == (None, None, False)


def test_a_refresh_tells_what_the_program_said(browser: Browser, folder: Path):
    assert failed(browser, "/auth/refresh", {}) == Condition.NOT_SIGNED_IN.sentence
    put(folder, signed_in=True, told={"email": "me@example.org", "subscriptionType": "max"})
    with browser.events() as stream:
        assert stream.readline() == b":ok\n"
        done = browser.post("/auth/refresh")
        while not (line := stream.readline()).startswith(b'data: {"type":"auth.refresh"'):
            assert line
    event = json.loads(line.removeprefix(b"data: "))
    status = browser.get("/auth/status")
    assert (done["ok"], done["durationMs"] > 0) == (True, True)
    assert (event["ok"], event["error"], event["durationMs"] > 0) == (True, None, True)
    assert (status["state"], status["email"], status["subscriptionType"]) == ("signed_in", "me@example.org", "max")
    assert (status["refreshCount"], status["lastRefresh"]["signed_in"]) == (2, True)


@pytest.mark.parametrize(("path", "body"), [("/auth/login", {}), ("/auth/logout", {}), ("/auth/refresh", {})])
def test_a_missing_program_is_said_in_the_sentence_of_the_catalogue(
    browser: Browser, folder: Path, path: str, body: object
):
    (folder / "gone").touch()
    assert failed(browser, path, body) == Condition.ENGINE_MISSING.sentence
    browser.ask("POST", "/auth/refresh", {})
    overview = browser.get("/dashboard/overview")["state"]
    assert (overview["kind"], overview["sentence"]) == ("engine_missing", Condition.ENGINE_MISSING.sentence)
    (folder / "gone").unlink()
    put(folder, signed_in=True)
    browser.post("/auth/refresh")
    assert state(browser) == "signed_in"


def test_a_flow_without_a_page_and_a_wrong_code_are_said(browser: Browser, folder: Path):
    put(folder, signed_in=False, no_page=True)
    assert "named no sign-in page" in failed(browser, "/auth/login", {})
    put(folder, signed_in=False)
    browser.post("/auth/login")
    assert "did not work" in failed(browser, "/auth/login/code", {"code": "wrong"})
    assert "No sign-in is under way" in failed(browser, "/auth/login/code", {"code": GOOD_CODE})
    assert state(browser) != "signed_in"


@pytest.mark.parametrize("code", ["", " ", "two\nlines", "\x1b[2J", "x" * 5_000])
def test_what_can_be_no_code_is_not_handed_on(browser: Browser, code: str):
    browser.post("/auth/login")
    assert browser.ask("POST", "/auth/login/code", {"code": code}).status == 400
    browser.post("/auth/login/cancel")


def test_a_sign_in_is_given_up_and_begun_anew(browser: Browser):
    assert browser.post("/auth/login/cancel")["sentence"] == "No sign-in is under way."
    browser.post("/auth/login")
    assert browser.post("/auth/login/cancel")["sentence"] == "The sign-in was given up."
    assert "No sign-in is under way" in failed(browser, "/auth/login/code", {"code": GOOD_CODE})
    assert browser.post("/auth/login")["url"] == fake_auth.PAGE
    assert browser.post("/dashboard/commands/cancel_sign_in")["sentence"] == "The sign-in was given up."


def test_the_sign_in_of_the_program_is_nothing_to_an_api_key_in_use(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    with signing_in(tmp_path, folder, monkeypatch, renewable=False) as browser:
        browser.chat()
        assert state(browser) == "proven"
        assert browser.post("/auth/logout")["success"]
        assert state(browser) == "proven"
        browser.post("/auth/login")
        browser.post("/auth/login/code", {"code": GOOD_CODE})
        status = browser.get("/auth/status")
        assert (status["state"], status["keyLastFour"]) == ("proven", "k3Qz")
        assert browser.post("/auth/refresh")["sentence"].startswith("Nothing to renew")


def test_the_cached_proof_costs_nothing_a_probe_one_request_and_quick_vouches_for_nothing(browser: Browser):
    for path, asked, verified in (
        ("/auth/status", 0, None), ("/auth/status?probe=1", 1, True), ("/auth/status", 1, True),
        ("/auth/status?quick=1", 1, None), ("/auth/status?quick=1&probe=1", 1, None),
    ):  # fmt: skip
        status = browser.get(path)
        assert (path, len(browser.engine.turns), status["verified"]) == (path, asked, verified)
        assert (status["probeMs"] is not None) == (path == "/auth/status?probe=1")
    assert status["proven_at"]

"""The account's states with the real program and the real CLI, on a sign-in that stands in for one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.conditions import Condition
from tests.stand_in.answer import Refusal, say, unified_limit, wanting
from tests.stand_in.sign_in import account_environment, signed_in
from tests.tidegate_process import KEY, environment, run, start

READY = "Tidegate is listening on "
MODEL = "claude-sonnet-5-5"


@dataclass
class Program:
    """A running Tidegate and its dashboard's cookie."""

    environ: dict[str, str]
    credentials: Path
    """Of the stand-in sign-in."""
    dashboard: httpx.Client

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.dashboard.get("/dashboard/overview").json()["state"]
        return found

    def ask(self, text: str) -> httpx.Response:
        body = {"model": MODEL, "messages": [{"role": "user", "content": text}]}
        headers = {"Authorization": f"Bearer {KEY}"}
        return httpx.post(f"{self.dashboard.base_url}/v1/chat/completions", json=body, headers=headers, timeout=60)


@pytest.fixture
def program(model_api: str, tmp_path: Path) -> Iterator[Program]:
    credentials = signed_in(tmp_path)
    environ = environment(tmp_path, **account_environment(model_api))
    process = start(environ, "serve")
    assert process.stdout
    try:
        address = process.stdout.readline().strip().removeprefix(READY)
        with httpx.Client(base_url=address, timeout=120) as dashboard:
            opened = dashboard.get(run(environ, "dashboard", "--link").stdout.strip())
            assert opened.status_code == 303  # the client keeps the cookie
            yield Program(environ, credentials, dashboard)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def until_looked(program: Program, times: int) -> dict[str, Any]:
    """What is known once the sign-in was looked at so often."""
    for _ in range(600):
        told: dict[str, Any] = program.dashboard.get("/auth/status").json()
        if told["refreshCount"] >= times:
            return told
        time.sleep(0.1)
    raise AssertionError(f"the sign-in was not looked at {times} times")


def test_every_step_of_an_account_is_told_the_same_to_app_dashboard_and_command_line(program: Program):
    told = until_looked(program, 1)
    assert (told["state"], told["loggedIn"], told["authMethod"]) == ("signed_in", True, "claude.ai")
    assert (told["verified"], told["proven_at"]) == (None, None)

    before = time.time()
    answer = program.ask(wanting(say("Hello"), "Hi"))
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    state = program.state()
    assert state["kind"] == "proven"
    assert before <= state["proven_at"] <= time.time()

    resets_at = int(time.time()) + 3_000
    limit = Refusal(429, "limit", headers=tuple(unified_limit(resets_at).items()))
    assert same_sentence(program, program.ask(wanting(limit, "Hi")), 429) == ("limited", resets_at)
    assert program.ask(wanting(say("Hello"), "Hi")).status_code == 200  # the limit was over sooner than it had said
    assert program.state()["kind"] == "proven"

    expired = Refusal(401, "OAuth token has expired.")
    assert same_sentence(program, program.ask(wanting(expired, "Hi")), 401) == ("expired", None)
    assert program.state()["sentence"] == Condition.SIGN_IN_EXPIRED.sentence
    assert until_looked(program, 2)["refreshCount"] == 2  # one look after the refusal, and none for the next question
    again = program.ask(wanting(say("Hello"), "Hi"))
    assert same_sentence(program, again, 401) == ("expired", None)
    assert 0 < int(again.headers["retry-after"]) <= 30
    assert program.dashboard.get("/auth/status").json()["refreshCount"] == 2

    assert program.dashboard.post("/auth/refresh", json={}).json()["ok"]
    assert program.state()["kind"] == "expired"  # that the program shows a sign-in proves nothing
    assert program.dashboard.post("/auth/logout", json={}).json()["success"]
    assert not program.credentials.exists()
    assert same_sentence(program, program.ask("Hi"), 401) == ("not_configured", None)
    assert program.state()["sentence"] == Condition.NOT_SIGNED_IN.sentence
    gone = program.dashboard.get("/auth/status").json()
    assert (gone["loggedIn"], gone["subscriptionType"], gone.get("plan")) == (False, None, None)
    assert program.dashboard.get("/dashboard/overview").json()["windows"] == []  # whoever comes next has others


def same_sentence(program: Program, refused: httpx.Response, status: int) -> tuple[str, float | None]:
    """State and end of a limit, after a refusal that app, dashboard and command line tell in the same words."""
    state = program.state()
    line = run(program.environ, "auth", "status").stdout.splitlines()[0]
    assert refused.status_code == status
    assert refused.json()["error"]["message"] == state["sentence"] == line
    return state["kind"], state["until"]

"""The real program under load: killed at any moment, on a full disk, and what its history says afterwards."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.tidegate_process import KEY, environment, run, start

READY = "Tidegate is listening on "
ROUNDS = 4
TRUTH_SECONDS = 1.0
"""So much may be lost of what came before a SIGKILL."""


@contextmanager
def serving(environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = start(environ, "serve")
    assert process.stdout
    try:
        yield process, process.stdout.readline().strip().removeprefix(READY)
    finally:
        process.kill()
        process.communicate()


class Load:
    """Several apps that ask as fast as they are answered, until the program is gone."""

    def __init__(self, address: str, apps: int = 4) -> None:
        self.answered: dict[str, float] = {}
        """Request ids, and when the answer had arrived."""
        self._lock = threading.Lock()
        self._address = address
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(apps)]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(30)

    def _ask(self) -> None:
        body = {"model": "tidegate-demo", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
        headers = {"Authorization": f"Bearer {KEY}"}
        try:
            with httpx.Client(base_url=self._address, headers=headers, timeout=20) as app:
                while True:
                    answer = app.post("/v1/chat/completions", json=body)
                    if answer.status_code != 200 or not answer.text.rstrip().endswith("[DONE]"):
                        return
                    with self._lock:
                        self.answered[answer.headers["x-request-id"]] = time.monotonic()
        except httpx.HTTPError:
            return


def remembered(file: Path) -> dict[str, str]:
    """How each request ended, read as the next program would."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return dict(connection.execute("SELECT request_id, outcome FROM exchanges"))


def until(happened: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if happened():
            return
        time.sleep(0.01)
    raise AssertionError("it never happened")


def test_killed_at_any_moment_under_load_it_has_lost_at_most_the_last_second(tmp_path: Path):
    environ, moment = environment(tmp_path), random.Random(7)
    history = tmp_path / "state" / "history.db"
    whole: dict[str, float] = {}
    for _ in range(ROUNDS):
        with serving(environ) as (process, address):
            load = Load(address)
            until(lambda load=load: len(load.answered) > 20)  # type: ignore[misc]
            time.sleep(moment.uniform(0, 1.5))  # any moment
            killed_at = time.monotonic()
            process.kill()
            process.wait()
            load.wait()
        kept = remembered(history)
        lost = [id_ for id_, at in load.answered.items() if at < killed_at - TRUTH_SECONDS and kept.get(id_) != "ok"]
        assert (lost, load.answered != {}) == ([], True)
        gone = [id_ for id_ in whole if id_ not in kept]
        assert gone == []  # what an earlier round had written is still there
        whole |= {id_: at for id_, at in load.answered.items() if id_ in kept}
    with serving(environ) as (_, address):
        link = run(environ, "dashboard", "--link").stdout.strip()
        with httpx.Client(base_url=address, timeout=30) as dashboard:
            dashboard.get(link)
            overview = dashboard.get("/dashboard/overview").json()
    assert "running" not in remembered(history).values()  # what ran when it was killed is told as cut off
    assert overview["notices"] == []
    assert overview["requests"]["total"] == len(remembered(history))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no running program's limits can be changed")
def test_when_nothing_can_be_written_any_more_answers_go_on_and_the_history_says_so(tmp_path: Path):
    import resource  # noqa: PLC0415  where there is one

    environ = environment(tmp_path, TIDEGATE_LOG_LEVEL="debug")
    headers = {"Authorization": f"Bearer {KEY}"}
    body = {"model": "tidegate-demo", "messages": [{"role": "user", "content": "Hello"}]}
    with serving(environ) as (process, address):
        link = run(environ, "dashboard", "--link").stdout.strip()
        with httpx.Client(base_url=address, headers=headers, timeout=30) as app:
            app.get(link)
            assert app.post("/v1/chat/completions", json=body).status_code == 200
            assert app.get("/dashboard/overview").json()["notices"] == []
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, 1))
            statuses = [
                app.post("/v1/chat/completions", json={**body, "stream": bool(number % 2)}).status_code
                for number in range(20)
            ]
            with_key = app.post("/v1/chat/completions", json=body, headers={"X-Session-Id": "a-chat"}).status_code
            overview = app.get("/dashboard/overview").json()
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert (set(statuses), with_key, process.returncode) == ({200}, 200, 0)
    assert [(each["kind"], "not remembered" in each["sentence"]) for each in overview["notices"]] == [("history", True)]
    assert overview["requests"]["total"] == 1
    assert "Hello" not in err

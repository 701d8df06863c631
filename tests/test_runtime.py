"""Lifetimes: what a stop does while an answer runs."""

from __future__ import annotations

import asyncio
import http.client
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app import bootstrap
from app.core.errors import PortTaken, TidegateError
from app.core.paths import Paths
from app.core.secrets import Secrets
from app.core.settings import ServerSettings, Settings
from app.interrupts import INTERRUPTED
from app.proxy.neutral.stream import BlockStarted, Finished, Started, StopReason, TextBlock, TextDelta
from tests.core.test_secrets import Drawer
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine, Step, accepted
from tests.tidegate_process import ROOT, environment

BEGINNING = (Started(SCRIPTED_MODEL.id), BlockStarted(TextBlock()), TextDelta("begun"))


def build(home: Path, *script: Step) -> tuple[bootstrap.App, ScriptedEngine]:
    engine = ScriptedEngine(accepted(*script))
    settings = Settings(server=ServerSettings(port=0, drain_seconds=30, hard_exit_seconds=40))
    environ = {"TIDEGATE_API_KEY": "tg-test"}
    app = bootstrap.build(settings, environ, paths=Paths(home), secrets=Secrets(Drawer()), engine=engine)
    app.runtime._leave = lambda _: pytest.fail("it did not end by itself")  # the real one would end pytest
    return app, engine


@contextmanager
def asking(app: bootstrap.App) -> Iterator[http.client.HTTPResponse]:
    """Asks for a stream; gives the answer when its first bytes are there."""
    body = {"model": SCRIPTED_MODEL.id, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    headers = {"Authorization": "Bearer tg-test", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(app.address.removeprefix("http://"), timeout=30)) as connection:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        with connection.getresponse() as answer:
            yield answer


def test_a_stop_lets_the_running_answer_end_and_gives_the_port_back(tmp_path: Path):
    go_on = asyncio.Event()
    app, _ = build(tmp_path, *BEGINNING, go_on, Finished(StopReason.END_TURN))
    app.runtime.start()

    async def release() -> None:
        go_on.set()

    with asking(app) as answer:
        app.runtime.stop()
        assert app.runtime.stopping
        app.runtime.call(release, limit_seconds=10)
        assert answer.read().rstrip().endswith(b"data: [DONE]")
    assert app.runtime.wait() == 0
    with pytest.raises(ConnectionRefusedError), asking(app):
        pass


def test_a_restart_asked_for_twice_is_one_and_lets_the_running_answer_end(tmp_path: Path):
    go_on = asyncio.Event()
    app, _ = build(tmp_path, *BEGINNING, go_on, Finished(StopReason.END_TURN))
    app.runtime.start()

    async def release() -> None:
        go_on.set()

    with asking(app) as answer:
        app.runtime.restart()
        app.runtime.restart()
        app.runtime.call(release, limit_seconds=10)
        assert answer.read().rstrip().endswith(b"data: [DONE]")
    assert app.runtime.wait() == 0
    assert app.runtime.restarting


def test_a_stop_while_it_restarts_ends_it_and_a_restart_while_it_stops_changes_nothing(tmp_path: Path):
    for number, asked in enumerate((("restart", "stop"), ("stop", "restart"))):
        app, _ = build(tmp_path / str(number))
        app.runtime.start()
        for name in asked:
            getattr(app.runtime, name)()
        assert app.runtime.wait() == 0
        assert not app.runtime.restarting


def test_a_stop_at_once_fails_the_running_answer_and_says_why(tmp_path: Path):
    app, engine = build(tmp_path, *BEGINNING, asyncio.Event())
    app.runtime.start()
    with asking(app) as answer:
        app.runtime.stop()
        app.runtime.stop_now()
        rest = answer.read()
    assert b'"code":"shutting_down"' in rest
    assert b'"finish_reason":"stop"' not in rest
    assert app.runtime.wait() == INTERRUPTED
    assert engine.stopped.is_set()


def test_what_an_engine_raises_while_starting_reaches_whoever_starts(tmp_path: Path):
    app, engine = build(tmp_path)

    async def broken() -> None:
        raise PortTaken("Something is in the way.")

    engine.start = broken  # type: ignore[method-assign]
    with pytest.raises(PortTaken, match="Something is in the way"):
        app.runtime.start()


def test_a_stop_before_the_start_ends_it_at_once(tmp_path: Path):
    app, _ = build(tmp_path)
    app.runtime.stop()
    app.runtime.start()
    assert app.runtime.wait() == 0


def test_what_is_asked_of_a_loop_that_ends_meanwhile_ends_too(tmp_path: Path):
    """Its threads may hold it open after everything on it was cancelled; what is begun then is never cancelled."""
    app, engine = build(tmp_path)
    go_on, closed, asked = threading.Event(), threading.Event(), threading.Event()

    async def close() -> None:
        asyncio.get_running_loop().run_in_executor(None, go_on.wait)
        closed.set()

    async def for_ever() -> None:
        asked.set()
        await asyncio.Event().wait()

    engine.close = close  # type: ignore[method-assign]
    app.runtime.start()
    app.runtime.stop()
    assert closed.wait(30)
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(app.runtime.call, for_ever, limit_seconds=3_600) for _ in range(2)]
        assert asked.wait(30)
        go_on.set()
        for call in calls:
            with pytest.raises(TidegateError, match="closing or restarting"):
                call.result(30)
    assert app.runtime.wait() == 0
    with pytest.raises(TidegateError, match="closing or restarting"):
        app.runtime.call(for_ever, limit_seconds=3_600)


def test_a_stop_at_once_that_is_asked_for_again_and_again_comes_no_later(tmp_path: Path):
    app, _ = build(tmp_path)
    app.runtime.stop_now()
    at = app.runtime._deadline
    app.runtime.stop_now()
    assert app.runtime._deadline == at
    app.runtime.start()
    app.runtime.wait()


STUBBORN = """
import asyncio, sys, time
from pathlib import Path
from app import bootstrap, cli
from app.core.settings import ServerSettings, Settings
from app.proxy.engines.demo.engine import DemoEngine

class Stubborn(DemoEngine):
    async def close(self):
        time.sleep(300)

settings = Settings(server=ServerSettings(port=0, drain_seconds=0, hard_exit_seconds=1))
app = bootstrap.build(settings, {"TIDEGATE_API_KEY": "k", "TIDEGATE_HOME": sys.argv[1]}, engine=Stubborn())
cli._heed_signals(app.runtime)
app.runtime.start()
print("ready", flush=True)
sys.exit(app.runtime.wait())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals")
def test_past_the_hard_limit_the_process_ends_with_code_0_whatever_hangs(tmp_path: Path):
    command = [sys.executable, "-c", STUBBORN, str(tmp_path / "state")]
    with subprocess.Popen(
        command, env=environment(tmp_path), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "did not end in time" in err

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from app.proxy.engines.agent_sdk.command import Command, cli_command, scratch
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.engines.agent_sdk.orphans import Ledger
from app.proxy.engines.agent_sdk.transport import CliTransport
from app.proxy.neutral.stream import TextDelta
from tests.proxy.engines.agent_sdk.program import children, eventually
from tests.proxy.engines.agent_sdk.turns import reply_to, turn, user
from tests.stand_in import StandIn, engine_environment
from tests.stand_in.answer import say
from tests.tidegate_process import environment, start


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_what_an_earlier_run_noted_and_left_is_ended_at_the_next_start(tmp_path: Path) -> None:
    left, gone = sleeper(), sleeper()
    earlier = Ledger(tmp_path / "processes.json")
    earlier.add(left.pid)
    earlier.add(gone.pid)
    gone.kill()
    gone.wait()
    earlier.remove(gone.pid)

    assert Ledger(tmp_path / "processes.json").sweep() == 1
    assert left.wait(10) != 0
    assert Ledger(tmp_path / "processes.json").sweep() == 0


def test_a_number_that_another_program_has_by_now_is_left_alone(tmp_path: Path) -> None:
    other = sleeper()
    file = tmp_path / "processes.json"
    file.write_text(f'{{"{other.pid}": 1.0, "999999999": 2.0}}')

    assert Ledger(file).sweep() == 0
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="there a process is known by its handle")
async def test_a_number_that_another_program_may_have_by_now_gets_no_signal(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = CliTransport(command)
    await transport.connect()
    assert transport.pid
    os.kill(transport.pid, signal.SIGKILL)
    await eventually(lambda: transport.ended)
    signalled: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda number, _: signalled.append(number))

    await transport.close()

    assert signalled == []


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": "y"}'])
def test_a_broken_list_is_begun_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "processes.json"
    file.write_text(content)

    assert Ledger(file).sweep() == 0
    assert file.read_text() == "{}"


def test_a_list_that_cant_be_written_costs_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "no such folder" / "processes.json")

    ledger.add(psutil.Process().pid)
    ledger.remove(psutil.Process().pid)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends them")
async def test_when_tidegate_is_killed_nothing_of_it_is_left(stand_in: StandIn, tmp_path: Path) -> None:
    environ = {**engine_environment(stand_in.url, tmp_path), **environment(tmp_path, TIDEGATE_ENGINE="agent")}
    tidegate = start(environ, "serve")
    assert tidegate.stdout
    tidegate.stdout.readline()
    while not (children := psutil.Process(tidegate.pid).children(recursive=True)):
        assert tidegate.poll() is None

    tidegate.kill()
    tidegate.communicate()

    gone, alive = psutil.wait_procs(children, timeout=10)
    assert (len(gone), alive) == (len(children), [])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the program's sockets have other names")
async def test_what_a_killed_process_leaves_behind_is_not_strewn_over_the_computer(stand_in: StandIn) -> None:
    with tempfile.TemporaryDirectory() as home:  # a socket's path must be short
        folder = Path(home) / "empty"
        folder.mkdir()
        begun = time.time()
        command = cli_command(engine_environment(stand_in.url, Path(home)), folder)
        engine = AgentEngine(lambda: command, Path(home), AgentLimits(pool=PoolLimits(spares=0)))
        await engine.start()
        await reply_to(engine, turn(user("Hi.")))
        names = {f"{process.pid}.sock" for process in children()}
        await engine.close()

        left = {file.name for file in scratch(folder).rglob("*.sock")}
    assert left
    assert left <= names
    assert not names & strewn_since(begun)


def strewn_since(moment: float) -> set[str]:
    return {file.name for file in Path("/tmp/cc-socks").glob("*") if file.stat().st_mtime > moment}


async def test_an_engine_that_takes_over_leaves_the_answers_of_the_one_before_alone(
    stand_in: StandIn, command: Command, engine: AgentEngine, tmp_path: Path
) -> None:
    stand_in.answer_next(say("One", " two", " three", pause=0.5))
    after = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=0)))
    heard: list[str] = []
    async with aclosing(engine.answer(turn(user("Hello")))) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                if not heard:
                    await after.start()
                heard.append(event.text)
    await after.close()
    assert heard == ["One", " two", " three"]

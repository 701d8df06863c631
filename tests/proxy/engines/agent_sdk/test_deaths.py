from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from app.core.bus import Bus
from app.proxy.engines.agent_sdk.command import cli_command
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.models import Catalogue
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.turn import Text
from app.proxy.pipeline import Caller, Deadlines, Pipeline
from tests.proxy.engines.agent_sdk.turns import MODEL, turn, user

Result = TypeVar("Result")
CALLER = Caller("r", "/", "key", streaming=True)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the deaths are POSIX signals")


class Program:
    """The fake CLI as an executable file, and the engine that runs it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "claude"
        self.path.write_text(f"#!{sys.executable}\n{Path(__file__).with_name('fake_cli.py').read_text()}")
        self.path.chmod(0o755)
        self._death = folder / "death"
        self.dies("never")
        environment = {"HOME": str(folder), "PATH": os.defpath, "FAKE_CLI_DEATH": str(self._death)}
        limits = AgentLimits(pool=PoolLimits(spares=0, start_seconds=3))
        self.engine = AgentEngine(lambda: cli_command(environment, folder, self.path), folder, limits)
        deadlines = Deadlines(first_event=5, idle=1, total=10)
        self.pipeline = Pipeline(Catalogue([self.engine], default_model=MODEL), deadlines, Bus())

    def dies(self, death: str) -> None:
        """From the next start on."""
        self._death.write_text(death)

    async def answer(self, text: str = "Hello?", *, system: str = "") -> Reply | Fault:
        builder = ReplyBuilder()
        async with aclosing(self.pipeline.answer(turn(user(text), system=system), CALLER)) as events:
            async for event in events:
                builder.add(event)
        return builder.result()


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    before = _children()
    program = Program(tmp_path)
    await program.engine.start()
    await program.engine.models()
    yield program
    await program.engine.close()
    assert [child for child in _children() if child not in before] == []


@pytest.mark.parametrize(
    ("death", "code"),
    [
        ("exits at once", "engine_failed"),
        ("never says a word", "timed_out"),
        ("dies while it starts", "engine_failed"),
        ("is killed", "engine_failed"),
        ("hangs", "answer_cut_off"),
        ("ends well without a result", "engine_failed"),
        ("loses half a line", "engine_failed"),
        ("prints garbage", "engine_failed"),
        ("prints bad UTF-8", "engine_failed"),
        ("fails with a word", "engine_failed"),
    ],
)
async def test_a_cli_that_dies_costs_its_own_answer_and_nothing_else(program: Program, death: str, code: str) -> None:
    program.dies(death)
    failed = await program.answer(death, system="A new one.")
    program.dies("never")
    healed = await program.answer(system="A new one.")

    assert isinstance(failed, Fault)
    assert failed.code == code
    assert isinstance(healed, Reply)
    assert healed.content == (Text("Well"),)


async def test_a_dying_process_does_not_disturb_the_answers_beside_it(program: Program) -> None:
    results = await asyncio.gather(
        *(program.answer(text, system=text) for text in ("is killed", "one", "prints garbage", "two"))
    )

    assert [type(result) for result in results] == [Fault, Reply, Fault, Reply]


@pytest.mark.parametrize("how", ["missing", "not executable"])
async def test_a_cli_that_cant_be_started_is_said_to_be_missing(program: Program, how: str) -> None:
    if how == "missing":
        program.path.unlink()
    else:
        program.path.chmod(0o644)

    result = await program.answer(system="new")

    assert isinstance(result, Fault)
    assert result.code == "engine_missing"


async def test_what_a_hung_process_served_is_given_up_when_nobody_waits_any_more(program: Program) -> None:
    events = program.pipeline.answer(turn(user("hangs"), system="hung"), CALLER)
    async for event in events:
        if type(event).__name__ == "TextDelta":
            break
    hung = await _eventually(lambda: _children(psutil.STATUS_STOPPED))

    await events.aclose()

    await _eventually(lambda: hung[0] not in _children())


def _children(status: str | None = None) -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE and status in (None, child.status())]


async def _eventually(look: Callable[[], Result]) -> Result:
    """What a look gives once it gives something; processes tell nobody what becomes of them."""
    async with asyncio.timeout(5):
        while not (seen := look()):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.01)
    return seen

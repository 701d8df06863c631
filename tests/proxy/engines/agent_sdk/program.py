"""The fake CLI as a program that an engine runs, and what can be seen of its processes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil

from app.core.bus import Bus
from app.proxy.engines.agent_sdk.command import Command, cli_command
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.models import Catalogue
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply, ReplyBuilder
from app.proxy.neutral.turn import Message
from app.proxy.pipeline import Caller, Deadlines, Pipeline
from tests.proxy.engines.agent_sdk.turns import MODEL, turn, user

Result = TypeVar("Result")
CALLER = Caller("r", "/", "key", streaming=True)


class Program:
    """The fake CLI as an executable file, and the engine that runs it."""

    def __init__(self, folder: Path, limits: AgentLimits | None = None) -> None:
        self.path = folder / "claude"
        self.path.write_text(f"#!{sys.executable}\n{Path(__file__).with_name('fake_cli.py').read_text()}")
        self.path.chmod(0o755)
        self.folder = folder
        self.dies("never")
        self._environment = {"HOME": str(folder), "PATH": os.defpath}
        limits = limits or AgentLimits(pool=PoolLimits(spares=0, start_seconds=3))
        self.engine = AgentEngine(self.command, folder, limits)
        deadlines = Deadlines(first_event=5, idle=1, total=10)
        self.pipeline = Pipeline(Catalogue([self.engine], default_model=MODEL), deadlines, Bus())

    def command(self) -> Command:
        return cli_command(self._environment, self.folder, self.path)

    def dies(self, death: str) -> None:
        """From the next start on."""
        (self.folder / "death").write_text(death)

    def go(self) -> None:
        """Let go on what waits."""
        (self.folder / "go").touch()

    @property
    def diary(self) -> list[tuple[int, str]]:
        """What the processes did, in order: each with its process id."""
        lines = (self.folder / "diary").read_text().splitlines()
        return [(int(pid), what) for pid, _, what in (line.partition(" ") for line in lines)]

    def noted(self, what: str) -> list[int]:
        """Which processes did that."""
        return [pid for pid, noted in self.diary if noted == what]

    async def answer(
        self, text: str = "Hello?", *, system: str = "", history: tuple[Message, ...] = ()
    ) -> Reply | Fault:
        builder = ReplyBuilder()
        async with aclosing(self.pipeline.answer(turn(*history, user(text), system=system), CALLER)) as events:
            async for event in events:
                builder.add(event)
        return builder.result()


@asynccontextmanager
async def running(folder: Path, pool: dict[str, Any] | None = None, **limits: Any) -> AsyncIterator[Program]:
    """A program whose first process has told its models, and is forgotten."""
    program = Program(folder, AgentLimits(pool=PoolLimits(**{"spares": 0, **(pool or {})}), **limits))
    await program.engine.start()
    await program.engine.models()
    try:
        yield program
    finally:
        await program.engine.close()


async def all_answered(program: Program, systems: Iterable[str], text: str = "Hello?") -> None:
    results = await asyncio.gather(*(program.answer(text, system=system) for system in systems))
    assert [type(result) for result in results] == [Reply] * len(results)


_others: set[int] = set()


def disregard_what_runs_already() -> None:
    """What other tests keep running, such as a browser for all of them, is no child of this one's."""
    _others.clear()
    _others.update(child.pid for child in psutil.Process().children())


def children(status: str | None = None) -> list[psutil.Process]:
    """The processes that run below this one since the test began; zombies are among them."""
    begun = [child for child in psutil.Process().children() if child.pid not in _others]
    found = [*begun, *(each for child in begun for each in _below(child))]
    return [child for child in found if status in (None, _status(child))]


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


async def eventually(look: Callable[[], Result]) -> Result:
    """What a look gives once it gives something; processes tell nobody what becomes of them."""
    async with asyncio.timeout(10):
        while not (seen := look()):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.01)
    return seen


def _status(child: psutil.Process) -> str | None:
    try:
        return str(child.status())
    except psutil.NoSuchProcess:
        return None

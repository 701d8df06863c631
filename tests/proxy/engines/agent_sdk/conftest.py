"""The agent engine with the real SDK and the real CLI, in an environment built from nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.proxy.engines.agent_sdk.command import Command, cli_command
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from tests.proxy.engines.agent_sdk.program import disregard_what_runs_already
from tests.stand_in import StandIn
from tests.stand_in.environment import engine_environment


@pytest.fixture(autouse=True)
def only_processes_of_this_test() -> None:
    disregard_what_runs_already()


@pytest.fixture
def command(stand_in: StandIn, tmp_path: Path) -> Command:
    """The real CLI, told to ask the stand-in."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return cli_command(engine_environment(stand_in.url, tmp_path), folder)


@pytest.fixture
async def engine(command: Command, tmp_path: Path) -> AsyncIterator[AgentEngine]:
    """A running engine without spares, so that each test says which processes there are."""
    running = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=0)))
    await running.start()
    yield running
    await running.close()

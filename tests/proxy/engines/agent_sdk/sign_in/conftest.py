"""A program of one's own to sign in with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.proxy.engines.agent_sdk.desk import AgentSignInDesk
from app.proxy.engines.agent_sdk.login import Login
from app.proxy.engines.agent_sdk.sign_in import SignIn
from tests.proxy.engines.agent_sdk.sign_in.accounts import fake, fake_command, put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "fake"
    made.mkdir()
    put(made, signed_in=False)
    return made


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[AgentSignInDesk]:
    program = fake(folder)
    made = AgentSignInDesk(
        program,
        Login(lambda *asked: fake_command(folder, *asked)),
        SignIn(program, folder / "lock", lambda _: None),
    )
    yield made
    await made.close()

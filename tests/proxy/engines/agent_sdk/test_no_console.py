"""On Windows a console program that is started without a word about it opens a black window. Tried with a fake call."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.proxy.engines.agent_sdk import auth_program, transport
from app.proxy.engines.agent_sdk.auth_program import AuthUnavailable, started
from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.transport import CliTransport

NO_WINDOW, NEW_GROUP = 0x08000000, 0x00000200
COMMAND = Command(argv=("claude.exe",), environment={}, folder=Path())


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """How the program was started, as far as a system goes that has no such program."""
    how: dict[str, Any] = {}

    async def start(*_: object, **asked: Any) -> None:
        how.update(asked)
        raise FileNotFoundError

    monkeypatch.setattr(asyncio.BaseEventLoop, "subprocess_exec", start)
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", NO_WINDOW, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", NEW_GROUP, raising=False)
    for module in (transport, auth_program):
        monkeypatch.setattr(module, "sys", SimpleNamespace(platform="win32"))
    return how


async def test_the_engines_program_opens_no_window(windows: dict[str, Any]):
    with pytest.raises(FileNotFoundError):
        await CliTransport(COMMAND).connect()
    assert windows["creationflags"] == NO_WINDOW


async def test_neither_does_a_look_at_the_sign_in(windows: dict[str, Any]):
    with pytest.raises(AuthUnavailable):
        await started(COMMAND)
    assert windows["creationflags"] == NO_WINDOW | NEW_GROUP

"""Programs that tell of an account: one that is played, and one that a test writes a script for."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import psutil

from app.core.conditions import Condition
from app.core.events import SignInChecked
from app.proxy.engines.agent_sdk.auth_program import AuthProgram, AuthStatus
from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.sign_in import SignIn
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.stream import Failed, Finished, Started, StopReason, StreamEvent
from app.proxy.neutral.turn import Turn
from tests.fakes import ScriptedEngine, Step, accepted
from tests.proxy.engines.agent_sdk import fake_auth

REFUSED = fault_of(Condition.SIGN_IN_EXPIRED)
ANSWERED = (Started("claude-opus-5-5"), Finished(StopReason.END_TURN))
HOUR = 3_600.0
NEEDED = {"PATH": os.defpath, "LANG": "C.UTF-8"} | {
    name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ
}


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Program:
    """Says what it is told to; holds its answer until it may give it."""

    def __init__(self, *, signed_in: bool = True, error: Exception | None = None, held: bool = False) -> None:
        self.signed_in = signed_in
        self.error = error
        self.calls = 0
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        if not held:
            self.may_answer.set()

    async def status(self) -> AuthStatus:
        self.calls += 1
        self.asked.set()
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return AuthStatus(self.signed_in, "claude.ai")


class Refusing(ScriptedEngine):
    """Refuses the first so many answers with 401, and forgets its processes when told to."""

    def __init__(self, refusals: int, *, fault: Fault = REFUSED) -> None:
        super().__init__(accepted(*ANSWERED))
        self.refusals = refusals
        self.fault = fault
        self.second: tuple[Step, ...] = ANSWERED
        """What it says when it refuses no more."""
        self.tried = asyncio.Event()
        """Set when it is asked after its last refusal."""
        self.forgotten = 0

    async def answer(self, turn: Turn) -> AsyncGenerator[StreamEvent, None]:
        self._events = accepted(*self.second)
        if self.refusals:
            self.refusals -= 1
            self._events = accepted(Failed(self.fault))
        else:
            self.tried.set()
        async for event in super().answer(turn):
            yield event

    def forget_processes(self) -> None:
        self.forgotten += 1


def sign_in(
    folder: Path, program: Program, clock: Callable[[], float] | None = None
) -> tuple[SignIn, list[SignInChecked]]:
    heard: list[SignInChecked] = []
    made = SignIn(program, folder / "lock", heard.append, clock=clock or Clock(), jitter=lambda: 0.0)
    return made, heard


def put(folder: Path, *, signed_in: bool, told: dict[str, object] | None = None, **more: object) -> None:
    (folder / "state.json").write_text(json.dumps({"in": signed_in, "told": told or {}, **more}))


def flows(folder: Path) -> list[int]:
    """Programs that wait for a person now."""
    calls = [line.split() for line in (folder / "calls").read_text().splitlines()]
    return [int(pid) for asked, *_, pid in calls if asked == "login" and psutil.pid_exists(int(pid))]


def fake(folder: Path) -> AuthProgram:
    return AuthProgram(lambda *asked: fake_command(folder, *asked), limit_seconds=20)


def fake_command(folder: Path, *asked: str) -> Command:
    return Command((sys.executable, fake_auth.__file__, "auth", *asked), NEEDED, folder)

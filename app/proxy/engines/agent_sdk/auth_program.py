"""Asks the signed-in program about its sign-in, in a process of its own that ends with the answer. Sees no token."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.command import Command

AuthCommand: TypeAlias = Callable[..., Command]
"""The command for `status`, `login` or `logout` and its options."""

STATUS_SECONDS = 20.0
"""It answers in a quarter of a second, or in a few when it renews the sign-in."""
_GRACE_SECONDS = 5.0
"""After that it may still end by itself: a timer can count the time the computer slept, when the program could not."""
_LAST_WORDS_SECONDS = 0.5
_LINE_LIMIT = 1 << 20


class AuthUnavailable(Exception):
    """The program did not answer; `str(error)` is a sentence for a person."""

    def __init__(self, sentence: str, condition: Condition | None = None) -> None:
        super().__init__(sentence)
        self.condition = condition
        """The same as an entry of the error catalogue, where there is one."""


class AuthMissing(AuthUnavailable):
    """There is no program to ask."""

    def __init__(self) -> None:
        super().__init__(Condition.ENGINE_MISSING.sentence, Condition.ENGINE_MISSING)


class AuthStatus(msgspec.Struct, frozen=True):
    """What the program says of itself; it proves nothing about whether the service agrees."""

    signed_in: bool
    method: str
    """none, api_key, oauth_token, claude.ai, …"""
    email: str | None = None
    organisation: str | None = None
    plan: str | None = None
    expires_at: float | None = None
    """Unix seconds."""


class AuthProgram:
    """Lives as long as the engine."""

    def __init__(
        self, command: AuthCommand, *, limit_seconds: float = STATUS_SECONDS, grace_seconds: float = _GRACE_SECONDS
    ) -> None:
        self._command = command
        self._patience = limit_seconds, grace_seconds

    async def status(self) -> AuthStatus:
        """Ask, which lets the program renew an expired sign-in; raises AuthUnavailable."""
        output = await self._run("status", "--json")
        try:
            return _status(msgspec.json.decode(output, type=dict[str, Any]))
        except msgspec.MsgspecError as error:
            raise AuthUnavailable("Tidegate's engine gave no readable answer about the sign-in.") from error

    async def sign_out(self) -> None:
        """Have the program remove its sign-in from this computer; raises AuthUnavailable."""
        await self._run("logout")

    async def _run(self, *asked: str) -> bytes:
        process = await started(self._command(*asked))
        answering = asyncio.create_task(process.communicate(), name="auth program")
        try:
            for seconds in self._patience:
                await asyncio.wait([answering], timeout=seconds)
            if not answering.done():
                raise AuthUnavailable("Tidegate's engine did not answer about the sign-in in time.")
        finally:
            await end(process)
            await asyncio.wait([answering])
        output, _ = answering.result()
        return output


async def started(command: Command) -> asyncio.subprocess.Process:
    """The program in a process group of its own, so that it can be ended with all it started."""
    windows: Mapping[str, Any] = {}
    if sys.platform == "win32":
        windows = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.subprocess_exec(
            lambda: _Heard(_LINE_LIMIT, loop),
            *command.argv,
            env=dict(command.environment),
            cwd=command.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=sys.platform != "win32",
            **windows,
        )
    except OSError as error:
        raise AuthMissing from error
    return asyncio.subprocess.Process(transport, protocol, loop)


class _Heard(asyncio.subprocess.SubprocessStreamProtocol):
    """What has ended has said everything, though something it started may hold its output open for hours."""

    _heard: asyncio.BaseTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._heard = transport
        super().connection_made(transport)

    def process_exited(self) -> None:
        super().process_exited()
        asyncio.get_running_loop().call_later(_LAST_WORDS_SECONDS, self._heard.close)


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of it, and wait until it is gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    if process.stdin:
        process.stdin.close()


def _status(told: Mapping[str, Any]) -> AuthStatus:
    return AuthStatus(
        signed_in=told.get("loggedIn") is True,
        method=str(told.get("authMethod") or "none"),
        email=_text(told.get("email")),
        organisation=_text(told.get("orgName")),
        plan=_text(told.get("subscriptionType")),
        expires_at=_moment(told.get("loginExpiresAt")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _moment(value: object) -> float | None:
    """Unix seconds from seconds, milliseconds or a written date."""
    if isinstance(value, int | float) and value > 0:
        return value / 1000 if value > 1e11 else float(value)
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value).timestamp()
    return None

"""Signing in: starts the signed-in program's own flow, gives back the page it names, hands it the code that page shows.

The page is the service's, the program is unmodified, and what they tell each other stays between them.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

from app.proxy.engines.agent_sdk.auth_program import AuthCommand, AuthMissing, AuthUnavailable, end, started
from app.proxy.engines.agent_sdk.command import NOT_STARTED

_ADDRESS = re.compile(rb"https://[^\s\x00-\x20\"'<>]+(?=\s)")
_PAGE_SECONDS = 20.0
_CODE_SECONDS = 60.0
_FLOW_SECONDS = 600.0
"""Nobody needs longer to sign in; then the program is ended."""
_SAID_LIMIT = 64 * 1024


class Login:
    """At most one flow at a time; `close()` ends it. What the program says is kept only until the flow ends."""

    def __init__(self, command: AuthCommand, *, flow_seconds: float = _FLOW_SECONDS) -> None:
        self._command = command
        self._flow_seconds = flow_seconds
        self._flow: _Flow | None = None

    @property
    def under_way(self) -> bool:
        return self._flow is not None and not self._flow.over

    @property
    def page(self) -> str | None:
        """The page of the flow that is under way, once it has named one."""
        return self._flow.named if self._flow is not None and not self._flow.over else None

    async def begin(self) -> str:
        """Start anew; the address of the page to open. Raises AuthUnavailable."""
        await self.close()
        self._flow = flow = _Flow(await started(self._command("login")), self._flow_seconds)
        try:
            return await flow.page()
        except BaseException:  # also whoever asked gave up: a flow that nobody watches would end unnoticed
            await self.close()
            raise

    async def submit(self, code: str) -> None:
        """Hand on the code and wait for the end of the flow; raises AuthUnavailable with what to do."""
        if self._flow is None or self._flow.over:
            raise AuthUnavailable("No sign-in is under way. Begin it again.")
        await self._flow.submit(code)

    async def finished(self) -> bool:
        """Wait for the end of the flow that is under way; True when the program says that it went well."""
        return self._flow is not None and await self._flow.finished() == 0

    async def close(self) -> None:
        """End what is under way."""
        if self._flow:
            await self._flow.close()
            self._flow = None


class _Flow:
    """One run of the program; a task reads what it prints."""

    def __init__(self, process: asyncio.subprocess.Process, limit_seconds: float) -> None:
        self._process = process
        self._said = b""
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._listen(limit_seconds), name="sign-in")

    @property
    def over(self) -> bool:
        return self._task.done()

    @property
    def named(self) -> str | None:
        found = _ADDRESS.search(self._said)
        return found[0].decode("ascii", "ignore") if found else None

    async def page(self) -> str:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PAGE_SECONDS):
                while not (page := self.named) and not self.over:
                    self._news.clear()
                    await self._news.wait()
                if page:
                    return page
        if self._process.returncode in NOT_STARTED:
            raise AuthMissing
        raise AuthUnavailable("Tidegate's engine named no sign-in page. Try again, or run `claude auth login`.")

    async def submit(self, code: str) -> None:
        assert self._process.stdin  # noqa: S101  it was asked for
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(code.encode() + b"\n")
            await self._process.stdin.drain()
        try:
            async with asyncio.timeout(_CODE_SECONDS):
                ended = await self.finished()
        except TimeoutError as error:
            raise AuthUnavailable("The sign-in is not finished yet. Check the page in the browser.") from error
        if ended != 0:
            raise AuthUnavailable("The sign-in did not work. Begin it again, and paste the code as the page shows it.")

    async def finished(self) -> int | None:
        await asyncio.wait([self._task])
        return self._process.returncode

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        await end(self._process)

    async def _listen(self, limit_seconds: float) -> None:
        assert self._process.stdout  # noqa: S101  it was asked for
        try:
            async with asyncio.timeout(limit_seconds):
                while piece := await self._process.stdout.read(4096):
                    self._said = (self._said + piece)[-_SAID_LIMIT:]
                    self._news.set()
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            await end(self._process)
            self._news.set()

"""How the benchmark talks with a client that has to be a process of its own: a line of JSON in, a line out.

The child answers the texts it is given, all at once, and says what it heard. It ends when its input does.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
import psutil

from tests.bench.heard import Heard
from tests.tidegate_process import ROOT

ERRAND_SECONDS = 120.0
Ask = Callable[[str], Awaitable[Heard]]


class Errands:
    """The parent's side; `close()` ends the child."""

    def __init__(self, module: str, environ: Mapping[str, str], *arguments: str) -> None:
        self._command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
        self._environ = dict(environ)
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._child = await asyncio.create_subprocess_exec(
            *self._command, cwd=ROOT, env=self._environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 26
        )

    async def ask(self, texts: Sequence[str]) -> list[Heard]:
        """Have all texts answered at once."""
        assert self._child
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(msgspec.json.encode(texts) + b"\n")
        async with asyncio.timeout(ERRAND_SECONDS):
            line = await self._child.stdout.readline()
        return msgspec.json.decode(line, type=list[Heard])

    async def close(self) -> None:
        """End the child and whatever it left running."""
        if not self._child:
            return
        left = _descendants(self._child.pid)
        assert self._child.stdin
        self._child.stdin.close()
        try:
            async with asyncio.timeout(5):
                await self._child.wait()
        except TimeoutError:
            self._child.kill()
            await self._child.wait()
        for process in left:
            if process.is_running():
                process.kill()


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


async def run_errands(ask: Ask) -> None:
    """The child's side: answer lines until the input ends."""
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        heard = await asyncio.gather(*(_asked(ask, text) for text in msgspec.json.decode(line, type=list[str])))
        os.write(1, msgspec.json.encode(heard) + b"\n")


async def _asked(ask: Ask, text: str) -> Heard:
    begun = time.perf_counter()
    try:
        return await ask(text)
    except Exception as error:  # noqa: BLE001 - the parent shall see it in its table, whatever it was
        return Heard((), time.perf_counter() - begun, failed=f"{type(error).__name__}: {error}"[:300])

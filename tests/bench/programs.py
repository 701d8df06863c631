"""The processes under test: what they cost in CPU and memory, and that none is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from tests.stand_in import engine_environment
from tests.tidegate_process import ROOT, command, environment

READY = "Tidegate is listening on "
START_SECONDS = 30.0
QUIET_SECONDS = 10.0
"""The longest to wait until nothing goes on in the background any more."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU seconds since a process began: its own, and those of its children, also of the ones that have ended."""

    own: float
    children: float

    def __sub__(self, before: Cpu) -> Cpu:
        return Cpu(self.own - before.own, self.children - before.children)

    def __add__(self, more: Cpu) -> Cpu:
        return Cpu(self.own + more.own, self.children + more.children)


class Program:
    """One process that says its address in its first line; lives inside `async with`."""

    def __init__(self, argv: list[str], environ: Mapping[str, str]) -> None:
        self._argv = [*_death_with_parent(), *argv]
        self._environ = dict(environ)
        self._child: asyncio.subprocess.Process | None = None
        self.address = ""

    async def __aenter__(self) -> Self:
        self._child = await asyncio.create_subprocess_exec(
            *self._argv,
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._child.stdout
        async with asyncio.timeout(START_SECONDS):
            line = await self._child.stdout.readline()
        self.address = line.decode().strip().removeprefix(READY)
        if not self.address:
            raise RuntimeError(f"{' '.join(self._argv)} ended without an address")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._child
        assert self._child.stdin
        self._child.stdin.close()
        if self._child.returncode is None:
            self._child.terminate()
        try:
            async with asyncio.timeout(20):
                await self._child.wait()
        except TimeoutError:
            self._child.kill()
            await self._child.wait()

    def cpu(self) -> Cpu:
        own = self._process.cpu_times()
        reaped = own.children_user + own.children_system
        living = sum(_cpu_seconds(child) for child in self._process.children(recursive=True))
        return Cpu(own.user + own.system, reaped + living)

    def own_megabytes(self) -> float:
        """What the process itself holds in memory."""
        return float(self._process.memory_info().rss) / 1e6

    def megabytes_per_child(self) -> float | None:
        """The memory of one child, pages it shares divided among those who share them where the system tells."""
        sizes = [_megabytes(child) for child in self._process.children()]
        return sum(sizes) / len(sizes) if sizes else None

    async def quiet(self) -> None:
        """Wait until it and its children have nothing to do, at most a few seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS):
                await self._calm()

    async def _calm(self) -> None:
        calm = 0
        before = self.cpu()
        while calm < 3:
            await asyncio.sleep(0.1)
            now = self.cpu()
            used = now - before
            calm = calm + 1 if used.own + used.children < 0.02 else 0
            before = now

    @property
    def _process(self) -> psutil.Process:
        assert self._child
        return psutil.Process(self._child.pid)


def model_api(seconds: float) -> Program:
    """The scripted model API; ends by itself after so long."""
    return Program(
        [sys.executable, "-m", "tests.bench.model_api", str(seconds)], {"PATH": os.defpath, "LANG": "C.UTF-8"}
    )


def tidegate(engine: str, model_api_url: str, home: Path, **settings: str) -> Program:
    """The real program; `settings` are variables of its environment, which is built from nothing."""
    home.mkdir(parents=True, exist_ok=True)
    environ = {**engine_environment(model_api_url, home), **environment(home, TIDEGATE_ENGINE=engine), **settings}
    return Program(command("serve"), environ)


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _megabytes(process: psutil.Process) -> float:
    try:
        full = process.memory_full_info()
        return float(getattr(full, "pss", 0) or full.rss) / 1e6
    except psutil.Error:
        return 0.0


def _death_with_parent() -> list[str]:
    """A benchmark that is killed leaves nothing running, where the system can promise that."""
    if sys.platform == "linux" and (setpriv := shutil.which("setpriv")):
        return [setpriv, "--pdeathsig", "KILL", "--"]
    return []

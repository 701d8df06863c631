"""One run from start to end: starts what is measured, measures, and ends it."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from tests.bench import measure
from tests.bench.errand import Errands
from tests.bench.figures import Figures, spread
from tests.bench.measure import Say
from tests.bench.programs import Program, model_api, tidegate
from tests.bench.scale import Scale
from tests.bench.subjects import Conversing, OnErrand, Served, always, ever_new, wire
from tests.stand_in import engine_environment

ASSISTANT = "You are a helpful assistant."
NO_SPARES = {"TIDEGATE_ENGINE_SPARES": "0"}
ALWAYS_COLD = {**NO_SPARES, "TIDEGATE_ENGINE_BOUND_PROCESSES": "0"}


async def conduct(scale: Scale, folder: Path, say: Say, *, quick: bool) -> Figures:
    """Measure everything; `folder` takes the homes of all processes."""
    figures = Figures(_machine(), os.getloadavg()[0], quick)
    async with asyncio.timeout(scale.seconds), model_api(scale.seconds) as service:
        run = _Run(scale, folder, say, service.address, figures)
        async with (
            run.errand("floor") as floor,
            tidegate("agent", service.address, folder / "agent") as agent,
            tidegate("direct", service.address, folder / "direct") as direct,
        ):
            await run.one_by_one(floor, agent, direct)
            await run.at_once(floor, agent, direct)
        await run.memory()
        await run.starts()
    figures.load_after = os.getloadavg()[0]
    return figures


class _Run:
    """What all measurements of one run share."""

    def __init__(self, scale: Scale, folder: Path, say: Say, url: str, figures: Figures) -> None:
        self._scale, self._folder, self._say, self._url, self._figures = scale, folder, say, url, figures

    async def one_by_one(self, floor: OnErrand, agent: Program, direct: Program) -> None:
        """One answer at a time: nothing waits for anything but the way it takes."""
        scale, figures = self._scale, self._figures
        straight = wire(self._url)
        live = Conversing("agent live", agent, "You are in a long conversation.")
        with_key = Served("direct", direct, always(ASSISTANT))
        async with (
            self.errand("query") as query,
            self.errand("bare") as bare,
            tidegate("agent", self._url, self._folder / "cold", **ALWAYS_COLD) as without_pool,
        ):
            same = Served("agent same", agent, always(ASSISTANT))
            spare = Served("agent spare", agent, ever_new("You are new."))
            cold = Served("agent cold", without_pool, ever_new("You are cold."))
            ways = (floor, straight, query, bare, live, same, spare, cold, with_key)
            first = await measure.first_tokens(ways, scale.rounds, self._say)
            longer = (floor, straight, query, bare, live, with_key)
            figures.paced = await measure.paced(longer, scale.rounds, self._say)
        figures.first_ms = {name: spread(values) for name, values in first.items()}
        figures.own_share_ms = measure.by_rounds(first["agent live"], first["bare"])
        figures.over_floor_ms = measure.by_rounds(first["direct"], first["floor"])
        figures.over_wire_ms = measure.by_rounds(first["direct"], first["wire"])

    async def at_once(self, floor: OnErrand, agent: Program, direct: Program) -> None:
        """Many answers at a time: streams at a steady pace, then as many short ones as it can."""
        scale, figures = self._scale, self._figures
        chats = Served("agent", agent, always(ASSISTANT))
        with_key = Served("direct", direct, always(ASSISTANT))
        for at_once, times in scale.at_once:
            ways = (floor, wire(self._url), with_key, chats)
            for name, streams in (await measure.streams(ways, at_once, times, self._say)).items():
                figures.streams.setdefault(name, []).append(streams)
        kinds = [(chats, at_once, scale.agent_requests) for at_once in (4, 16, 32)]
        kinds.append((with_key, 16, scale.direct_requests))
        for name, loop in await measure.loops(kinds, scale.loops, self._say):
            figures.loops.setdefault(name, []).append(loop)

    async def memory(self) -> None:
        """Fresh programs without spare processes."""
        scale = self._scale
        for name in ("agent", "direct"):
            async with tidegate(name, self._url, self._folder / f"memory-{name}", **NO_SPARES) as program:
                subject = Served(name, program, always(ASSISTANT))
                self._figures.memory[name] = await measure.memory(
                    subject, scale.memory_warm_up, scale.memory_requests, self._say
                )

    async def starts(self) -> None:
        """Each from nothing to its first /health."""
        kinds = {
            name: partial(tidegate, name, self._url, self._folder / f"start-{name}") for name in ("agent", "direct")
        }
        self._figures.start_ms = await measure.starts(kinds, self._scale.starts, self._say)

    @asynccontextmanager
    async def errand(self, name: str) -> AsyncIterator[OnErrand]:
        """A client in a process of its own, with an environment built from nothing; the module has its name."""
        home = self._folder / name
        home.mkdir()
        errands = Errands(name, engine_environment(self._url, home))
        await errands.start()
        try:
            yield OnErrand(name, errands)
        finally:
            await errands.close()


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"

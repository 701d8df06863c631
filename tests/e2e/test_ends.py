"""However an answer of the agent engine ends, nothing of it goes on: not the model's work, not a process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import httpx2
import psutil
import pytest

from tests.e2e.apps import BEARER, MODEL, says
from tests.e2e.conftest import READY
from tests.stand_in import StandIn, engine_environment
from tests.stand_in.answer import Stall, say
from tests.tidegate_process import environment, start

STALLED = say("One", " two", end=Stall(1))


@dataclass(frozen=True)
class Program:
    """A Tidegate with the agent engine, and the client that talks to it."""

    process: Popen[str]
    client: httpx2.AsyncClient

    async def begin(self, *, streaming: bool) -> asyncio.Task[None]:
        """Ask for an answer that never ends, and read on."""

        async def read() -> None:
            body = {"model": MODEL, "messages": [says(script=STALLED)], "stream": streaming}
            async with self.client.stream("POST", "/v1/chat/completions", json=body) as answer:
                async for _ in answer.aiter_bytes():
                    pass

        return asyncio.create_task(read())


@pytest.fixture
async def program(stand_in: StandIn, tmp_path: Path) -> AsyncIterator[Program]:
    environ = {
        **engine_environment(stand_in.url, tmp_path),
        **environment(tmp_path, TIDEGATE_ENGINE="agent", TIDEGATE_ENGINE_SPARES="0"),
    }
    process = start(environ, "serve")
    assert process.stdout
    address = (await asyncio.to_thread(process.stdout.readline)).strip().removeprefix(READY)
    try:
        async with httpx2.AsyncClient(base_url=address, headers=BEARER, timeout=60) as client:
            yield Program(process, client)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("streaming", [True, False], ids=["streaming", "whole"])
async def test_a_client_that_hangs_up_ends_the_models_work_and_frees_the_engine_for_the_next(
    program: Program, stand_in: StandIn, *, streaming: bool
):
    reading = await program.begin(streaming=streaming)
    asked = await stand_in.until_asked()

    reading.cancel()

    await asked.ended.wait()
    assert asked.hung_up
    body = {"model": MODEL, "messages": [says("Next")]}
    answer = await program.client.post("/v1/chat/completions", json=body)
    assert answer.json()["choices"][0]["message"]["content"] == "Echo: Next"
    assert [len(request.messages) for request in stand_in.asked] == [1, 1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends them")
async def test_when_tidegate_is_killed_in_the_middle_of_an_answer_nothing_of_it_is_left(
    program: Program, stand_in: StandIn
):
    reading = await program.begin(streaming=True)
    await stand_in.until_asked()
    processes = psutil.Process(program.process.pid).children(recursive=True)
    assert processes

    program.process.kill()

    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, timeout=10)
    assert alive == []
    reading.cancel()
    await asyncio.wait([reading])

"""Which processes there are, and when; what they answer is told elsewhere."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.proxy.engines.agent_sdk import pool as pool_module
from app.proxy.engines.agent_sdk.command import scratch
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.engines.agent_sdk.orphans import Ledger
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.pool import Pool
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply
from tests.proxy.engines.agent_sdk.program import CALLER, Program, children, eventually
from tests.proxy.engines.agent_sdk.turns import MODEL, model, turn, user

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake CLI is a script with a first line")
NOTHING = (), Settings(MODEL), Toolbox()
"""A turn without history, as far as the pool is concerned."""


@asynccontextmanager
async def running(folder: Path, pool: dict[str, Any] | None = None, **limits: Any) -> AsyncIterator[Program]:
    """A program whose first process has told its models, and is forgotten."""
    program = Program(folder, AgentLimits(pool=PoolLimits(**{"spares": 0, **(pool or {})}), **limits))
    await program.engine.start()
    await program.engine.models()
    try:
        yield program
    finally:
        await program.engine.close()


def most_at_once(program: Program, begin: str, end: str) -> int:
    """How many processes were between the two at the same time, at most."""
    at_once = most = 0
    for _, what in program.diary:
        at_once += what.startswith(begin) - what.startswith(end)
        most = max(most, at_once)
    return most


async def all_answered(program: Program, systems: Iterable[str], text: str = "Hello?") -> None:
    results = await asyncio.gather(*(program.answer(text, system=system) for system in systems))
    assert [type(result) for result in results] == [Reply] * len(results)


async def test_without_spares_there_is_one_process_for_each_system_prompt(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        for system in ("a", "b", "a", "b"):
            await program.answer(system=system)

        assert [what for _, what in program.diary if what.startswith("bound")] == [
            "bound to ",
            "bound to a",
            "bound to b",
        ]
        assert len(program.noted("starts")) == 3


async def test_spares_are_started_one_after_the_other_and_replaced_when_used(tmp_path: Path) -> None:
    async with running(tmp_path, {"spares": 2}) as program:
        await eventually(lambda: len(program.noted("starts")) == 3)
        spares = program.noted("starts")[1:]

        await program.answer(system="a")
        await eventually(lambda: len(program.noted("starts")) == 4)

        assert program.noted("bound to a") == spares[:1]


async def test_a_spare_that_died_is_replaced_at_the_next_sweep(tmp_path: Path) -> None:
    async with running(tmp_path, {"spares": 1}) as program:
        await eventually(lambda: len(program.noted("starts")) == 2)
        spare = program.noted("starts")[1]
        await eventually(lambda: program.engine._pool._starts._spares)
        psutil.Process(spare).kill()
        await eventually(lambda: not program.engine._pool._starts._spares[0].alive)

        program.engine.sweep()
        await eventually(lambda: len(program.noted("starts")) == 3)

        await program.answer(system="a")
        assert program.noted("bound to a") == program.noted("starts")[2:3]


async def test_no_more_processes_start_at_once_than_there_are_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    async with running(tmp_path) as program:
        program.dies("starts slowly")
        answering = asyncio.create_task(all_answered(program, "abcdefgh"))
        await eventually(lambda: len(program.noted("starts")) == 3)
        program.go()
        await answering

        assert most_at_once(program, "starts", "bound") == 2


async def test_no_more_answers_run_at_once_than_allowed_and_the_others_wait_their_turn(tmp_path: Path) -> None:
    async with running(tmp_path, turns_at_once=3) as program:
        answering = asyncio.create_task(all_answered(program, "abcdefgh", "waits"))
        await eventually(lambda: len(program.noted("answers")) == 3)
        program.go()
        await answering

        assert most_at_once(program, "answers", "answered") == 3


async def test_who_finds_the_queue_full_is_told_at_once_when_to_come_back(tmp_path: Path) -> None:
    async with running(tmp_path, turns_at_once=1, turns_waiting=1) as program:
        running_turn = asyncio.create_task(program.answer("waits"))
        await eventually(lambda: program.noted("answers"))
        waiting = program.pipeline.answer(turn(user("Hello?")), CALLER)
        await anext(waiting)
        in_queue = asyncio.ensure_future(anext(waiting))
        await asyncio.sleep(0)

        refused = await program.answer()

        assert isinstance(refused, Fault)
        assert (refused.code, refused.kind.status, refused.retry_after_seconds) == ("queue_full", 429, 5)
        program.go()
        assert isinstance(await running_turn, Reply)
        await in_queue
        await waiting.aclose()


async def test_who_waited_in_vain_is_told_so_and_leaves_the_queue(tmp_path: Path) -> None:
    async with running(tmp_path, turns_at_once=1, turns_waiting=1, wait_seconds=0.05) as program:
        running_turn = asyncio.create_task(program.answer("waits"))
        await eventually(lambda: program.noted("answers"))

        results = [await program.answer() for _ in range(3)]

        assert [result.code for result in results if isinstance(result, Fault)] == ["queue_full"] * 3
        program.go()
        assert isinstance(await running_turn, Reply)


async def test_a_process_is_replaced_after_so_many_answers(tmp_path: Path) -> None:
    async with running(tmp_path, {"turns": 3}) as program:
        for _ in range(7):
            await program.answer(system="a")

        first, second, third = program.noted("bound to a")
        assert [pid for pid, what in program.diary if what == "answers"] == [first] * 3 + [second] * 3 + [third]
        await eventually(lambda: not psutil.pid_exists(first))


async def test_a_process_that_has_grown_too_large_is_replaced(tmp_path: Path) -> None:
    async with running(tmp_path, {"megabytes": 1}) as program:
        for _ in range(11):
            await program.answer(system="a")

        assert len(program.noted("bound to a")) == 2


async def test_a_process_that_surprises_is_replaced(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        program.dies("rewinds nothing")
        await program.answer("one", system="a")
        program.dies("never")

        await all_answered(program, "a")

        first, _ = program.noted("bound to a")
        await eventually(lambda: not psutil.pid_exists(first))


async def test_a_process_whose_history_was_broken_off_serves_nobody_else(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        program.dies("hangs while it is told the history")
        events = program.pipeline.answer(turn(user("secret"), model("Well"), user("Hello?"), system="a"), CALLER)
        answering = asyncio.ensure_future(_drained(events))
        (hung,) = await eventually(lambda: program.noted("hangs"))
        program.dies("never")

        answering.cancel()

        assert isinstance(await program.answer(system="a"), Reply)
        assert program.noted("bound to a")[0] == hung
        assert len(program.noted("bound to a")) == 2
        await eventually(lambda: not psutil.pid_exists(hung))


async def test_a_process_that_is_busy_when_all_are_to_be_forgotten_serves_no_later_turn(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        answering = asyncio.create_task(program.answer("waits", system="a"))
        await eventually(lambda: program.noted("answers"))

        program.engine.forget_processes()
        program.go()

        assert isinstance(await answering, Reply)
        await all_answered(program, "a")
        assert len(program.noted("bound to a")) == 2
        (old,) = {*program.noted("bound to a")} - {child.pid for child in children()}
        await eventually(lambda: not psutil.pid_exists(old))


async def test_a_process_that_starts_when_all_are_to_be_forgotten_serves_no_later_turn(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        program.dies("starts slowly")
        answering = asyncio.create_task(program.answer(system="a"))
        await eventually(lambda: len(program.noted("starts")) == 2)

        program.engine.forget_processes()
        program.go()

        assert isinstance(await answering, Reply)
        await all_answered(program, "a")
        assert len(program.noted("bound to a")) == 2


async def test_what_a_process_reads_at_its_start_lies_where_a_killed_tidegate_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    folder = scratch(tmp_path)  # emptied at the next start
    async with running(tmp_path, {"told": 0}) as program:
        program.dies("starts slowly")
        answering = asyncio.create_task(program.answer(history=(user("secret"), model("Well"))))
        await eventually(lambda: len(program.noted("starts")) == 2)
        (read,) = folder.iterdir()
        assert "secret" in read.read_text()
        assert (read.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)

        program.go()

        assert isinstance(await answering, Reply)
        assert list(folder.iterdir()) == []


async def test_what_nobody_used_for_long_ends(tmp_path: Path) -> None:
    async with running(tmp_path, {"idle_seconds": 0.0}) as program:
        await program.answer(system="a")
        (idle,) = program.noted("bound to a")

        program.engine.sweep()

        await eventually(lambda: not psutil.pid_exists(idle))


async def test_of_many_idle_processes_those_used_last_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_SURPLUS_SECONDS", 0.0)
    async with running(tmp_path, {"idle": 2}) as program:
        for system in "abcd":
            await program.answer(system=system)

        left = {*program.noted("bound to c"), *program.noted("bound to d")}
        await eventually(lambda: {child.pid for child in children()} == left)


async def test_however_many_prompts_come_in_a_row_no_more_processes_stay_than_a_burst_needs(tmp_path: Path) -> None:
    async with running(tmp_path, {"idle": 2, "burst": 3}) as program:
        for system in "abcdef":
            await program.answer(system=system)

        left = {pid for system in "def" for pid in program.noted(f"bound to {system}")}
        await eventually(lambda: {child.pid for child in children()} == left)


async def test_a_process_handed_to_a_turn_whose_client_just_left_goes_to_the_next(tmp_path: Path) -> None:
    program = Program(tmp_path)
    pool = Pool(program.command, PoolLimits(spares=0), lambda _: None, Ledger(tmp_path / "ledger"))
    process = await pool.lease("a", *NOTHING)
    waiting = asyncio.create_task(pool.lease("a", *NOTHING))
    for _ in range(3):
        await asyncio.sleep(0)

    pool.give_back(process)
    waiting.cancel()
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert await pool.lease("a", *NOTHING) is process
    await pool.close()


async def test_closing_ends_a_process_that_was_just_being_ended(tmp_path: Path) -> None:
    program = Program(tmp_path)
    pool = Pool(program.command, PoolLimits(spares=0, turns=0), lambda _: None, Ledger(tmp_path / "ledger"))
    process = await pool.lease("a", *NOTHING)
    pool.give_back(process)
    await asyncio.sleep(0)

    await pool.close()

    assert process.pid
    assert not psutil.pid_exists(process.pid)


async def test_a_closed_pool_starts_nothing_more(tmp_path: Path) -> None:
    async with running(tmp_path) as program:
        await program.engine.close()

        refused = await program.answer(system="a")

        assert isinstance(refused, Fault)
        assert refused.code == "shutting_down"
        assert len(program.noted("starts")) == 1


async def test_a_pool_that_closes_starts_nothing_for_those_who_wait_for_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    async with running(tmp_path) as program:
        program.dies("starts slowly")
        answering = [asyncio.create_task(program.answer(system=system)) for system in "ab"]
        await eventually(lambda: len(program.noted("starts")) == 2)

        await program.engine.close()
        program.go()

        results = await asyncio.gather(*answering)
        assert [isinstance(result, Fault) and result.code for result in results] == ["shutting_down"] * 2
        assert len(program.noted("starts")) == 2


async def _drained(events: Any) -> None:
    async for _ in events:
        pass

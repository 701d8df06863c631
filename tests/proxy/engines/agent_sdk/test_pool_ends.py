"""When processes end, and which serve nobody any more."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.proxy.engines.agent_sdk import pool as pool_module
from app.proxy.engines.agent_sdk.limits import PoolLimits
from app.proxy.engines.agent_sdk.orphans import Ledger
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.pool import Pool
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.wanted import Wanted
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply
from tests.proxy.engines.agent_sdk.program import CALLER, Program, all_answered, children, eventually, running
from tests.proxy.engines.agent_sdk.turns import MODEL, model, turn, user

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake CLI is a script with a first line")
NOTHING = Wanted("a", (), MODEL), Settings(MODEL), Toolbox()
"""A turn without history, as far as the pool is concerned."""


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


async def test_closing_ends_a_process_that_was_just_being_ended(tmp_path: Path) -> None:
    program = Program(tmp_path)
    pool = Pool(program.command, PoolLimits(spares=0, turns=0), lambda _: None, Ledger(tmp_path / "ledger"))
    process = await pool.lease(*NOTHING)
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

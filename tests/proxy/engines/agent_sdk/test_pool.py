"""Which processes there are, and when; what they answer is told elsewhere."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import psutil
import pytest

from app.proxy.engines.agent_sdk.command import scratch
from app.proxy.engines.agent_sdk.limits import PoolLimits
from app.proxy.engines.agent_sdk.orphans import Ledger
from app.proxy.engines.agent_sdk.parameters import Settings
from app.proxy.engines.agent_sdk.pool import Pool
from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.wanted import Wanted
from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply
from tests.proxy.engines.agent_sdk.program import CALLER, Program, all_answered, eventually, running
from tests.proxy.engines.agent_sdk.turns import MODEL, model, turn, user

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake CLI is a script with a first line")
NOTHING = Wanted("a", (), MODEL), Settings(MODEL), Toolbox()
"""A turn without history, as far as the pool is concerned."""


def most_at_once(program: Program, begin: str, end: str) -> int:
    """How many processes were between the two at the same time, at most."""
    at_once = most = 0
    for _, what in program.diary:
        at_once += what.startswith(begin) - what.startswith(end)
        most = max(most, at_once)
    return most


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


async def test_where_nothing_can_be_written_a_long_chat_is_told(tmp_path: Path) -> None:
    scratch(tmp_path).write_text("in the way")
    async with running(tmp_path, {"told": 0}) as program:
        assert isinstance(await program.answer(history=(user("q"), model("a"))), Reply)


async def test_a_process_handed_to_a_turn_whose_client_just_left_goes_to_the_next(tmp_path: Path) -> None:
    program = Program(tmp_path)
    pool = Pool(program.command, PoolLimits(spares=0), lambda _: None, Ledger(tmp_path / "ledger"))
    process = await pool.lease(*NOTHING)
    waiting = asyncio.create_task(pool.lease(*NOTHING))
    for _ in range(3):
        await asyncio.sleep(0)

    pool.give_back(process)
    waiting.cancel()
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert await pool.lease(*NOTHING) is process
    await pool.close()

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from app.proxy.neutral.fault import Fault
from app.proxy.neutral.reply import Reply
from app.proxy.neutral.turn import Text
from tests.proxy.engines.agent_sdk.program import CALLER, Program, children, eventually
from tests.proxy.engines.agent_sdk.turns import model, turn, user

EARLIER = (user("Earlier"), model("Well"))
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the deaths are POSIX signals")


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    before = children()
    program = Program(tmp_path)
    await program.engine.start()
    await program.engine.models()
    yield program
    await program.engine.close()
    assert [child for child in children() if child not in before] == []


@pytest.mark.parametrize(
    ("death", "code"),
    [
        ("exits at once", "engine_failed"),
        ("never says a word", "timed_out"),
        ("dies while it starts", "engine_failed"),
        ("dies while it is told the history", "engine_failed"),
        ("hangs while it is told the history", "timed_out"),
        ("refuses settings", "engine_failed"),
        ("is older than what leaves a chat's words alone", "engine_missing"),
        ("is killed", "engine_failed"),
        ("hangs", "answer_cut_off"),
        ("ends well without a result", "engine_failed"),
        ("loses half a line", "engine_failed"),
        ("prints garbage", "engine_failed"),
        ("prints bad UTF-8", "engine_failed"),
        ("fails with a word", "engine_failed"),
    ],
)
async def test_a_cli_that_dies_costs_its_own_answer_and_nothing_else(program: Program, death: str, code: str) -> None:
    program.dies(death)
    failed = await program.answer(death, system="A new one.", history=EARLIER)
    program.dies("never")
    healed = await program.answer(system="A new one.", history=EARLIER)

    assert isinstance(failed, Fault)
    assert failed.code == code
    assert isinstance(healed, Reply)
    assert healed.content == (Text("Well"),)
    ill = program.noted("starts")[1]  # the first one told the models
    await eventually(lambda: not psutil.pid_exists(ill))  # not even a zombie


async def test_a_dying_process_does_not_disturb_the_answers_beside_it(program: Program) -> None:
    results = await asyncio.gather(
        *(program.answer(text, system=text) for text in ("is killed", "one", "prints garbage", "two"))
    )

    assert [type(result) for result in results] == [Fault, Reply, Fault, Reply]


async def test_a_cli_that_starts_slowly_but_in_time_is_waited_for(program: Program) -> None:
    program.dies("starts slowly")
    answering = asyncio.create_task(program.answer(system="slow"))
    await eventually(lambda: len(program.noted("starts")) == 2)

    program.go()

    assert isinstance(await answering, Reply)


@pytest.mark.parametrize("how", ["missing", "not executable"])
async def test_a_cli_that_cant_be_started_is_said_to_be_missing(program: Program, how: str) -> None:
    if how == "missing":
        program.path.unlink()
    else:
        program.path.chmod(0o644)

    result = await program.answer(system="new")

    assert isinstance(result, Fault)
    assert result.code == "engine_missing"


async def test_a_process_that_dies_while_it_has_nothing_to_do_costs_no_answer(program: Program) -> None:
    await program.answer(system="calm")
    (calm,) = program.noted("bound to calm")

    os.kill(calm, signal.SIGKILL)
    await eventually(lambda: not psutil.pid_exists(calm))

    assert isinstance(await program.answer(system="calm"), Reply)


async def test_a_process_that_hangs_while_it_has_nothing_to_do_costs_one_answer_within_the_limit(
    program: Program,
) -> None:
    await program.answer(system="calm")
    (calm,) = program.noted("bound to calm")
    os.kill(calm, signal.SIGSTOP)

    failed = await program.answer(system="calm")
    healed = await program.answer(system="calm")

    assert isinstance(failed, Fault)
    assert failed.code == "timed_out"
    assert isinstance(healed, Reply)
    await eventually(lambda: not psutil.pid_exists(calm))


async def test_what_a_hung_process_served_is_given_up_when_nobody_waits_any_more(program: Program) -> None:
    events = program.pipeline.answer(turn(user("hangs"), system="hung"), CALLER)
    async for event in events:
        if type(event).__name__ == "TextDelta":
            break
    hung = await eventually(lambda: children(psutil.STATUS_STOPPED))

    await events.aclose()

    await eventually(lambda: hung[0] not in children())

"""What the service refused is tried once more after one renewal, and then left alone."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.command import Command
from app.proxy.engines.agent_sdk.engine import AgentEngine
from app.proxy.engines.agent_sdk.limits import AgentLimits, PoolLimits
from app.proxy.engines.agent_sdk.renewal import RenewingEngine
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.neutral.reply import Reply
from app.proxy.neutral.stream import Accepted, Failed, Started
from tests.fakes import ScriptedEngine, accepted
from tests.proxy.engines.agent_sdk.sign_in.accounts import ANSWERED, REFUSED, Clock, Program, Refusing, sign_in
from tests.proxy.engines.agent_sdk.turns import events_of, result_of, turn, user
from tests.stand_in import StandIn
from tests.stand_in.answer import Refusal


async def test_an_answer_refused_before_its_first_word_is_asked_for_once_more(tmp_path: Path):
    program, engine = Program(), Refusing(1)
    made, _ = sign_in(tmp_path, program)
    assert await events_of(RenewingEngine(engine, made, clock=made._clock), turn(user("hi"))) == [
        Accepted(), Accepted(), *ANSWERED,
    ]  # fmt: skip
    assert (program.calls, engine.forgotten, len(engine.turns)) == (1, 1, 2)


async def test_what_has_sent_something_is_not_asked_again(tmp_path: Path):
    program = Program()
    engine = Refusing(0)
    engine.answer = ScriptedEngine(accepted(Started("m"), Failed(REFUSED))).answer  # type: ignore[method-assign]
    made, _ = sign_in(tmp_path, program)
    events = await events_of(RenewingEngine(engine, made), turn(user("hi")))
    assert (events, program.calls) == ([Accepted(), Started("m"), Failed(REFUSED)], 0)


async def test_other_failures_renew_nothing(tmp_path: Path):
    program, fault = Program(), fault_of(Condition.SERVICE_BUSY)
    made, _ = sign_in(tmp_path, program)
    events = await events_of(RenewingEngine(Refusing(1, fault=fault), made), turn(user("hi")))
    assert (events, program.calls) == ([Accepted(), Failed(fault)], 0)


async def test_someone_who_is_signed_out_is_not_asked_for_again(tmp_path: Path):
    engine = Refusing(9)
    made, _ = sign_in(tmp_path, Program(signed_in=False))
    assert await events_of(RenewingEngine(engine, made), turn(user("hi"))) == [Accepted(), Failed(REFUSED)]
    assert len(engine.turns) == 1


async def test_the_breaker_stays_open_longer_each_time_up_to_a_quarter_of_an_hour(tmp_path: Path):
    clock = Clock()
    made, _ = sign_in(tmp_path, Program(), clock)
    pauses = []
    for _ in range(8):
        made.refused_again(REFUSED)
        made.refused_again(REFUSED)  # of the same moment: counts once
        with pytest.raises(Refused) as refused:
            await made.may_start()
        pauses.append(refused.value.fault.retry_after_seconds)
        assert (refused.value.fault.message, refused.value.fault.kind) == (REFUSED.message, FaultKind.AUTHENTICATION)
        clock.now += pauses[-1] or 0
        await made.may_start()
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


async def test_after_weeks_of_refusals_the_breaker_still_opens(tmp_path: Path):
    clock = Clock()
    made, _ = sign_in(tmp_path, Program(), clock)
    for _ in range(1_200):
        made.refused_again(REFUSED)
        with pytest.raises(Refused):
            await made.may_start()
        clock.now += 900


async def test_someone_who_signs_in_elsewhere_is_let_in_at_the_next_look(tmp_path: Path):
    program = Program(signed_in=False)
    made, _ = sign_in(tmp_path, program)
    assert (await events_of(RenewingEngine(Refusing(9), made), turn(user("hi"))))[-1] == Failed(REFUSED)
    with pytest.raises(Refused):
        await made.may_start()
    program.signed_in = True
    await made.refresh()
    await made.may_start()


async def test_a_real_answer_closes_the_breaker(tmp_path: Path):
    clock, engine = Clock(), Refusing(2)
    made, _ = sign_in(tmp_path, Program(), clock)
    renewing = RenewingEngine(engine, made, clock=clock)
    assert (await events_of(renewing, turn(user("hi"))))[-1] == Failed(REFUSED)
    with pytest.raises(Refused):
        await made.may_start()
    clock.now += 30
    assert (await events_of(renewing, turn(user("hi"))))[-1] == ANSWERED[-1]
    made.refused_again(REFUSED)
    with pytest.raises(Refused) as refused:
        await made.may_start()
    assert refused.value.fault.retry_after_seconds == 30


async def test_fifty_requests_against_a_401_cost_one_refresh_and_are_all_answered_soon(
    stand_in: StandIn, command: Command, tmp_path: Path
):
    """With the real CLI; the service refuses everything, although the program says that someone is signed in."""
    stand_in.answer_next(*[Refusal(401, "OAuth token has expired")] * 200)
    program = Program()
    made, _ = sign_in(tmp_path, program, time.monotonic)
    agent = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=0)), may_start=made.may_start)
    engine = RenewingEngine(agent, made)
    await engine.start()
    await engine.models()
    begun = time.monotonic()
    results = await asyncio.gather(*(result_of(engine, turn(user(f"{number}"))) for number in range(50)))
    took = time.monotonic() - begun
    await engine.close()
    assert {result.kind for result in results if isinstance(result, Fault)} == {FaultKind.AUTHENTICATION}
    assert len([result for result in results if isinstance(result, Fault)]) == 50
    assert program.calls <= 2  # one at the start, at most one for all the refusals
    assert len(stand_in.asked) <= 2 * AgentLimits().turns_at_once  # those under way once more; the others not even once
    assert took < 5 or os.getloadavg()[0] > (os.cpu_count() or 1)  # on a machine with nothing else to do


async def test_while_the_sign_in_is_renewed_no_process_and_no_question_is_started(
    stand_in: StandIn, command: Command, tmp_path: Path
):
    """With the real CLI: neither the first turn's process, nor a spare, nor a turn of a process that is there."""
    program = Program()
    made, _ = sign_in(tmp_path, program, time.monotonic)
    agent = AgentEngine(lambda: command, tmp_path, AgentLimits(pool=PoolLimits(spares=1)), may_start=made.may_start)
    await agent.start()
    await agent.models()
    while not agent._pool._starts._spares:  # noqa: ASYNC110  it is started in the background
        await asyncio.sleep(0.01)
    program.may_answer.clear()
    program.asked.clear()
    made.begin_refresh()
    await program.asked.wait()
    agent.forget_processes()  # so that a spare is wanted too
    asking = [asyncio.create_task(result_of(agent, turn(user(name)))) for name in ("one", "two")]
    await asyncio.wait(asking, timeout=1)  # time enough to go wrong; going right takes none
    assert stand_in.asked == []
    assert [process for process in agent._pool._starts._everyone if process.alive and process.system is None] == []
    program.may_answer.set()
    assert all(isinstance(result, Reply) for result in await asyncio.gather(*asking))
    await agent.close()


async def test_after_a_renewal_one_answer_is_tried_and_the_others_wait_for_it(tmp_path: Path):
    clock, go_on = Clock(), asyncio.Event()
    engine = Refusing(3)
    made, _ = sign_in(tmp_path, Program(), clock)
    renewing = RenewingEngine(engine, made, clock=clock)
    engine.second = (go_on, *ANSWERED)
    asking = [asyncio.create_task(events_of(renewing, turn(user(str(number))))) for number in range(3)]
    await engine.tried.wait()
    assert len(engine.turns) == 4  # each of the three once, and one of them again
    go_on.set()
    answers = await asyncio.gather(*asking)
    assert [answer[-1] for answer in answers] == [ANSWERED[-1]] * 3
    assert engine.forgotten == 1

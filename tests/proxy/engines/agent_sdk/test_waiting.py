from __future__ import annotations

import asyncio

import pytest

from app.proxy.engines.agent_sdk.waiting import Waiting

LONG = 60.0
"""Seconds that no test waits for: what is waited for comes first, or the waiter is sent away."""


class Process:
    """As much of a process as waiting looks at."""

    def __init__(self, system: str) -> None:
        self.system = system


class Pool:
    """A pool's side of it, with a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0
        self.back: list[Process] = []
        self.waiting: Waiting[Process] = Waiting(self.back.append, lambda: self.now)

    def turn(self, process: Process, seconds: float) -> None:
        """One turn from its beginning to its end."""
        self.waiting.begun(process)
        self.now += seconds
        self.waiting.ended(process)

    def busy(self, system: str = "same") -> Process:
        """A process that has a turn now."""
        process = Process(system)
        self.waiting.begun(process)
        return process

    def waiter(self, system: str = "same") -> asyncio.Task[Process | None]:
        return asyncio.create_task(self.soon(LONG, system))

    async def soon(self, within_seconds: float, system: str = "same") -> Process | None:
        """What a turn with this prompt gets."""
        return await self.waiting.soon(system, lambda process: process.system == system, within_seconds)


@pytest.fixture
def pool() -> Pool:
    """One whose turns have been short so far."""
    pool = Pool()
    pool.turn(Process("same"), 0.05)
    return pool


async def test_where_turns_are_short_a_turn_waits_for_the_process_that_is_busy(pool: Pool):
    process = pool.busy()
    waiter = pool.waiter()
    await asyncio.sleep(0)
    assert pool.waiting.hand_over(process)
    assert await waiter is process


async def test_whoever_has_waited_longest_is_served_first(pool: Pool):
    process = pool.busy()
    first, second = pool.waiter(), pool.waiter()
    await asyncio.sleep(0)
    assert pool.waiting.hand_over(process)
    assert await first is process
    assert pool.waiting.hand_over(process)
    assert await second is process
    assert not pool.waiting.hand_over(process)


async def test_where_turns_are_long_nobody_waits(pool: Pool):
    for _ in range(4):
        pool.turn(Process("same"), 10)
    pool.busy()
    assert await pool.soon(0.4) is None


async def test_long_turns_are_forgotten_once_short_ones_have_come(pool: Pool):
    pool.turn(Process("same"), 10)
    for _ in range(20):
        pool.turn(Process("same"), 0.05)
    process = pool.busy()
    waiter = asyncio.create_task(pool.soon(0.4))
    await asyncio.sleep(0)
    assert pool.waiting.hand_over(process)
    assert await waiter is process


async def test_before_the_first_turn_has_ended_nobody_waits():
    pool = Pool()
    pool.busy()
    assert await pool.soon(LONG) is None


async def test_a_process_with_another_prompt_is_not_waited_for(pool: Pool):
    pool.busy("another")
    assert await pool.soon(LONG) is None


async def test_a_process_with_another_prompt_is_not_handed_over(pool: Pool):
    pool.busy("same")
    waiter = pool.waiter()
    await asyncio.sleep(0)
    assert not pool.waiting.hand_over(Process("another"))
    waiter.cancel()


async def test_a_wait_that_took_too_long_is_given_up():
    pool = Pool()
    pool.turn(Process("same"), 0)
    process = pool.busy()
    assert await pool.soon(0) is None
    assert not pool.waiting.hand_over(process)


async def test_a_process_whose_taker_leaves_in_that_moment_comes_back(pool: Pool):
    process = pool.busy()
    waiter = pool.waiter()
    await asyncio.sleep(0)
    assert pool.waiting.hand_over(process)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert pool.back == [process]


async def test_a_process_that_does_not_suit_goes_to_whoever_it_suits(pool: Pool):
    process = pool.busy()
    choosy = asyncio.create_task(pool.waiting.soon("same", lambda _: False, LONG))
    other = pool.waiter()
    await asyncio.sleep(0)
    assert pool.waiting.hand_over(process)
    assert await other is process
    choosy.cancel()


async def test_whoever_left_is_not_served(pool: Pool):
    process = pool.busy()
    gone, stays = pool.waiter(), pool.waiter()
    await asyncio.sleep(0)
    gone.cancel()
    assert pool.waiting.hand_over(process)
    assert await stays is process
    assert pool.back == []

"""A wait ends in time, and only the waits that should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from app.proxy.watch import Watch

LATER = 1e9


class Source:
    """Says 1, then 2, each when it is told to; knows whether its wait was cancelled."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.waits = asyncio.Event()
        self.cancelled = False

    async def events(self) -> AsyncGenerator[int, None]:
        for number in (1, 2):
            self.waits.set()
            try:
                await self.go.wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
            self.go.clear()
            yield number


@pytest.fixture
async def source() -> Source:
    return Source()


def soon() -> float:
    return asyncio.get_running_loop().time() + 0.01


async def test_events_come_through_until_the_source_ends(source: Source) -> None:
    watch, events = Watch(), source.events()
    heard = []
    for _ in range(2):
        source.go.set()
        heard.append(await watch.next(events, LATER))
    with pytest.raises(StopAsyncIteration):
        await watch.next(events, LATER)
    watch.close()
    assert heard == [1, 2]


async def test_a_wait_that_is_over_ends_the_source_and_leaves_the_task_as_it_was(source: Source) -> None:
    watch = Watch()
    with pytest.raises(TimeoutError):
        await watch.next(source.events(), soon())
    task = asyncio.current_task()
    assert task
    assert source.cancelled
    assert task.cancelling() == 0
    await asyncio.sleep(0)  # a cancellation that was left behind would come up here


async def test_a_nearer_limit_holds_although_an_earlier_wait_had_a_later_one(source: Source) -> None:
    watch, events = Watch(), source.events()
    source.go.set()
    assert await watch.next(events, LATER) == 1
    with pytest.raises(TimeoutError):
        await watch.next(events, soon())


async def test_a_later_limit_holds_although_an_earlier_wait_had_a_nearer_one(source: Source) -> None:
    watch, events = Watch(), source.events()
    loop = asyncio.get_running_loop()
    source.go.set()
    first_limit = soon()
    assert await watch.next(events, first_limit) == 1
    loop.call_at(first_limit + 0.02, source.go.set)
    assert await watch.next(events, LATER) == 2
    watch.close()


async def test_a_limit_that_passes_while_nobody_waits_ends_nothing(source: Source) -> None:
    watch, events = Watch(), source.events()
    loop = asyncio.get_running_loop()
    passed = asyncio.Event()
    source.go.set()
    limit = soon()
    assert await watch.next(events, limit) == 1
    loop.call_at(limit + 0.01, passed.set)
    await passed.wait()
    source.go.set()
    assert await watch.next(events, LATER) == 2
    watch.close()


async def test_whoever_else_cancels_is_heeded(source: Source) -> None:
    watch = Watch()
    task = asyncio.ensure_future(watch.next(source.events(), LATER))
    await source.waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    watch.close()
    assert source.cancelled


async def test_cutting_short_ends_this_wait_and_the_next(source: Source) -> None:
    watch = Watch()
    asyncio.get_running_loop().call_soon(watch.cut_short)
    with pytest.raises(TimeoutError):
        await watch.next(source.events(), LATER)
    with pytest.raises(TimeoutError):
        await watch.next(Source().events(), LATER)
    watch.close()
    assert watch.over

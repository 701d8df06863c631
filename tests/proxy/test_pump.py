from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from app.proxy.pump import Pump


class Source:
    """A generator whose steps and end can be watched."""

    def __init__(self, steps: Sequence[int | asyncio.Event | Exception]) -> None:
        self._steps = steps
        self.said = 0
        self.closed = asyncio.Event()

    async def events(self) -> AsyncGenerator[int, None]:
        try:
            for step in self._steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    self.said += 1
                    yield step
        finally:
            self.closed.set()


async def test_what_arrives_together_is_taken_together_and_in_order() -> None:
    go = asyncio.Event()
    pump = Pump(Source([1, 2, 3, go, 4, 5]).events())

    first = await pump.take()
    go.set()

    assert [first, await pump.take(), await pump.take()] == [[1, 2, 3], [4, 5], None]


async def test_silence_is_an_empty_batch_and_loses_nothing() -> None:
    go = asyncio.Event()
    pump = Pump(Source([go, 1]).events())

    silence = await pump.take(0.01)
    go.set()

    assert (silence, await pump.take(), await pump.take()) == ([], [1], None)


async def test_what_the_source_raises_comes_after_the_events_before_it() -> None:
    pump = Pump(Source([1, ValueError("broken")]).events())

    assert await pump.take() == [1]
    with pytest.raises(ValueError, match="broken"):
        await pump.take()


async def test_a_reader_that_does_not_read_holds_the_source_back() -> None:
    source = Source(list(range(10)))
    pump = Pump(source.events(), backlog_limit=3)
    for _ in range(20):
        await asyncio.sleep(0)

    held_at = source.said
    taken = []
    while (batch := await pump.take()) is not None:
        taken += batch

    assert held_at == 3
    assert taken == list(range(10))


async def test_closing_ends_the_source_and_waits_for_it() -> None:
    source = Source([1, asyncio.Event()])
    pump = Pump(source.events())
    await pump.take()

    await pump.close()
    await pump.close()

    assert source.closed.is_set()


async def test_a_reader_that_vanished_ends_the_source_too() -> None:
    source = Source([asyncio.Event()])
    pump = Pump(source.events())
    await asyncio.sleep(0)

    pump.cancel()
    await source.closed.wait()


async def test_a_cancelled_reader_leaves_the_events_for_the_next() -> None:
    go = asyncio.Event()
    pump = Pump(Source([go, 1]).events())
    reading = asyncio.create_task(pump.take())
    await asyncio.sleep(0)

    reading.cancel()
    await asyncio.wait([reading])
    go.set()

    assert await pump.take() == [1]

"""The bus: everyone hears everything, and nobody makes the publisher wait."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from app.core.bus import Bus
from app.core.events import Event, PauseChanged


def test_every_listener_hears_every_event_in_order():
    bus, first, second = Bus(), list[Event](), list[Event]()
    bus.subscribe(first.append)
    bus.subscribe(second.append)
    bus.publish(PauseChanged(True))
    bus.publish(PauseChanged(False))
    assert first == second == [PauseChanged(True), PauseChanged(False)]


def test_a_listener_that_raises_costs_nobody_anything(caplog: pytest.LogCaptureFixture):
    bus, heard = Bus(), list[Event]()

    def broken(_event: Event) -> None:
        raise ValueError("broken")

    bus.subscribe(broken)
    bus.subscribe(heard.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(PauseChanged(True))
    assert heard == [PauseChanged(True)]
    assert "a listener failed on PauseChanged" in caplog.text


def test_a_feed_numbers_its_events_and_says_when_they_happened():
    times = iter([10.0, 11.0, 12.0])
    bus = Bus(clock=lambda: next(times))
    bus.publish(PauseChanged(True))
    feed = bus.follow(lambda: None)
    bus.publish(PauseChanged(False))
    bus.publish(PauseChanged(True))
    assert [(noted.number, noted.at, noted.event) for noted in feed.take()] == [
        (2, 11.0, PauseChanged(False)),
        (3, 12.0, PauseChanged(True)),
    ]
    assert feed.take() == []


def test_a_feed_nobody_reads_loses_its_oldest_and_counts_them():
    bus = Bus()
    feed = bus.follow(lambda: None, most=3)
    for _ in range(5):
        bus.publish(PauseChanged(True))
    assert feed.dropped == 2
    assert [noted.number for noted in feed.take()] == [3, 4, 5]


def test_a_watcher_is_woken_once_for_what_waits_together():
    bus, woken = Bus(), list[int]()
    feed = bus.follow(lambda: woken.append(1))
    bus.publish(PauseChanged(True))
    bus.publish(PauseChanged(True))
    assert len(woken) == 1
    feed.take()
    bus.publish(PauseChanged(True))
    assert len(woken) == 2


def test_what_a_listener_publishes_in_turn_comes_after_its_cause():
    bus = Bus()
    bus.subscribe(lambda event: bus.publish(PauseChanged(False)) if event == PauseChanged(True) else None)
    feed = bus.follow(lambda: None)
    bus.publish(PauseChanged(True))
    assert [(noted.number, noted.event) for noted in feed.take()] == [(1, PauseChanged(True)), (2, PauseChanged(False))]


def test_a_closed_feed_hears_nothing_more():
    bus = Bus()
    feed = bus.follow(lambda: None)
    feed.close()
    feed.close()
    bus.publish(PauseChanged(True))
    assert feed.take() == []


async def test_a_loop_hears_what_another_thread_publishes():
    bus, loop, arrived = Bus(), asyncio.get_running_loop(), asyncio.Event()
    feed = bus.follow(lambda: loop.call_soon_threadsafe(arrived.set))
    thread = threading.Thread(target=bus.publish, args=[PauseChanged(True)])
    thread.start()
    async with asyncio.timeout(10):
        await arrived.wait()
    thread.join()
    assert [noted.event for noted in feed.take()] == [PauseChanged(True)]


async def test_a_watcher_whose_loop_is_gone_costs_the_publisher_nothing():
    gone = asyncio.new_event_loop()
    gone.close()
    bus, heard = Bus(), list[Event]()
    bus.follow(lambda: gone.call_soon_threadsafe(lambda: None))
    bus.subscribe(heard.append)
    bus.publish(PauseChanged(True))
    assert heard == [PauseChanged(True)]


def test_many_threads_publish_at_once_and_nothing_is_lost():
    bus = Bus()
    feed = bus.follow(lambda: None, most=10_000)

    def publish_many() -> None:
        for _ in range(500):
            bus.publish(PauseChanged(True))

    threads = [threading.Thread(target=publish_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(noted.number for noted in feed.take()) == list(range(1, 2_001))

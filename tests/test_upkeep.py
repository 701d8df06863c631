"""What Tidegate does by itself, on a virtual clock; only the last tests let the library run its jobs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core.account_watch import AccountWatch
from app.core.bus import Bus
from app.core.events import Outcome, SignInChecked
from app.core.history import History
from app.core.moments import moment
from app.core.refresh_plan import RefreshPlan
from app.upkeep import LOOK_SECONDS, Chores, Upkeep
from tests.core.exchange_events import ended, started

NOON = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))
HOUR = 3_600.0


class Clock:
    now = NOON

    def __call__(self) -> float:
        return self.now


class House:
    """Everything upkeep looks after; notes what was done, in order."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.bus = Bus(clock=self.clock)
        self.history = History(folder / "history.db", self.bus, clock=self.clock)
        self.account = AccountWatch(self.bus, self.history, clock=self.clock)
        self.account.choose("an account", renewable=True)
        self.done: list[str] = []
        self.refresh_works = True
        self.refresh_fails = False
        self.renewable = True
        self.upkeep = Upkeep(
            self.chores, RefreshPlan(4 * HOUR, jitter=lambda: 0.0),
            account=self.account, history=self.history, bus=self.bus, clock=self.clock,
        )  # fmt: skip

    def chores(self) -> Chores:
        return Chores(
            refresh=self.refresh if self.renewable else None,
            expires_at=lambda: None,
            sweep_engine=lambda: self.done.append("engine"),
            sweep_sessions=self.sweep_sessions,
            tidy_log=lambda: self.done.append("log"),
        )

    async def refresh(self) -> None:
        self.done.append(f"refresh {(self.clock.now - NOON) / HOUR:.2f}")
        if self.refresh_fails:
            raise OSError("by a mistake nobody has found yet")
        self.bus.publish(SignInChecked(self.refresh_works, self.refresh_works, 0.2))

    async def sweep_sessions(self) -> None:
        self.done.append("sessions")

    async def hours(self, hours: float) -> None:
        """Let so much time pass, looked at as often as it is in life."""
        for _ in range(round(hours * HOUR / LOOK_SECONDS)):
            await self.upkeep.look()
            self.clock.now += LOOK_SECONDS

    def answer(self, outcome: Outcome = Outcome.OK, **more: object) -> None:
        name = f"r{self.clock.now}"
        self.bus.publish(started(name))
        self.bus.publish(ended(name, outcome, **more))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.history.close()


async def test_the_sign_in_is_renewed_every_four_hours(house: House):
    await house.hours(9)
    assert house.done == ["refresh 0.00", "refresh 4.00", "refresh 8.00"]


async def test_a_refresh_that_somebody_else_asked_for_counts(house: House):
    await house.hours(2)
    house.bus.publish(SignInChecked(ok=True, signed_in=True, duration_seconds=0.2))
    await house.hours(4.1)
    assert house.done == ["refresh 0.00", "refresh 6.00"]


async def test_what_needs_no_renewing_is_never_asked(house: House):
    house.renewable = False
    await house.hours(12)
    assert house.done == []


async def test_after_sleep_it_is_asked_at_once_and_what_was_missed_is_made_up_for_once(house: House):
    await house.hours(1)
    house.clock.now += 10 * HOUR
    await house.hours(0.1)
    assert house.done == ["refresh 0.00", "refresh 11.00"]


async def test_a_short_sleep_asks_too_because_the_network_may_be_another(house: House):
    await house.hours(1)
    house.clock.now += 120
    await house.hours(0.1)
    assert house.done == ["refresh 0.00", "refresh 1.04"]


async def test_a_clock_set_back_does_not_stop_the_renewing(house: House):
    await house.hours(1)
    house.clock.now -= 24 * HOUR
    await house.hours(0.1)
    assert house.done == ["refresh 0.00", "refresh -22.99"]


async def test_a_failed_refresh_is_tried_again_with_growing_pauses(house: House):
    house.refresh_works = False
    await house.hours(0.2)
    assert house.done == ["refresh 0.00", "refresh 0.01", "refresh 0.03", "refresh 0.06", "refresh 0.12"]
    house.refresh_works = True
    await house.hours(4)
    assert len(house.done) == 6


async def test_answers_make_a_refresh_unnecessary_while_they_go_on(house: House):
    await house.hours(3.9)
    for _ in range(4):
        house.answer()
        await house.hours(0.25)
    await house.hours(1)
    assert house.done == ["refresh 0.00", "refresh 5.15"]


async def test_while_the_plans_limit_is_reached_nothing_is_asked_and_afterwards_it_is(house: House):
    house.answer(Outcome.FAILED, detail="plan_limit", until=NOON + 3_600)
    await house.hours(1.1)
    assert house.done == ["refresh 1.00"]
    assert house.account.state.kind.value == "signed_in"


async def test_a_limit_that_is_over_is_told_without_anybody_asking(house: House):
    heard: list[str] = []
    house.bus.subscribe(lambda event: heard.append(type(event).__name__))
    house.renewable = False
    house.answer(Outcome.FAILED, detail="plan_limit", until=NOON + 60)
    await house.hours(0.02)
    assert heard.count("AccountChanged") == 1
    await house.hours(0.02)
    assert heard.count("AccountChanged") == 2


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows tells its programs of another zone at their start only")
async def test_moments_are_told_in_the_zone_where_the_computer_is_now(house: House, monkeypatch: pytest.MonkeyPatch):
    before = moment(NOON, NOON)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "TST-5:30" if time.timezone != -19_800 else "TST-3")
        await house.upkeep.look()
        assert moment(NOON, NOON) != before
    await house.upkeep.look()
    assert moment(NOON, NOON) == before


async def test_idle_processes_old_conversations_and_old_requests_go(house: House):
    house.answer()
    house.clock.now += 40 * 24 * HOUR
    await house.upkeep.sweep_engine()
    await house.upkeep.sweep_sessions()
    await house.upkeep.forget_old()
    kept = house.history.read(lambda found: found.execute("SELECT count(*) FROM exchanges").fetchone()[0])
    assert (house.done, kept) == (["engine", "sessions", "log"], 0)


async def test_an_answer_of_a_clock_that_was_set_back_since_does_not_count_as_lately(house: House):
    await house.hours(1)
    house.answer()
    house.clock.now -= 24 * HOUR
    await house.hours(0.1)
    assert house.done == ["refresh 0.00", "refresh -22.99"]


class Sleep:
    """Lets the beat go on when a test says so, and tells when it has come to rest again."""

    def __init__(self) -> None:
        self.go_on = asyncio.Semaphore(0)
        self.resting = asyncio.Semaphore(0)

    async def __call__(self, _seconds: float) -> None:
        self.resting.release()
        await self.go_on.acquire()

    async def beat(self) -> None:
        self.go_on.release()
        await self.resting.acquire()


async def test_the_look_has_a_beat_of_its_own_and_outlives_one_that_fails(house: House):
    sleep = Sleep()
    house.upkeep._sleep = sleep
    await house.upkeep.start()
    await sleep.resting.acquire()
    await sleep.beat()
    house.renewable = house.refresh_fails = True
    house.clock.now += 4 * HOUR
    await sleep.beat()
    house.refresh_fails = False
    house.clock.now += LOOK_SECONDS
    await sleep.beat()
    await house.upkeep.close()
    assert [done for done in house.done if done.startswith("refresh")] == [
        "refresh 0.00", "refresh 4.00", "refresh 4.01",
    ]  # fmt: skip


@pytest.mark.parametrize("jump", [-24 * HOUR, 24 * HOUR])
async def test_when_the_clock_has_jumped_every_chore_is_done_soon_and_not_by_the_time_of_before(
    house: House, jump: float
):
    house.renewable = False
    await house.upkeep.start()
    for job in house.upkeep._scheduler.get_jobs():  # as the library leaves them when the clock is set back by a day
        job.modify(next_run_time=datetime.now(UTC) + timedelta(days=1))
    house.done.clear()
    house.clock.now += jump
    await house.upkeep.look()
    async with asyncio.timeout(20):
        while set(house.done) != {"engine", "sessions", "log"}:  # noqa: ASYNC110  the library does it
            await asyncio.sleep(0.01)
    await house.upkeep.close()


async def test_the_library_runs_every_job_and_ends_with_its_owner(house: House):
    await house.upkeep.start()
    jobs = {job.func.__name__: job.trigger.interval.total_seconds() for job in house.upkeep._scheduler.get_jobs()}
    await house.upkeep.close()
    await house.upkeep.close()
    assert jobs == {"sweep_engine": 60, "sweep_sessions": 300, "look_for_update": 600, "forget_old": 21_600}
    assert not house.upkeep._scheduler.running
    assert house.upkeep._beat
    assert house.upkeep._beat.cancelled()

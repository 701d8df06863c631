"""What Tidegate does by itself, unasked: keeps the sign-in alive, ends what is idle, forgets what is old.

The library runs each chore at its interval, one at a time, and makes up for what a sleeping computer missed. It goes
by the wall clock, and would wait for hours where that was set back. So the look at clock and sign-in has a beat of its
own, on a timer that only goes forward, and starts every chore anew when the clock has jumped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from app.core.account_state import Kind
from app.core.account_watch import AccountWatch
from app.core.bus import Bus
from app.core.events import Event, SignInChecked
from app.core.history import History
from app.core.moments import look_at_the_zone
from app.core.refresh_plan import RefreshPlan

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
ASLEEP_SECONDS = 60.0
"""A look that comes later than planned by more than this means that the computer slept."""
_SWEEP_SECONDS = 60.0
_SESSIONS_SECONDS = 300.0
_UPDATES_SECONDS = 600.0
_FORGET_SECONDS = 6 * 3_600.0


class Chores(msgspec.Struct, frozen=True):
    """What there is to do; each may take its time, none raises for what goes wrong."""

    refresh: Callable[[], Awaitable[object]] | None
    """Have the signed-in program renew the sign-in; None where nothing runs out."""
    expires_at: Callable[[], float | None]
    """The end of the sign-in in Unix seconds, where the program tells."""
    sweep_engine: Callable[[], object]
    sweep_sessions: Callable[[], Awaitable[object]]
    tidy_log: Callable[[], object]
    """Takes away old files of the log; may wait for the disk."""
    look_for_update: Callable[[], Awaitable[object]] | None = None
    """Asks at most once a day, and only if a person wants that."""


class Upkeep:
    """From `start()` to `close()`; belongs to the loop's thread."""

    def __init__(
        self,
        chores: Callable[[], Chores],
        plan: RefreshPlan,
        *,
        account: AccountWatch,
        history: History,
        bus: Bus,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`chores` is asked each time: the way to Claude may have changed. `clock`: Unix seconds."""
        self._chores = chores
        self.plan = plan
        self._account = account
        self._history = history
        self._clock = clock
        self._sleep = sleep
        self._looked_at = clock()
        self._beat: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._unsubscribe = bus.subscribe(self._note)

    async def start(self) -> None:
        """Begin; what belongs to the start is done by whoever starts it."""
        self._every(_SWEEP_SECONDS, self.sweep_engine)
        self._every(_SESSIONS_SECONDS, self.sweep_sessions)
        self._every(_UPDATES_SECONDS, self.look_for_update)
        self._every(_FORGET_SECONDS, self.forget_old)
        self._scheduler.start()
        self._beat = asyncio.create_task(self._look_again_and_again(), name="upkeep")
        await self.forget_old()

    async def close(self) -> None:
        self._unsubscribe()
        if self._beat:
            self._beat.cancel()
            await asyncio.wait([self._beat])
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            await asyncio.sleep(0)  # it ends in the loop's next round

    async def look(self) -> None:
        """Is a limit over, did the computer sleep or travel, is the sign-in due?"""
        look_at_the_zone()
        now = self._clock()
        slept, self._looked_at = now - self._looked_at - LOOK_SECONDS, now
        if abs(slept) > ASLEEP_SECONDS:
            log.info("the clock moved by %.0f s: the computer slept, or it was set", slept)
            self.plan.woke(now)
            self._start_every_chore()
        self._account.tick()
        refresh = self._chores().refresh
        state = self._account.state
        if refresh and self.plan.is_due(now, proven_at=state.proven_at, limited=state.kind is Kind.LIMITED):
            await refresh()

    async def sweep_engine(self) -> None:
        """End processes nobody used for long, and start spares in place of those that died."""
        self._chores().sweep_engine()

    async def sweep_sessions(self) -> None:
        """Forget conversations nobody continued."""
        await self._chores().sweep_sessions()

    async def look_for_update(self) -> None:
        """Is there a newer version, for whoever wants to know?"""
        if look := self._chores().look_for_update:
            await look()

    async def forget_old(self) -> None:
        """Forget requests and log files that are older than the settings allow."""
        await asyncio.to_thread(self._history.forget_old)  # the disk may be slow
        await asyncio.to_thread(self._chores().tidy_log)

    async def _look_again_and_again(self) -> None:
        """Until it is cancelled: a look that fails must not be the last one."""
        while True:
            await self._sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception:
                log.exception("the look at the sign-in failed")

    def _start_every_chore(self) -> None:
        """What was missed is made up for, and what the library planned by the clock of before is forgotten."""
        with contextlib.suppress(JobLookupError):  # it may be closing
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))

    def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        self._scheduler.add_job(
            job,
            IntervalTrigger(seconds=int(seconds), timezone=UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def _note(self, event: Event) -> None:
        """Whoever asked the program: it counts as a look."""
        if isinstance(event, SignInChecked):
            self.plan.looked(
                self._clock(), ok=event.ok, signed_in=event.signed_in, expires_at=self._chores().expires_at()
            )

"""Keeps the sign-in alive: one refresher for everybody, and a breaker when the service refuses it all the same.

Several processes that renew one sign-in at once log the person out. So nothing of the engine starts while the program
is asked, and it is asked once however many answers were refused; a lock file keeps a second Tidegate out.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import ceil
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from app.core.back_off import back_off
from app.core.events import SignInChecked
from app.proxy.engines.agent_sdk.auth_program import AuthStatus, AuthUnavailable
from app.proxy.neutral.fault import Fault, Refused

log = logging.getLogger(__name__)

_LOCK_SECONDS = 25.0
_LOCK_POLL_SECONDS = 0.1
_CLOSING_SECONDS = 4.0
"""For a renewal under way to end when Tidegate closes: cut in the middle it could lose the sign-in."""
_FIRST_PAUSE_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 900.0


class StatusProgram(Protocol):
    """Whoever knows about the sign-in, and renews it when asked."""

    async def status(self) -> AuthStatus:
        """Raises AuthUnavailable."""
        ...


class SignIn:
    """Lives as long as the engine; belongs to the loop's thread."""

    def __init__(
        self,
        program: StatusProgram,
        lock_file: Path,
        on_checked: Callable[[SignInChecked], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`on_checked` hears of every look at the sign-in. `jitter`: 0 to 1."""
        self._program = program
        self._lock_file = lock_file
        self._on_checked = on_checked
        self._clock = clock
        self._jitter = jitter
        self._refreshing: asyncio.Task[SignInChecked] | None = None
        self._trying = asyncio.Lock()
        self._trier: asyncio.Task[object] | None = None
        self._doubt: Fault | None = None
        """What the service said when it refused the sign-in, while that is looked into."""
        self._proven_at = float("-inf")
        self.refreshed_at = float("-inf")
        """When the program was last asked, on the clock handed in."""
        self._failures = 0
        self._closed_until = float("-inf")
        self._fault: Fault | None = None
        self.status: AuthStatus | None = None
        """What the program said last."""

    async def refresh(self) -> SignInChecked:
        """Ask the program; whoever comes meanwhile gets the same answer."""
        return await asyncio.shield(self.begin_refresh())

    def begin_refresh(self) -> asyncio.Task[SignInChecked]:
        """The refresh under way, or a new one; from now on nothing of the engine starts until it is over."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh(), name="sign-in refresh")
        return self._refreshing

    @asynccontextmanager
    async def left_alone(self) -> AsyncIterator[None]:
        """Nobody renews the sign-in meanwhile: a renewal would write anew what is removed. Raises AuthUnavailable."""
        if self._refreshing:
            await asyncio.wait([self._refreshing])
        async with _alone(self._lock_file):
            yield

    async def may_start(self) -> None:
        """Wait while the sign-in is being renewed; raises Refused while the breaker is open.

        It is also raised while a refusal is looked into: who waits here keeps a place that the trial may need.
        """
        looked_into = self._trying.locked() and asyncio.current_task() is not self._trier
        if self._refreshing and not self._refreshing.done():
            looked_into = True
            if not self._doubt:
                await asyncio.wait([self._refreshing])
        if looked_into and self._doubt:
            raise Refused(self._doubt)
        if self._is_closed() and self._fault:
            raise Refused(_later(self._fault, self._closed_until - self._clock()))

    async def trial(self, fault: Fault, begun: float) -> Trial | None:
        """After a 401 of something that began then: leave to ask once more, or None when that makes no sense.

        After a refresh one answer is tried first, and everybody else waits for what comes of it.
        """
        if not self._is_closed() and self.refreshed_at < begun:
            self._doubt = fault
            checked = await self.refresh()
            if not checked.signed_in:
                self.refused_again(fault)
        if not self._is_closed() and self._proven_at < self.refreshed_at:
            await self._trying.acquire()
            if not self._is_closed() and self._proven_at < self.refreshed_at:
                self._trier, self._doubt = asyncio.current_task(), fault
                return Trial(self._trying)
            self._trying.release()  # somebody else has found out meanwhile
        return None if self._is_closed() else Trial(None)

    def refused_again(self, fault: Fault) -> None:
        """The service refused what had just been renewed: ask nobody for a while, longer each time."""
        if self._is_closed():
            return
        pause = back_off(self._failures, first=_FIRST_PAUSE_SECONDS, longest=_LONGEST_PAUSE_SECONDS)
        self._failures += 1
        self._fault, self._doubt = fault, None
        self._closed_until = self._clock() + pause * (1 - self._jitter() / 5)
        log.warning("the sign-in is refused; nothing is sent for %.0f s", pause)

    def proven(self) -> None:
        """A real answer came, or a person signed in."""
        self.forget_refusals()
        self._proven_at = self._clock()

    async def close(self) -> None:
        if self._refreshing:
            await asyncio.wait([self._refreshing], timeout=_CLOSING_SECONDS)
            self._refreshing.cancel()
            await asyncio.wait([self._refreshing])

    def forget_refusals(self) -> None:
        """Ask the service again: what it refused is not what it would be asked with now."""
        self._failures = 0
        self._closed_until = float("-inf")
        self._fault = self._doubt = None

    def _is_closed(self) -> bool:
        return self._closed_until > self._clock()

    async def _refresh(self) -> SignInChecked:
        begun = self._clock()
        problem, code, signed_in = None, None, False
        try:
            async with _alone(self._lock_file):
                before, self.status = self.status, await self._program.status()
            signed_in = self.status.signed_in
            if signed_in and before and not before.signed_in:
                self.forget_refusals()  # somebody has signed in, perhaps with the program itself
        except AuthUnavailable as error:
            problem, code = str(error), error.condition.code if error.condition else None
        checked = SignInChecked(problem is None, signed_in, self._clock() - begun, problem, code)
        self.refreshed_at = self._clock()
        self._on_checked(checked)
        return checked


class Trial:
    """Leave to ask once more; `over()` lets the next one in, and may be called twice."""

    def __init__(self, lock: asyncio.Lock | None) -> None:
        self._lock = lock

    def over(self) -> None:
        if self._lock:
            self._lock.release()
            self._lock = None


@asynccontextmanager
async def _alone(file: Path) -> AsyncIterator[None]:
    """Hold the lock file, which every Tidegate of this person shares; raises AuthUnavailable.

    Asked for again and again: a thread that waits could still take it when nobody wants it any more.
    """
    lock = FileLock(file, mode=0o600)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with asyncio.timeout(_LOCK_SECONDS):
            while not lock.is_locked:
                try:
                    lock.acquire(blocking=False)
                except Timeout:
                    await asyncio.sleep(_LOCK_POLL_SECONDS)
    except TimeoutError as error:
        raise AuthUnavailable("Another Tidegate is renewing the sign-in and does not finish.") from error
    except (OSError, NotImplementedError) as error:  # a full disk; a file system without locks
        raise AuthUnavailable("The sign-in's lock can't be used.") from error
    try:
        yield
    finally:
        lock.release()


def _later(fault: Fault, seconds: float) -> Fault:
    return Fault(fault.kind, fault.message, fault.code, fault.param, ceil(seconds), retryable=False)

"""When the sign-in is looked at next. Pure but for its memory: moments come in as Unix seconds, from the wall clock."""

from __future__ import annotations

import random
from collections.abc import Callable

from app.core.back_off import back_off

_EARLY_SECONDS = 300.0
"""Before a known end of the sign-in, so that no answer meets it."""
_PROVEN_LATELY_SECONDS = 1_800.0
"""The program renews the sign-in by itself when it answers; then nobody has to ask it."""
_AFTER_WAKING_SECONDS = 10.0
"""The network needs a moment after sleep."""
_FIRST_BACK_OFF_SECONDS = 30.0
_LONGEST_BACK_OFF_SECONDS = 1_800.0
_LEAST_SECONDS = 60.0
_SIGNED_OUT_SECONDS = 120.0
"""Someone may sign in with the program itself, and expects that to be noticed."""


class RefreshPlan:
    """Lives as long as the program; belongs to one thread."""

    def __init__(self, interval_seconds: float, *, jitter: Callable[[], float] = random.random) -> None:
        """`interval_seconds`: 0 never looks. `jitter`: 0 to 1, so that not all computers ask at the same moment."""
        self._interval = interval_seconds
        self._jitter = jitter
        self._next = float("-inf")
        self._failures = 0

    def change(self, interval_seconds: float, now: float) -> None:
        """Another interval from now on."""
        self._interval = interval_seconds
        self._next = now + self._spread(interval_seconds)

    def is_due(self, now: float, *, proven_at: float | None, limited: bool) -> bool:
        """Whether to look now.

        `proven_at`: the last real answer; `limited`: the plan's limit is reached, which says that the sign-in is good.
        """
        if not self._interval or now < self._next or limited:
            return False
        if proven_at is None or self._failures or not 0 <= now - proven_at < _PROVEN_LATELY_SECONDS:
            return True  # also when the clock was set back since
        self._next = proven_at + _PROVEN_LATELY_SECONDS
        return False

    def looked(self, now: float, *, ok: bool, signed_in: bool = True, expires_at: float | None = None) -> None:
        """The program was asked, by whomever. `expires_at`: when the sign-in ends, where the program tells."""
        if not ok:
            pause = back_off(self._failures, first=_FIRST_BACK_OFF_SECONDS, longest=_LONGEST_BACK_OFF_SECONDS)
            self._failures += 1
            self._next = now + self._spread(pause)
            return
        self._failures = 0
        self._next = now + self._spread(self._interval if signed_in else _SIGNED_OUT_SECONDS)
        if expires_at is not None and expires_at > now:
            self._next = min(self._next, max(expires_at - _EARLY_SECONDS, now + _LEAST_SECONDS))

    def woke(self, now: float) -> None:
        """The computer slept, or its clock was set: look soon, whatever was planned."""
        self._next = min(self._next, now + _AFTER_WAKING_SECONDS)

    def _spread(self, seconds: float) -> float:
        """Up to a tenth less."""
        return seconds * (1 - self._jitter() / 10)

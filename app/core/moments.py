"""Moments in a person's words and a person's days, both in the computer's own time zone."""

from __future__ import annotations

import time


def moment(at: float, now: float) -> str:
    """`at 15:45`, or `on Monday at 15:45` when that is not today; both in Unix seconds."""
    clock = time.strftime("at %H:%M", time.localtime(at))
    return clock if day_of(at) == day_of(now) else time.strftime("on %A ", time.localtime(at)) + clock


def day_of(at: float) -> str:
    """The local day of a moment, as 2026-11-21."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def midnight(at: float, *, days_on: int = 0) -> float:
    """When the local day of a moment begins, or the one so many days later; Unix seconds."""
    day = time.localtime(at)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday + days_on, 0, 0, 0, 0, 0, -1))

"""Moments in a person's words and a person's days, both in the computer's own time zone."""

from __future__ import annotations

import sys
import time


def moment(at: float, now: float) -> str:
    """`at 15:45`; on another day `on Monday at 15:45`; `on 3 November at 15:45` where that could be another Monday.

    Both in Unix seconds.
    """
    then = time.localtime(at)
    clock = time.strftime("at %H:%M", then)
    if day_of(at) == day_of(now):
        return clock
    if midnight(now, days_on=-6) <= at < midnight(now, days_on=7):
        return time.strftime("on %A ", then) + clock
    year = "" if then.tm_year == time.localtime(now).tm_year else f" {then.tm_year}"
    return f"on {then.tm_mday}{time.strftime(' %B', then)}{year} {clock}"


def look_at_the_zone() -> None:
    """Heed that the computer is in another time zone now: until then moments are told in that of the start.

    Windows tells its programs at their start only, and macOS by itself.
    """
    if sys.platform != "win32":
        time.tzset()


def day_of(at: float) -> str:
    """The local day of a moment, as 2026-11-21."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def midnight(at: float, *, days_on: int = 0) -> float:
    """When the local day of a moment begins, or the one so many days later; Unix seconds."""
    day = time.localtime(at)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday + days_on, 0, 0, 0, 0, 0, -1))

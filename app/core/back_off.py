"""How long to leave something alone that keeps failing."""

from __future__ import annotations

_MOST_DOUBLED = 30
"""Beyond what any longest pause allows; after weeks of failures no float is as large as the number."""


def back_off(failures: int, *, first: float, longest: float) -> float:
    """The pause after so many failures in a row before this one, in seconds: doubled each time, up to `longest`."""
    return min(first * 2.0 ** min(failures, _MOST_DOUBLED), longest)

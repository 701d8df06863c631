"""Whether this computer's clock is right, by the time on the service's last answer; nobody is asked for it."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable, Mapping

_SAME_SECONDS = 5.0


class ServiceClock:
    """Lives as long as the engine; one thread hears, any may ask."""

    def __init__(self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._heard: tuple[str, float, float] | None = None
        """The header, and this computer's two clocks when it came."""

    def heard(self, headers: Mapping[str, str]) -> None:
        """An answer has begun."""
        if date := headers.get("date"):
            self._heard = date, self._clock(), self._monotonic()

    @property
    def ahead_seconds(self) -> float | None:
        """How far the computer is ahead of the service; below 0 when it is behind.

        None as long as nothing was heard since the computer last slept or its clock was set: then it is not known.
        """
        if self._heard is None:
            return None
        date, now, then = self._heard
        if abs(self._clock() - self._monotonic() - (now - then)) > _SAME_SECONDS:
            return None
        try:
            return now - email.utils.parsedate_to_datetime(date).timestamp()
        except ValueError:
            return None

"""This computer's clock against the service's, by the date on its answers."""

from __future__ import annotations

import email.utils

import pytest

from app.proxy.engines.direct_api.service_clock import ServiceClock

NOON = 1_800_000_000.0


class Clocks:
    wall, monotonic = NOON, 100.0

    def __init__(self) -> None:
        self.seen = ServiceClock(lambda: self.wall, lambda: self.monotonic)

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


@pytest.mark.parametrize("off", [-7_200, 0, 90])
def test_it_says_how_far_the_computer_is_ahead_however_long_ago_the_answer_came(off: int):
    clocks = Clocks()
    assert clocks.seen.ahead_seconds is None
    clocks.seen.heard({"date": email.utils.formatdate(NOON - off, usegmt=True)})
    clocks.pass_(3_600)
    clocks.seen.heard({})  # nobody has to put a date on an answer
    assert clocks.seen.ahead_seconds == off


def test_a_clock_that_was_set_or_a_computer_that_slept_makes_it_unknown_until_the_next_answer():
    clocks = Clocks()
    clocks.seen.heard({"date": email.utils.formatdate(NOON - 7_200, usegmt=True)})
    clocks.wall -= 7_200
    assert clocks.seen.ahead_seconds is None
    clocks.seen.heard({"date": email.utils.formatdate(NOON - 7_200, usegmt=True)})
    assert clocks.seen.ahead_seconds == 0


@pytest.mark.parametrize("date", ["", "soon", "Thu, 99 Foo 2026 25:61:00 GMT"])
def test_a_date_that_is_none_is_not_believed(date: str):
    clocks = Clocks()
    clocks.seen.heard({"date": date})
    assert clocks.seen.ahead_seconds is None

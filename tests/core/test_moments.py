"""Moments as people say them."""

from __future__ import annotations

import time

import pytest

from app.core.moments import moment

NOON = time.mktime((2026, 11, 25, 12, 0, 0, 0, 0, -1))  # a Wednesday
DAY = 86_400.0


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOON - 3_600, "at 11:00"),
        (NOON - DAY, "on Tuesday at 12:00"),
        (NOON - 6 * DAY, "on Thursday at 12:00"),
        (NOON + 6 * DAY, "on Tuesday at 12:00"),
        (NOON - 7 * DAY, "on 18 November at 12:00"),
        (NOON + 7 * DAY, "on 2 December at 12:00"),
        (NOON - 364 * DAY, "on 26 November 2025 at 12:00"),
    ],
)
def test_a_weekday_is_named_only_where_it_can_be_no_other_week(at: float, said: str):
    assert moment(at, NOON) == said

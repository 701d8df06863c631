"""Tokens and cost as the history remembers them: today by the hour, the last 30 days, and by model."""

from __future__ import annotations

import sqlite3

import msgspec

from app.core.moments import day_of, midnight

_DAYS = 30


class Tokens(msgspec.Struct, frozen=True):
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None when no engine said what it costs."""


class Day(msgspec.Struct, frozen=True):
    day: str
    requests: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class Hour(msgspec.Struct, frozen=True):
    start: int
    """Unix seconds of its beginning."""
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class ModelUse(msgspec.Struct, frozen=True):
    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class Spending(msgspec.Struct, frozen=True):
    today: Tokens
    days: tuple[Day, ...]
    """The last 30, oldest first, also those without requests."""
    hours: tuple[Hour, ...]
    """Today's, from midnight to midnight; 23 or 25 on the days the clocks change."""
    models: tuple[ModelUse, ...]
    """Over those days, the most used first."""


def spending(connection: sqlite3.Connection, now: float) -> Spending:
    days = [day_of(midnight(now, days_on=-back)) for back in reversed(range(_DAYS))]
    rows = connection.execute(
        """
        SELECT day, sum(requests), sum(failed), sum(input_tokens), sum(output_tokens), sum(cost_usd)
        FROM totals WHERE day >= ? GROUP BY day
        """,
        (days[0],),
    ).fetchall()
    found = {row[0]: Day(*row) for row in rows}
    told = tuple(found.get(day) or Day(day, 0, 0, 0, 0, None) for day in days)
    models = connection.execute(
        """
        SELECT model, sum(requests), sum(input_tokens), sum(output_tokens), sum(cost_usd)
        FROM totals WHERE day >= ? GROUP BY model ORDER BY sum(requests) DESC, model
        """,
        (days[0],),
    ).fetchall()
    today = told[-1]
    return Spending(
        Tokens(today.input_tokens, today.output_tokens, today.cost_usd),
        told,
        _hours(connection, now),
        tuple(ModelUse(*row) for row in models),
    )


def _hours(connection: sqlite3.Connection, now: float) -> tuple[Hour, ...]:
    first, end = int(midnight(now)), int(midnight(now, days_on=1))
    rows = connection.execute(
        """
        SELECT CAST(started_at AS INTEGER) AS at, count(*), sum(input_tokens), sum(output_tokens), sum(cost_usd)
        FROM exchanges WHERE started_at >= :first AND started_at < :end AND duration_seconds IS NOT NULL
        GROUP BY (at - :first) / 3600
        """,
        {"first": first, "end": end},
    ).fetchall()
    found = {(at - first) // 3_600: rest for at, *rest in rows}
    return tuple(
        Hour(start, *found.get((start - first) // 3_600, (0, 0, 0, None))) for start in range(first, end, 3_600)
    )

"""What can be asked of the history. Each function takes an open connection and gives back values."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from app.core.events import Outcome
from app.core.moments import day_of, midnight

SLOW_SECONDS = 15.0
"""An answer that takes longer is shown as slow."""
_LATENCY_OVER = 500
"""Percentiles are those of the last so many answers."""
_NEWEST = 14
_MINUTES = 15
_DAYS = 30
OutcomeFilter: TypeAlias = Literal["all", "error", "slow"]


class Exchange(msgspec.Struct, frozen=True):
    """One request and its end, as far as it is known."""

    id: int
    request_id: str
    started_at: float
    app: str
    path: str
    model: str
    served_model: str | None
    session_key: str | None
    streaming: bool
    messages: int
    images: int
    tools: int
    errand: bool
    """Asked by the app of its own accord, to name the chat or the like."""
    outcome: str
    """ok, error, client_disconnect or running."""
    detail: str | None
    status: int | None
    duration_seconds: float | None
    first_token_seconds: float | None
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int
    cost_usd: float | None


class Counts(msgspec.Struct, frozen=True):
    """How many requests there were; all that are kept, and today's."""

    total: int
    ok: int
    failed: int
    client_left: int
    streamed: int
    with_tools: int
    with_images: int
    today: int
    today_failed: int
    since: float | None
    """When the oldest of them was asked, in Unix seconds."""


class Latency(msgspec.Struct, frozen=True):
    p50_seconds: float | None
    p95_seconds: float | None
    recent_seconds: tuple[float, ...]
    """The newest, oldest first."""


class Minute(msgspec.Struct, frozen=True):
    minute: int
    """Unix seconds of its beginning."""
    requests: int
    failed: int


class Check(msgspec.Struct, frozen=True):
    """One look at the sign-in."""

    at: float
    ok: bool
    signed_in: bool
    duration_seconds: float
    problem: str | None


_COLUMNS = ", ".join(Exchange.__struct_fields__)


def exchanges(
    connection: sqlite3.Connection,
    *,
    before: int | None = None,
    limit: int = 100,
    outcome: OutcomeFilter = "all",
    search: str = "",
) -> tuple[tuple[Exchange, ...], bool]:
    """The newest first, older than id `before`; True when there are more."""
    conditions, values = ["1"], list[object]()
    if before is not None:
        conditions.append("id < ?")
        values.append(before)
    if outcome == "error":
        conditions.append("outcome = ?")
        values.append(Outcome.FAILED.value)
    elif outcome == "slow":
        conditions.append("duration_seconds > ?")
        values.append(SLOW_SECONDS)
    if search:
        searched = ("request_id", "app", "path", "model", "served_model", "session_key", "detail")
        conditions.append("(" + " OR ".join(f"instr(lower({name}), ?)" for name in searched) + ")")
        values += [search.lower()] * len(searched)
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM exchanges WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?",  # noqa: S608  names of ours only
        (*values, limit + 1),
    ).fetchall()
    return tuple(map(_exchange, rows[:limit])), len(rows) > limit


def counts(connection: sqlite3.Connection, now: float) -> Counts:
    row = connection.execute(
        """
        SELECT count(*), total(outcome = 'ok'), total(outcome = 'error'), total(outcome = 'client_disconnect'),
            total(streaming), total(tools > 0), total(images > 0), total(started_at >= :midnight),
            total(started_at >= :midnight AND outcome = 'error'), min(started_at)
        FROM exchanges
        """,
        {"midnight": midnight(now)},
    ).fetchone()
    *numbers, since = row
    told: dict[str, Any] = dict(zip(Counts.__struct_fields__, map(int, numbers), strict=False))
    return Counts(**told, since=since)


def latency(connection: sqlite3.Connection) -> Latency:
    """Of answers that came to their end."""
    rows = connection.execute(
        "SELECT duration_seconds FROM exchanges WHERE outcome = 'ok' ORDER BY id DESC LIMIT ?", (_LATENCY_OVER,)
    ).fetchall()
    newest = [float(row[0]) for row in rows]
    ordered = sorted(newest)
    return Latency(_percentile(ordered, 0.50), _percentile(ordered, 0.95), tuple(reversed(newest[:_NEWEST])))


def traffic(connection: sqlite3.Connection, now: float) -> tuple[Minute, ...]:
    """The last 15 minutes, oldest first; the last one is still going on."""
    first = int(now) // 60 - _MINUTES + 1
    rows = connection.execute(
        """
        SELECT CAST(started_at AS INTEGER) / 60 AS minute, count(*), total(outcome = 'error')
        FROM exchanges WHERE started_at >= ? GROUP BY minute
        """,
        (first * 60,),
    ).fetchall()
    found = {minute: (requests, int(failed)) for minute, requests, failed in rows}
    return tuple(Minute(minute * 60, *found.get(minute, (0, 0))) for minute in range(first, first + _MINUTES))


def apps(connection: sqlite3.Connection, since: float) -> tuple[str, ...]:
    """The names of the keys used since then, the last used first."""
    rows = connection.execute(
        "SELECT app FROM exchanges WHERE started_at >= ? GROUP BY app ORDER BY max(started_at) DESC", (since,)
    ).fetchall()
    return tuple(row[0] for row in rows)


def error_counts(connection: sqlite3.Connection, now: float) -> tuple[tuple[str, int], ...]:
    """What failed over the last 30 days and how often, the most frequent first."""
    rows = connection.execute(
        "SELECT code, sum(count) FROM errors WHERE day >= ? GROUP BY code ORDER BY sum(count) DESC, code",
        (day_of(midnight(now, days_on=1 - _DAYS)),),
    ).fetchall()
    return tuple((code, count) for code, count in rows)


def checks(connection: sqlite3.Connection, limit: int = 20) -> tuple[Check, ...]:
    """The newest looks at the sign-in first."""
    rows = connection.execute(
        "SELECT at, ok, signed_in, duration_seconds, problem FROM checks ORDER BY id DESC LIMIT ?", (limit,)
    ).fetchall()
    return tuple(Check(at, bool(ok), bool(signed_in), took, problem) for at, ok, signed_in, took, problem in rows)


def count_checks(connection: sqlite3.Connection) -> int:
    """How often the sign-in was looked at, as far back as it is kept."""
    return int(connection.execute("SELECT count(*) FROM checks").fetchone()[0])


def _exchange(row: Sequence[object]) -> Exchange:
    values = dict(zip(Exchange.__struct_fields__, row, strict=True))
    truths = {name: bool(values[name]) for name in ("streaming", "errand")}
    return Exchange(**{**values, **truths})  # type: ignore[arg-type]  # SQLite's own types


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest rank: one of the values themselves."""
    if not ordered:
        return None
    return ordered[math.ceil(len(ordered) * share) - 1]

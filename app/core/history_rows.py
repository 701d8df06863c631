"""What each event changes in the history's tables. Works on an open connection, inside its caller's transaction."""

from __future__ import annotations

import sqlite3

from app.core.bus import Noted
from app.core.events import ExchangeEnded, ExchangeStarted, Outcome, SignInChecked
from app.core.moments import day_of

RUNNING = "running"
CUT_OFF = "cut_off"
"""The detail of an exchange during which Tidegate itself ended."""

_BEGUN = """
INSERT OR IGNORE INTO exchanges
    (request_id, started_at, app, path, model, session_key, streaming, messages, images, tools, errand, outcome)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running')
"""
_ENDED = """
UPDATE exchanges SET outcome = ?, detail = ?, status = ?, served_model = ?, duration_seconds = ?,
    first_token_seconds = ?, input_tokens = ?, output_tokens = ?, cache_read_tokens = ?, cache_creation_tokens = ?,
    cost_usd = ?
WHERE request_id = ?
RETURNING started_at, model
"""
_TOTAL = """
INSERT INTO totals (day, model, requests, failed, client_left, input_tokens, output_tokens, cost_usd)
VALUES (?, ?, 1, ?, ?, ?, ?, ?)
ON CONFLICT (day, model) DO UPDATE SET
    requests = requests + 1, failed = failed + excluded.failed, client_left = client_left + excluded.client_left,
    input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
    cost_usd = CASE WHEN excluded.cost_usd IS NULL THEN cost_usd ELSE coalesce(cost_usd, 0) + excluded.cost_usd END
"""
_ERROR = """
INSERT INTO errors (day, code, count) VALUES (?, ?, 1) ON CONFLICT (day, code) DO UPDATE SET count = count + 1
"""


def write(connection: sqlite3.Connection, noted: Noted) -> None:
    """Write one event down; most leave no trace here."""
    match noted.event:
        case ExchangeStarted() as event:
            connection.execute(
                _BEGUN,
                (
                    event.request_id, noted.at, event.key_name, event.path, event.model, event.session_key,
                    event.streaming, event.messages, event.images, event.tools, event.errand,
                ),
            )  # fmt: skip
        case ExchangeEnded() as event:
            _end(connection, event)
        case SignInChecked(ok, signed_in, duration, problem):
            connection.execute(
                "INSERT INTO checks (at, ok, signed_in, duration_seconds, problem) VALUES (?, ?, ?, ?, ?)",
                (noted.at, ok, signed_in, duration, problem),
            )
        case _:
            pass


def mark_cut_off(connection: sqlite3.Connection) -> None:
    """What was under way when the program last ended, and will never end now."""
    connection.execute(
        "UPDATE exchanges SET outcome = ?, detail = ? WHERE outcome = ?", (Outcome.FAILED.value, CUT_OFF, RUNNING)
    )


def forget(connection: sqlite3.Connection, *, exchanges_before: float, totals_before: str) -> None:
    """Forget what is older: single requests and checks by Unix seconds, totals and errors by day."""
    connection.execute("DELETE FROM exchanges WHERE started_at < ?", (exchanges_before,))
    connection.execute("DELETE FROM checks WHERE at < ?", (exchanges_before,))
    connection.execute("DELETE FROM totals WHERE day < ?", (totals_before,))
    connection.execute("DELETE FROM errors WHERE day < ?", (totals_before,))


def _end(connection: sqlite3.Connection, event: ExchangeEnded) -> None:
    row = connection.execute(
        _ENDED,
        (
            event.outcome.value, event.detail, event.status, event.served_model, event.duration_seconds,
            event.first_token_seconds, event.input_tokens, event.output_tokens, event.cache_read_tokens,
            event.cache_creation_tokens, event.cost_usd, event.request_id,
        ),
    ).fetchone()  # fmt: skip
    if row is None:  # its beginning was lost with a full disk: a half would be told as a whole
        return
    day = day_of(row[0])
    failed = event.outcome is Outcome.FAILED
    connection.execute(
        _TOTAL,
        (
            day, event.served_model or row[1], failed, event.outcome is Outcome.CLIENT_LEFT, event.input_tokens,
            event.output_tokens, event.cost_usd,
        ),
    )  # fmt: skip
    if failed:
        connection.execute(_ERROR, (day, event.detail))

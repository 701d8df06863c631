"""A report on how things stand that a person can hand on: no key, no text of anybody's, no names of other people."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from app.core import history_queries as ask
from app.core.errors import UsageError
from app.ui.desk import Desk

_LAST_LINES = 60
_LAST_ERRORS = 10


def report(desk: Desk) -> str:
    """Several lines of text; reads files, so not for the loop's thread."""
    status = desk.commands.status()
    lines = [
        f"Tidegate {status.build.version} · {status.build.platform} · Python {status.build.python}",
        f"made {_moment(desk.clock())}, running since {_moment(status.started_at)}",
        f"address {status.address}, engine {status.engine} (program {status.build.cli or 'unknown'})",
        f"method: {status.method_label}",
        f"state: {status.account.kind.value}: {status.sentence}",
        *(f"notice ({notice.kind}): {notice.sentence}" for notice in status.notices),
        *(f"plan window {each.label}: {each.status}, used {each.used_share}" for each in status.windows),
        "",
        "Settings that are not the default:",
        *_settings(desk),
        "",
        *desk.history.read(partial(_requests, now=desk.clock())),
        "",
        f"Last {_LAST_LINES} lines of the log:",
        *_log(desk.log_file),
    ]
    home = str(Path.home())
    return desk.redaction.clean("\n".join(lines)).replace(home, "~") + "\n"


def _settings(desk: Desk) -> list[str]:
    try:
        listed = desk.preferences.listed()
    except UsageError as error:
        return [f"  {error}"]
    return [f"  {each.name} = {each.value!r} ({each.source})" for each in listed if each.value != each.default]


def _requests(connection: sqlite3.Connection, now: float) -> list[str]:
    counts, latency = ask.counts(connection, now), ask.latency(connection)
    failures = ask.error_counts(connection, now)
    failed, _ = ask.exchanges(connection, outcome="error", limit=_LAST_ERRORS)
    return [
        f"Requests kept: {counts.total}, {counts.ok} ok, {counts.failed} failed, {counts.client_left} left",
        f"Requests today: {counts.today}, {counts.today_failed} failed",
        "Failures in 30 days: " + (", ".join(f"{code} {count}" for code, count in failures) or "none"),
        f"Latency: p50 {latency.p50_seconds}, p95 {latency.p95_seconds}",
        *(
            f"  failed {_moment(each.started_at)} {each.path} {each.served_model or each.model}: {each.detail}"
            for each in failed
        ),
    ]


def _log(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
    except OSError:
        return ["(none)"]


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds")

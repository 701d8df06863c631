"""Signing in and out, and what is known of it; the addresses and names are those of the proxies before Tidegate.

The sign-in itself is the signed-in program's own: here it is begun, and its page's code handed on. No token is seen.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from datetime import UTC, datetime

import msgspec
from quart import Blueprint, Response, request

from app.core import history_queries
from app.core.account_state import Kind
from app.core.commands import Outcome
from app.core.status import Status
from app.ui.api.json_http import WrongRequest, answer, body_as
from app.ui.desk import Desk

_LONGEST_CODE = 4_096


class _Code(msgspec.Struct):
    code: str


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """GET /auth/status, POST /auth/login, /auth/login/code, /auth/login/cancel, /auth/logout and /auth/refresh."""

    @blueprint.get("/auth/status")
    async def status() -> Response:
        """What is known, with its time; `?probe=1` spends one tiny request, `?quick=1` never does nor vouches."""
        probed, took = None, None
        quick = request.args.get("quick") == "1"
        if request.args.get("probe") == "1" and not quick:
            begun = time.monotonic()
            probed = await asyncio.to_thread(desk.commands.probe)
            took = time.monotonic() - begun
        told = await asyncio.to_thread(desk.account.told)
        looks = await asyncio.to_thread(desk.history.read, _looks)
        body = {**told, **looks, **_status(desk.commands.status(), probed, took, desk.clock())}
        return answer({**body, "verified": None} if quick else body)

    @blueprint.post("/auth/login")
    async def login() -> Response:
        await body_as(dict)
        page = await asyncio.to_thread(desk.commands.sign_in)
        body = {"url": page.url, "sentence": page.sentence, "message": page.sentence}
        return answer(body, 200 if page.url else 502)

    @blueprint.post("/auth/login/code")
    async def login_code() -> Response:
        asked = await body_as(_Code)
        code = asked.code.strip()
        if not code or len(code) > _LONGEST_CODE or not code.isprintable():
            raise WrongRequest("Paste the code that the sign-in page shows.")
        return _outcome(await asyncio.to_thread(desk.commands.submit_code, code))

    @blueprint.post("/auth/login/cancel")
    async def cancel_login() -> Response:
        await body_as(dict)
        return _outcome(await asyncio.to_thread(desk.commands.cancel_sign_in))

    @blueprint.post("/auth/logout")
    async def logout() -> Response:
        await body_as(dict)
        return _outcome(await asyncio.to_thread(desk.commands.sign_out))

    @blueprint.post("/auth/refresh")
    async def refresh() -> Response:
        await body_as(dict)
        begun = time.monotonic()
        outcome = await asyncio.to_thread(desk.commands.refresh_sign_in)
        return _outcome(outcome, durationMs=round((time.monotonic() - begun) * 1000))


def _looks(connection: sqlite3.Connection) -> dict[str, object]:
    """How often the sign-in was looked at, as far back as that is remembered, and what came of it last."""
    newest = history_queries.checks(connection, limit=1)
    return {"refreshCount": history_queries.count_checks(connection), "lastRefresh": newest[0] if newest else None}


def _outcome(outcome: Outcome, **more: object) -> Response:
    """Ours, and what older apps look for."""
    error = None if outcome.ok else outcome.sentence
    body = {"ok": outcome.ok, "sentence": outcome.sentence, "success": outcome.ok, "message": outcome.sentence}
    return answer({**body, "error": error, **more}, 200 if outcome.ok else 502)


def _status(status: Status, probed: Outcome | None, took: float | None, now: float) -> dict[str, object]:
    """`verified` is true only of a real answer: the one just asked for, or the last one, with its time."""
    account = status.account
    proven = account.kind is Kind.PROVEN
    return {
        "state": account.kind.value,
        "sentence": status.sentence,
        "method": status.method_label,
        "verified": probed.ok if probed else (True if proven else None),
        "proven_at": account.proven_at,
        "until": account.until,
        "probeMs": None if took is None else round(took * 1000),
        "probeError": None if probed is None or probed.ok else probed.sentence,
        "authenticated": account.kind in (Kind.PROVEN, Kind.SIGNED_IN, Kind.LIMITED),
        "expired": account.kind is Kind.EXPIRED,
        "timestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }

"""What is stored under an app's keys, and how to end it; the shapes are those of the proxies before Tidegate.

An app sees and ends its own sessions only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from quart import Blueprint, Response, g

from app.proxy.neutral.turn import JsonObject
from app.proxy.session_store import SessionSummary
from app.proxy.sessions import Sessions


def routes(sessions: Sessions, *, clock: Callable[[], float] = time.time) -> Blueprint:
    """GET and DELETE, /sessions and /sessions/{key}. `clock`: Unix seconds."""
    blueprint = Blueprint("sessions", __name__)

    @blueprint.get("/sessions")
    async def session_list() -> Response:
        found = [_item(summary, sessions.ttl_seconds, clock()) for summary in await sessions.listed(g.key_name)]
        return _json({"active": len(found), "sessions": [dict(item) for item in found]})

    @blueprint.get("/sessions/<key>")
    async def one_session(key: str) -> Response:
        for summary in await sessions.listed(g.key_name):
            if summary.key == key:
                return _json(_item(summary, sessions.ttl_seconds, clock()))
        return _json({"error": "Session not found"}, 404)

    @blueprint.delete("/sessions/<key>")
    async def end_session(key: str) -> Response:
        return _json({"deleted": await sessions.end(g.key_name, key), "sessionKey": key})

    @blueprint.delete("/sessions")
    async def end_all_sessions() -> Response:
        return _json({"deleted": await sessions.end_all(g.key_name)})

    return blueprint


def _item(summary: SessionSummary, ttl_seconds: float, now: float) -> JsonObject:
    idle = max(now - summary.used, 0.0)
    return {
        "sessionKey": summary.key,
        "sdkSessionId": None,  # conversations are Tidegate's own; no engine's session stands behind them
        "model": summary.model,
        "messageCount": summary.message_count,
        "createdAt": _moment(summary.created),
        "lastUsed": _moment(summary.used),
        "idleSeconds": int(idle),
        "ttlRemainingSeconds": max(int(ttl_seconds - idle), 0),
    }


def _moment(unix_seconds: float) -> str:
    moment = datetime.fromtimestamp(unix_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(body: JsonObject, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, content_type="application/json")

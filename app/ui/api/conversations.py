"""Conversations that go on under a key: what there is, and how to end them. Never a word of them."""

from __future__ import annotations

from datetime import UTC, datetime

from quart import Blueprint, Response

from app.ui.api.json_http import WrongRequest, answer
from app.ui.desk import Desk, SessionSummary


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """GET and DELETE, /dashboard/sessions and /dashboard/sessions/{app}/{key}."""

    @blueprint.get("/dashboard/sessions")
    async def session_list() -> Response:
        found = [_item(each, desk.sessions.ttl_seconds, desk.clock()) for each in await desk.sessions.listed()]
        return answer({"sessions": found, "ttlMs": int(desk.sessions.ttl_seconds * 1000)})

    @blueprint.get("/dashboard/sessions/<app>/<key>")
    async def one_session(app: str, key: str) -> Response:
        for each in await desk.sessions.listed():
            if (each.app, each.key) == (app, key):
                return answer(_item(each, desk.sessions.ttl_seconds, desk.clock()))
        raise WrongRequest("There is no such conversation any more.", 404, "not_found")

    @blueprint.delete("/dashboard/sessions/<app>/<key>")
    async def end_session(app: str, key: str) -> Response:
        return answer({"deleted": await desk.sessions.end(app, key), "app": app, "key": key})

    @blueprint.delete("/dashboard/sessions")
    async def end_all_sessions() -> Response:
        return answer({"deleted": await desk.sessions.end_all()})


def _item(summary: SessionSummary, ttl_seconds: float, now: float) -> dict[str, object]:
    idle = max(now - summary.used, 0.0)
    return {
        "app": summary.app,
        "key": summary.key,
        "sdkSessionId": None,  # conversations are Tidegate's own; no engine's session stands behind them
        "model": summary.model,
        "messageCount": summary.message_count,
        "createdAt": _moment(summary.created),
        "lastUsedAt": _moment(summary.used),
        "idleSec": int(idle),
        "ttlRemainingSec": max(int(ttl_seconds - idle), 0),
    }


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""The overview: how things stand, in numbers and in one sentence."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial

from quart import Blueprint, Response

from app.core import history_queries as ask
from app.core.environment import Method
from app.core.errors import UsageError
from app.core.history_spending import spending
from app.core.setting_words import WORDS
from app.core.status import Notice, Status
from app.ui.api.json_http import answer, body_as
from app.ui.desk import Desk

_MOST_PAGES = 3
"""The others stand in the settings."""


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """GET /dashboard/overview, POST /dashboard/key/copy."""

    @blueprint.get("/dashboard/overview")
    async def overview() -> Response:
        numbers = await asyncio.to_thread(desk.history.read, partial(_numbers, now=desk.clock()))
        status = desk.commands.status()  # after that: it tells also what just went wrong with the history
        models = [model.id for model in await desk.models_soon()]
        beside = {
            "autostart": await asyncio.to_thread(_autostart, desk),
            "notices": (*status.notices, *await asyncio.to_thread(_to_decide, desk)),
            "sessions": await desk.sessions.count(),
            "sign_in_page": desk.account.sign_in_page(),
        }
        return answer({**_standing(status, models, desk.clock()), **numbers, **beside})

    @blueprint.post("/dashboard/key/copy")
    async def copy_key() -> Response:
        await body_as(dict)
        return answer({"key": desk.commands.key()})


def _autostart(desk: Desk) -> bool | None:
    """Whether the system starts Tidegate at login; None where it can't, or can't tell."""
    try:
        return desk.start_at_login.is_on() if desk.start_at_login else None
    except OSError:
        return None


def _method_kind(label: str) -> str:
    return next((method.name.lower() for method in Method if method.label == label), "none")


def _to_decide(desk: Desk) -> list[Notice]:
    """What waits for a person to decide: pages that were turned away, changes that want a restart."""
    try:
        asking, waiting = desk.preferences.origins().asking, desk.preferences.waiting()
    except UsageError as error:
        return [Notice("settings", str(error))]
    told = [
        Notice("access", f"The web page {page} asked for Claude and was turned away.", "pages")
        for page in asking[:_MOST_PAGES]
    ]
    if waiting:
        titles = ", ".join(WORDS[name].title for name in waiting)
        told.append(Notice("settings", f"Changed, and works after a restart: {titles}.", "restart"))
    return told


def _standing(status: Status, models: list[str], now: float) -> dict[str, object]:
    account = status.account
    return {
        "state": {
            "kind": account.kind.value,
            "sentence": status.sentence,
            "action": {"label": status.action_label, "command": status.action_command},
            "proven_at": account.proven_at,
            "until": account.until,
        },
        "address": status.address,
        "api_base": f"{status.address}/v1",
        "default_model": models[0] if models else None,
        "models": models,
        "engine": status.engine,
        "method": {
            "kind": _method_kind(status.method_label),
            "label": status.method_label,
            "sentence": status.method_sentence,
        },
        "key": {"available": True},
        "uptime_seconds": max(now - status.started_at, 0.0),
        "started_at": status.started_at,
        "build": status.build,
        "windows": status.windows,
        "paused": status.paused,
        "running": status.running,
        "update": status.update,
    }


def _numbers(connection: sqlite3.Connection, now: float) -> dict[str, object]:
    counts = ask.counts(connection, now)
    ended = counts.ok + counts.failed
    return {
        "requests": counts,
        "success_rate": counts.ok / ended if ended else None,
        "latency": ask.latency(connection),
        "traffic": ask.traffic(connection, now),
        "spending": spending(connection, now),
    }

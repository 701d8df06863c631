"""Past requests, page by page, and in the shape of the proxies before Tidegate."""

from __future__ import annotations

import asyncio
from functools import partial

from msgspec.structs import asdict
from quart import Blueprint, Response, request

from app.core import history_queries as ask
from app.core.conditions import Condition
from app.core.events import Outcome
from app.core.history_rows import RUNNING
from app.ui.api.json_http import WrongRequest, answer, number
from app.ui.desk import Desk

_LONGEST_SEARCH = 200


def add_routes(blueprint: Blueprint, desk: Desk) -> None:
    """GET /dashboard/exchanges and /dashboard/recent."""

    @blueprint.get("/dashboard/exchanges")
    async def exchanges() -> Response:
        before = number("before", 0, least=0, most=2**62)
        query = partial(
            ask.exchanges,
            before=before or None,
            limit=number("limit", 100, most=500),
            outcome=_outcome_filter(),
            search=request.args.get("search", "")[:_LONGEST_SEARCH].strip(),
        )
        found, more = await asyncio.to_thread(desk.history.read, query)
        return answer({"exchanges": [_told(exchange) for exchange in found], "more": more})

    @blueprint.get("/dashboard/recent")
    async def recent() -> Response:
        query = partial(ask.exchanges, limit=number("limit", 100, most=500))
        found, _ = await asyncio.to_thread(desk.history.read, query)
        counts = await asyncio.to_thread(desk.history.read, partial(ask.counts, now=desk.clock()))
        status = desk.commands.status()
        models = await desk.models_soon()
        return answer(
            {
                "recent": [_recent(exchange) for exchange in found],
                "stats": {
                    "total": counts.total,
                    "ok": counts.ok,
                    "errors": counts.failed,
                    "streamed": counts.streamed,
                    "tools": counts.with_tools,
                    "images": counts.with_images,
                    "uptimeMs": int((desk.clock() - status.started_at) * 1000),
                },
                "activeSessions": await desk.sessions.count(),
                "port": int(status.address.rsplit(":", 1)[1]),
                "defaultModel": models[0].id if models else None,
                "build": {
                    "name": "tidegate",
                    "version": status.build.version,
                    "platform": status.build.platform,
                    "node": None,
                    "python": status.build.python,
                    "contextWindow": models[0].context_tokens if models else None,
                },
            }
        )


def _told(exchange: ask.Exchange) -> dict[str, object]:
    """What is remembered, and of a failure the sentence that the app got."""
    condition = Condition.of(exchange.detail) if exchange.outcome == Outcome.FAILED.value else None
    return {**asdict(exchange), "sentence": condition.sentence if condition else None}


def _outcome_filter() -> ask.OutcomeFilter:
    match request.args.get("outcome", "all"):
        case "all" | "error" | "slow" as known:
            return known
        case _:
            raise WrongRequest("outcome must be all, error or slow.")


def _recent(exchange: ask.Exchange) -> dict[str, object]:
    running = exchange.outcome == RUNNING
    left = exchange.outcome == Outcome.CLIENT_LEFT.value
    return {
        "id": exchange.request_id,
        "ts": int(exchange.started_at * 1000),
        "method": "POST",
        "path": exchange.path,
        "model": exchange.model,
        "resolvedModel": exchange.served_model,
        "session": exchange.session_key,
        "stream": exchange.streaming,
        "tools": exchange.tools,
        "images": exchange.images,
        "messages": exchange.messages,
        "status": None if running else "ok" if exchange.outcome == Outcome.OK.value else "error",
        "httpStatus": exchange.status,
        "durationMs": None if exchange.duration_seconds is None else round(exchange.duration_seconds * 1000),
        "error": "client_disconnect" if left else exchange.detail if exchange.outcome == "error" else None,
    }

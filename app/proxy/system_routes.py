"""What every app asks before it chats: is somebody there, and which models are there."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec
from quart import Blueprint, Response, request

from app.proxy.models import Entry
from app.proxy.neutral.turn import JsonObject
from app.proxy.pipeline import Pipeline


class Health(msgspec.Struct, frozen=True):
    """What /health says about the program; open to everyone on this machine, so nothing private."""

    version: str
    engine: Callable[[], str]
    """agent, direct or demo."""
    address: str
    started: float
    """Unix seconds."""
    clock: Callable[[], float] = time.time
    notices: Callable[[], Sequence[str]] = tuple
    """What a person should know about the engine."""


FrontPage: TypeAlias = Callable[[], Awaitable[Response]]


def routes(pipeline: Pipeline, health: Health, front_page: FrontPage | None = None) -> Blueprint:
    """GET /, /health, /v1/models and /v1/models/{id}."""
    blueprint = Blueprint("system", __name__)

    @blueprint.get("/")
    async def greeting() -> Response:
        if front_page and "text/html" in request.headers.get("accept", ""):
            return await front_page()
        return _json({"name": "Tidegate", "api": f"{health.address}/v1", "health": f"{health.address}/health"})

    @blueprint.get("/health")
    async def health_report() -> Response:
        return _json(_health_body(pipeline, health))

    @blueprint.get("/v1/models")
    async def model_list() -> Response:
        entries = await pipeline.catalogue.listed()
        return _json(_anthropic_list(entries) if _asks_in_anthropic() else _openai_list(entries))

    @blueprint.get("/v1/models/<path:model_id>")
    async def one_model(model_id: str) -> Response:
        entry = await pipeline.catalogue.described(model_id)
        return _json(_anthropic_model(entry) if _asks_in_anthropic() else _openai_model(entry))

    return blueprint


def _health_body(pipeline: Pipeline, health: Health) -> JsonObject:
    now = health.clock()
    return {
        "status": "closing" if pipeline.draining else "ok",
        "provider": "tidegate",
        "version": health.version,
        "engine": health.engine(),
        "address": health.address,
        "started": _moment(health.started),
        "uptime_seconds": max(int(now - health.started), 0),
        "running": pipeline.running,
        "notices": list(health.notices()),
        "timestamp": _moment(now),
    }


def _openai_list(entries: tuple[Entry, ...]) -> JsonObject:
    return {"object": "list", "data": [dict(_openai_model(entry)) for entry in entries]}


def _openai_model(entry: Entry) -> JsonObject:
    """OpenAI's four members, and every name under which apps look for sizes and abilities."""
    model = entry.model
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": "tidegate" if entry.engine.name == "demo" else "anthropic",
        "name": model.display_name,
        "context_length": model.context_tokens,
        "context_window": model.context_tokens,
        "max_output_tokens": model.max_output_tokens,
        "max_completion_tokens": model.max_output_tokens,
        "architecture": {"input_modalities": ["text", "image"] if model.accepts_images else ["text"]},
    }


def _anthropic_list(entries: tuple[Entry, ...]) -> JsonObject:
    return {
        "data": [dict(_anthropic_model(entry)) for entry in entries],
        "has_more": False,
        "first_id": entries[0].model.id if entries else None,
        "last_id": entries[-1].model.id if entries else None,
    }


def _anthropic_model(entry: Entry) -> JsonObject:
    """Every member the official client's type demands; null where Tidegate knows nothing."""
    model = entry.model
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.display_name,
        "created_at": _moment(model.created),
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": None,
        "max_input_tokens": model.context_tokens,
        "max_tokens": model.max_output_tokens,
        "capabilities": None,
    }


def _asks_in_anthropic() -> bool:
    return "anthropic-version" in request.headers


def _moment(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(body: JsonObject) -> Response:
    return Response(msgspec.json.encode(body), 200, content_type="application/json")

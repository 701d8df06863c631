"""The addresses of Ollama's interface that chat apps use; served only when a setting says so."""

from __future__ import annotations

from quart import Blueprint, Response

from app.proxy.dialects.ollama import Ollama, models
from app.proxy.dialects.ollama.decode import NothingAsked, shown_model
from app.proxy.dialects.ollama.encode import CONTENT_TYPE
from app.proxy.dialects.serve import fault_response, serve
from app.proxy.dialects.sse import CONTENT_TYPE as EVENT_STREAM
from app.proxy.dialects.whole_body import whole_body
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.json_text import json_bytes
from app.proxy.pipeline import Pipeline

PREFIX = "/api/"
PATHS = frozenset(f"{PREFIX}{name}" for name in ("tags", "version", "show", "chat", "generate"))
OLLAMA_VERSION = "0.12.6"
"""The version of Ollama whose interface this is; apps refuse older ones."""


def routes(pipeline: Pipeline) -> Blueprint:
    """The blueprint; expects `g.request_id` and `g.key_name` to be set before its views run."""
    blueprint = Blueprint("ollama", __name__)

    @blueprint.post("/api/chat")
    async def chat() -> Response:
        return await _answered(Ollama(), pipeline)

    @blueprint.post("/api/generate")
    async def generate() -> Response:
        return await _answered(Ollama(generate=True), pipeline)

    @blueprint.get("/api/tags")
    async def tags() -> Response:
        entries = await pipeline.catalogue.listed()
        return _json({"models": [models.listed(entry.model) for entry in entries]})

    @blueprint.post("/api/show")
    async def show() -> Response:
        try:
            body = await whole_body()
            entry = await pipeline.catalogue.described(shown_model(body))
        except Refused as refused:
            return fault_response(Ollama(), refused.fault)
        return _json(models.shown(entry.model))

    @blueprint.get("/api/version")
    async def version() -> Response:
        return _json({"version": OLLAMA_VERSION})

    return blueprint


async def _answered(dialect: Ollama, pipeline: Pipeline) -> Response:
    try:
        response = await serve(dialect, pipeline)
    except NothingAsked as asked:
        return await _loaded(dialect, pipeline, asked.model)
    if response.mimetype == EVENT_STREAM:
        response.content_type = CONTENT_TYPE
    return response


async def _loaded(dialect: Ollama, pipeline: Pipeline, model: str) -> Response:
    try:
        await pipeline.catalogue.resolve(model)
    except Refused as refused:
        return fault_response(dialect, refused.fault)
    return Response(dialect.loaded(model), 200, content_type="application/json")


def _json(body: dict[str, object]) -> Response:
    return Response(json_bytes(body), 200, content_type="application/json")

"""The addresses of chat completions."""

from __future__ import annotations

from quart import Blueprint, Response

from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.dialects.serve import serve
from app.proxy.pipeline import Pipeline


def routes(pipeline: Pipeline) -> Blueprint:
    """With and without /v1, because apps disagree on whose part of the address it is."""
    blueprint = Blueprint("openai_chat", __name__)
    dialect = OpenAIChat()

    @blueprint.post("/v1/chat/completions")
    @blueprint.post("/chat/completions")
    async def chat_completions() -> Response:
        return await serve(dialect, pipeline)

    return blueprint

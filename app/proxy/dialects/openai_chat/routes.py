"""The address of chat completions."""

from __future__ import annotations

from quart import Blueprint, Response

from app.proxy.dialects.openai_chat import OpenAIChat
from app.proxy.dialects.serve import serve
from app.proxy.pipeline import Pipeline


def routes(pipeline: Pipeline) -> Blueprint:
    blueprint = Blueprint("openai_chat", __name__)
    dialect = OpenAIChat()

    @blueprint.post("/v1/chat/completions")
    async def chat_completions() -> Response:
        return await serve(dialect, pipeline)

    return blueprint

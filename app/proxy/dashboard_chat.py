"""The dashboard's own small chat: a request like any app's, behind the dashboard's secret instead of a key."""

from __future__ import annotations

from quart import Blueprint, Response

from app.proxy.dialects.anthropic_messages import AnthropicMessages
from app.proxy.dialects.serve import serve
from app.proxy.pipeline import Pipeline


def routes(pipeline: Pipeline) -> Blueprint:
    """POST /dashboard/chat, in the shape of Anthropic's messages."""
    dialect = AnthropicMessages()
    blueprint = Blueprint("dashboard_chat", __name__)

    @blueprint.post("/dashboard/chat")
    async def chat() -> Response:
        return await serve(dialect, pipeline)

    return blueprint

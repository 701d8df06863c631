"""The addresses of the Messages API."""

from __future__ import annotations

import msgspec
from quart import Blueprint, Response, g

from app.proxy.dialects.anthropic_messages import AnthropicMessages
from app.proxy.dialects.serve import answer_headers, fault_response, read_turn, serve
from app.proxy.neutral.fault import Refused
from app.proxy.pipeline import Pipeline

ESTIMATE_HEADER = "x-tidegate-estimate"
"""`true` on a token count that the service didn't make."""


def routes(pipeline: Pipeline) -> Blueprint:
    """The blueprint; expects `g.request_id` and `g.key_name` to be set before its views run."""
    dialect = AnthropicMessages()
    blueprint = Blueprint("anthropic_messages", __name__)

    @blueprint.post("/v1/messages")
    async def messages() -> Response:
        return await serve(dialect, pipeline)

    @blueprint.post("/v1/messages/count_tokens")
    async def count_tokens() -> Response:
        return await _count_tokens(dialect, pipeline)

    return blueprint


async def _count_tokens(dialect: AnthropicMessages, pipeline: Pipeline) -> Response:
    try:
        asked = await read_turn(dialect)
        count = await pipeline.count_tokens(asked.turn, g.key_name)
    except Refused as refused:
        return fault_response(dialect, refused.fault)
    body = msgspec.json.encode({"input_tokens": count.tokens})
    response = Response(body, 200, content_type="application/json")
    response.headers.update(answer_headers(asked, asked.turn.ignored))
    if not count.exact:
        response.headers[ESTIMATE_HEADER] = "true"
    return response

"""The addresses of responses."""

from __future__ import annotations

from typing import Any

import msgspec
from quart import Blueprint, Response, g, request

from app.proxy.dialects.openai_responses import OpenAIResponses
from app.proxy.dialects.openai_responses.shelf import Shelf
from app.proxy.dialects.serve import caller_of, read_turn, respond, unreadable
from app.proxy.dialects.whole_body import whole_body
from app.proxy.neutral.fault import Fault, FaultKind, Refused, invalid
from app.proxy.neutral.json_text import json_bytes
from app.proxy.neutral.turn import JsonObject
from app.proxy.pipeline import Pipeline
from app.proxy.session_store import StoredResponse
from app.proxy.sessions import Sessions

_PAGE_ITEMS = 20
_PAGE_LIMIT = 100


def routes(pipeline: Pipeline, sessions: Sessions | None) -> Blueprint:
    """`sessions`: None stores no response."""
    blueprint = Blueprint("openai_responses", __name__)
    shelf = Shelf(sessions)

    @blueprint.post("/v1/responses")
    async def responses() -> Response:
        return await _responses(pipeline, shelf)

    @blueprint.get("/v1/responses/<id_>")
    async def one_response(id_: str) -> Response:
        if request.args.get("stream") == "true":
            raise invalid("stream must be false: a stored response is shown whole.", "stream", "unsupported_value")
        return Response((await _stored(shelf, id_)).body, 200, content_type="application/json")

    @blueprint.delete("/v1/responses/<id_>")
    async def delete_response(id_: str) -> Response:
        if not await shelf.delete(g.key_name, id_):
            raise _not_found(id_)
        return _json({"id": id_, "object": "response", "deleted": True})

    @blueprint.get("/v1/responses/<id_>/input_items")
    async def input_items(id_: str) -> Response:
        return _json(_page(msgspec.json.decode((await _stored(shelf, id_)).input)))

    return blueprint


async def _responses(pipeline: Pipeline, shelf: Shelf) -> Response:
    """A dialect for each request: it holds the earlier responses that this one goes on from."""
    dialect = OpenAIResponses()
    try:
        body = await whole_body(keep=True)
        dialect = OpenAIResponses(await shelf.referred_to(g.key_name, body))
        asked = await read_turn(dialect)
    except Refused as refused:
        return unreadable(dialect, pipeline, refused.fault)
    events = shelf.keeping(g.key_name, asked, pipeline.answer(asked.turn, caller_of(asked)), g.request_id)
    return await respond(dialect, asked, events)


async def _stored(shelf: Shelf, id_: str) -> StoredResponse:
    found = await shelf.response(g.key_name, id_)
    if found is None:
        raise _not_found(id_)
    return found


def _not_found(id_: str) -> Refused:
    message = f"There is no response {id_[:80]!r} here (any more)."
    return Refused(Fault(FaultKind.NOT_FOUND, message, "response_not_found", retryable=False))


def _page(items: list[Any]) -> JsonObject:
    """One page of the list as the query asks for it: `order`, `after`, `limit`; the last item first by default."""
    if request.args.get("order") != "asc":
        items.reverse()
    ids = [item["id"] for item in items]
    start = ids.index(after) + 1 if (after := request.args.get("after")) in ids else 0
    limit = min(max(request.args.get("limit", _PAGE_ITEMS, type=int), 1), _PAGE_LIMIT)
    page = items[start : start + limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": start + limit < len(items),
    }


def _json(body: JsonObject) -> Response:
    return Response(json_bytes(body), 200, content_type="application/json")

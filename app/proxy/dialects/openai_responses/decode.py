"""A request of responses as a neutral turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from app.proxy.dialects import Asked
from app.proxy.dialects.json_body import decode_json
from app.proxy.dialects.openai_responses.conversation import SERVED, conversation, unserved
from app.proxy.dialects.openai_responses.parameters import (
    ignored_names,
    parameters,
    refuse_impossible,
    wants_any_json,
)
from app.proxy.dialects.openai_responses.schema import ResponsesRequest
from app.proxy.dialects.openai_responses.tools import tool_choice, tools
from app.proxy.dialects.session_key import session_key
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.turn import Text, Turn
from app.proxy.session_store import StoredResponse

JSON_ONLY = Text("Answer with a single JSON object and nothing else: no code fence, no words before or after it.")
"""What `text.format: json_object` becomes."""


class ResponsesAsked(Asked, msgspec.Struct, frozen=True, kw_only=True):
    """A decoded request, with what a response says again of it."""

    request: ResponsesRequest
    created: int
    """Unix seconds."""
    kept_system: tuple[Text, ...]
    """System texts that stay with the conversation."""
    body: bytes
    """As it came; kept until the answer is stored."""

    @property
    def stores(self) -> bool:
        return self.request.store is not False


def decode(
    body: bytes, headers: Mapping[str, str], known: Mapping[str, StoredResponse], created: int
) -> ResponsesAsked:
    """The turn, and what the answer has to know; raises Refused naming the field."""
    request = _read(body)
    refuse_impossible(request)
    key = session_key(headers, request.session_id)
    talk = conversation(request, known, continued=key is not None)
    offered = tools(request)
    instructions = (Text(request.instructions),) if request.instructions and request.instructions.strip() else ()
    turn = Turn(
        model=request.model or "default",
        messages=talk.messages,
        system=(*instructions, *talk.system),
        once=(JSON_ONLY,) if wants_any_json(request) else (),
        tools=offered,
        tool_choice=tool_choice(request, offered),
        parameters=parameters(request),
        ignored=ignored_names(request, lost_reasoning=talk.lost_reasoning),
        session_key=key,
    )
    return ResponsesAsked(
        turn, bool(request.stream), request=request, created=created, kept_system=talk.system, body=body
    )


class _Kind(Struct):
    type: Any = None


class _Kinds(Struct):
    """The types of the items alone, however strange the rest of them."""

    input: str | list[_Kind] | None = None


def _read(body: bytes) -> ResponsesRequest:
    """The request; an item that isn't served is refused for its type before the shape of its members."""
    try:
        return decode_json(body, ResponsesRequest)
    except Refused:
        found = decode_json(body, _Kinds).input
        for index, item in enumerate(found if isinstance(found, list) else ()):
            if isinstance(item.type, str) and item.type not in SERVED:
                raise unserved(item.type, f"input[{index}]") from None
        raise

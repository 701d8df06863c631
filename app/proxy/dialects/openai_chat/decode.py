"""A request of chat completions as a neutral turn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from msgspec.structs import replace

from app.proxy.dialects import Asked
from app.proxy.dialects.json_body import decode_json
from app.proxy.dialects.openai_chat.conversation import conversation
from app.proxy.dialects.openai_chat.ignored import ignored_names
from app.proxy.dialects.openai_chat.parameters import parameters
from app.proxy.dialects.openai_chat.schema import AudioPart, ChatRequest, Part
from app.proxy.dialects.openai_chat.tools import tool_choice, tools
from app.proxy.dialects.session_key import session_key
from app.proxy.neutral.fault import Refused, invalid
from app.proxy.neutral.turn import Text, Turn

JSON_ONLY = Text("Answer with a single JSON object and nothing else: no code fence, no words before or after it.")
"""What `response_format: json_object` becomes: no engine can force an object of no particular schema."""


def decode(body: bytes, headers: Mapping[str, str]) -> Asked:
    """The turn, and what the answer has to know; raises Refused naming the field."""
    request = _read(body)
    _refuse_impossible(request)
    key = session_key(headers, request.session_id)
    system, messages = conversation(request, continued=key is not None)
    any_json = request.response_format is not None and request.response_format.type == "json_object"
    offered = tools(request)
    settings = parameters(request)
    if not offered:
        settings = replace(settings, parallel_tool_calls=None)
    turn = Turn(
        model=request.model or "default",
        messages=messages,
        system=system,
        once=(JSON_ONLY,) if any_json else (),
        tools=offered,
        tool_choice=tool_choice(request, offered),
        parameters=settings,
        ignored=ignored_names(request),
        session_key=key,
    )
    return Asked(
        turn,
        streaming=bool(request.stream),
        include_usage=bool(request.stream_options and request.stream_options.include_usage),
        legacy_functions=bool(request.functions and not request.tools),
    )


_PART_TYPE = re.compile(r"messages\[\d+\]\.content\[\d+\]\.type")


def _read(body: bytes) -> ChatRequest:
    try:
        return decode_json(body, ChatRequest)
    except Refused as refused:
        fault = refused.fault
        if not (fault.param and _PART_TYPE.fullmatch(fault.param)):
            raise
        served = ", ".join(str(kind.__struct_config__.tag) for kind in get_args(Part) if kind is not AudioPart)
        raise Refused(replace(fault, message=f"{fault.message} Served are: {served}.")) from None


def _refuse_impossible(request: ChatRequest) -> None:
    """What would change the answer so much that leaving it out would be a lie."""
    if not request.messages:
        raise invalid("messages is required and must be a non-empty array", "messages", "invalid_messages")
    if request.n is not None and request.n != 1:
        raise invalid("n must be 1: Claude gives one answer per request.", "n", "unsupported_value")
    for index, modality in enumerate(request.modalities or ()):
        if modality != "text":
            raise invalid(
                f"modalities[{index}] must be text: Claude answers with nothing else.",
                f"modalities[{index}]",
                "unsupported_value",
            )
    if request.moderation is not None:
        raise invalid(
            "moderation is not supported: Tidegate moderates nothing. Leave it out.",
            "moderation",
            "unsupported_parameter",
        )
    if request.web_search_options is not None:
        raise invalid(
            "web_search_options is not supported: Tidegate searches no web. Leave it out, or offer a search as a tool.",
            "web_search_options",
            "unsupported_parameter",
        )
